DROP TABLE product_terms;
DROP TABLE products;
