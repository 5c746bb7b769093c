DROP INDEX customers_vendor_id_anonymized_at_idx;
DROP INDEX customers_vendor_id_is_active_idx;
DROP INDEX customers_vendor_id_family_key_idx;
DROP INDEX customers_vendor_id_name_key_idx;
ALTER TABLE customers DROP COLUMN anonymized_at;
ALTER TABLE customers DROP COLUMN family_key;
ALTER TABLE customers DROP COLUMN name_key;
