-- What the platform keeps of a vendor besides: who stands behind the shop, where its feed is, and why it was closed.
ALTER TABLE vendors
    ADD COLUMN name_key TEXT COLLATE "C" NOT NULL DEFAULT '',
    ADD COLUMN business_address TEXT,
    ADD COLUMN business_city TEXT,
    ADD COLUMN business_postal_code TEXT,
    ADD COLUMN business_country TEXT,
    ADD COLUMN letzshop_csv_url TEXT,
    ADD COLUMN suspended_reason TEXT,
    ADD COLUMN suspended_at TIMESTAMP,
    -- Byte by byte, so that the index finds what begins with a text.
    ALTER COLUMN domain TYPE TEXT COLLATE "C",
    ALTER COLUMN subdomain TYPE TEXT COLLATE "C";

-- Names as they are searched: lower case, without accents.
UPDATE vendors SET name_key = regexp_replace(lower(normalize(name, NFKD)), '[\u0300-\u036f]', '', 'g');

CREATE INDEX vendors_name_key_idx ON vendors (name_key);
CREATE INDEX vendors_is_active_id_idx ON vendors (is_active, id);
