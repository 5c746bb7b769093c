DROP TABLE refunds;
DROP TABLE return_lines;
DROP TABLE returns;
DROP TABLE vendor_settings;
ALTER TABLE orders DROP COLUMN delivered_at;
ALTER TABLE orders DROP COLUMN refunded;
