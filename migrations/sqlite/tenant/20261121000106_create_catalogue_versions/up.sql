-- A number for each vendor that rises whenever one of its products changes, whoever changes it: a page that was made at
-- the same number is still right.
CREATE TABLE catalogue_versions (
    vendor_id BIGINT NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL
);

CREATE TRIGGER products_note_insert AFTER INSERT ON products BEGIN
    INSERT INTO catalogue_versions (vendor_id, version) VALUES (NEW.vendor_id, 1)
        ON CONFLICT (vendor_id) DO UPDATE SET version = version + 1;
END;

CREATE TRIGGER products_note_update AFTER UPDATE ON products BEGIN
    INSERT INTO catalogue_versions (vendor_id, version) VALUES (NEW.vendor_id, 1)
        ON CONFLICT (vendor_id) DO UPDATE SET version = version + 1;
END;

CREATE TRIGGER products_note_delete AFTER DELETE ON products BEGIN
    INSERT INTO catalogue_versions (vendor_id, version) VALUES (OLD.vendor_id, 1)
        ON CONFLICT (vendor_id) DO UPDATE SET version = version + 1;
END;
