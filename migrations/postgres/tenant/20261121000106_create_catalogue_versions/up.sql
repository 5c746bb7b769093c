-- A number for each vendor that rises whenever one of its products changes, whoever changes it: a page that was made at
-- the same number is still right. Without row-level security, for it is asked for many vendors at once, and tells nothing.
CREATE TABLE catalogue_versions (
    vendor_id BIGINT NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL
);

-- Once in a transaction is enough, and at its end: so the row is locked for a moment only, and after everything else.
CREATE FUNCTION note_catalogue_change() RETURNS TRIGGER LANGUAGE plpgsql AS $$
DECLARE
    changed CONSTANT BIGINT := coalesce(NEW.vendor_id, OLD.vendor_id);
BEGIN
    IF current_setting('app.catalogue_noted', true) IS DISTINCT FROM changed::TEXT THEN
        INSERT INTO catalogue_versions (vendor_id, version) VALUES (changed, 1)
            ON CONFLICT (vendor_id) DO UPDATE SET version = catalogue_versions.version + 1;
        PERFORM set_config('app.catalogue_noted', changed::TEXT, true);
    END IF;
    RETURN NULL;
END
$$;

CREATE CONSTRAINT TRIGGER products_note_change AFTER INSERT OR UPDATE OR DELETE ON products
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION note_catalogue_change();
