DROP INDEX vendors_created_at_idx;
DROP TABLE sales_marks;
DROP TABLE vendor_days;
DROP TABLE sales_days;
