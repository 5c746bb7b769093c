-- What the platform keeps of a vendor besides: who stands behind the shop, where its feed is, and why it was closed.
ALTER TABLE vendors ADD COLUMN name_key TEXT NOT NULL DEFAULT '';
ALTER TABLE vendors ADD COLUMN business_address TEXT;
ALTER TABLE vendors ADD COLUMN business_city TEXT;
ALTER TABLE vendors ADD COLUMN business_postal_code TEXT;
ALTER TABLE vendors ADD COLUMN business_country TEXT;
ALTER TABLE vendors ADD COLUMN letzshop_csv_url TEXT;
ALTER TABLE vendors ADD COLUMN suspended_reason TEXT;
ALTER TABLE vendors ADD COLUMN suspended_at TIMESTAMP;

-- Names as they are searched: lower case. A name with accents loses them when it is changed the next time.
UPDATE vendors SET name_key = lower(name);

CREATE INDEX vendors_name_key_idx ON vendors (name_key);
CREATE INDEX vendors_is_active_id_idx ON vendors (is_active, id);
