-- Names as they are searched and sorted, and when somebody was made nobody.
ALTER TABLE customers ADD COLUMN name_key TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE customers ADD COLUMN family_key TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE customers ADD COLUMN anonymized_at TIMESTAMP;

-- As near as SQL comes to it; a name with accents is found without them when it is changed the next time. Everybody's rows
-- are meant, so row-level security steps aside for this one statement.
ALTER TABLE customers NO FORCE ROW LEVEL SECURITY;
UPDATE customers SET name_key = lower(trim(first_name || ' ' || last_name)), family_key = lower(last_name);
ALTER TABLE customers FORCE ROW LEVEL SECURITY;

CREATE INDEX customers_vendor_id_name_key_idx ON customers (vendor_id, name_key, id);
CREATE INDEX customers_vendor_id_family_key_idx ON customers (vendor_id, family_key, id);
CREATE INDEX customers_vendor_id_is_active_idx ON customers (vendor_id, is_active, id);
CREATE INDEX customers_vendor_id_anonymized_at_idx ON customers (vendor_id, anonymized_at);
