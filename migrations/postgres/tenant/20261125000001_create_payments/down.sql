DROP TABLE payments;
ALTER TABLE orders DROP COLUMN paid;
