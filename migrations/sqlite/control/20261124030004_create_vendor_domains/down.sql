DROP TABLE vendor_domains;
