DROP TABLE product_figures;
DROP TABLE order_figures;
DROP TABLE order_folds;
