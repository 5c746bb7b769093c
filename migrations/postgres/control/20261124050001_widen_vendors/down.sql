DROP INDEX vendors_is_active_id_idx;
DROP INDEX vendors_name_key_idx;
ALTER TABLE vendors
    ALTER COLUMN subdomain TYPE TEXT COLLATE "default",
    ALTER COLUMN domain TYPE TEXT COLLATE "default",
    DROP COLUMN suspended_at,
    DROP COLUMN suspended_reason,
    DROP COLUMN letzshop_csv_url,
    DROP COLUMN business_country,
    DROP COLUMN business_postal_code,
    DROP COLUMN business_city,
    DROP COLUMN business_address,
    DROP COLUMN name_key;
