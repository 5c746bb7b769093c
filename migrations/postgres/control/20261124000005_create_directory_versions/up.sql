-- A number that rises whenever a vendor is made or changed: what was remembered of the vendors at the same number is right.
CREATE TABLE directory_versions (
    id BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    version BIGINT NOT NULL
);

INSERT INTO directory_versions (id, version) VALUES (1, 1);

-- Once in a transaction is enough, and at its end: so the row is locked for a moment only, and after everything else.
CREATE FUNCTION note_directory_change() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('app.directory_noted', true) IS DISTINCT FROM 'yes' THEN
        UPDATE directory_versions SET version = version + 1;
        PERFORM set_config('app.directory_noted', 'yes', true);
    END IF;
    RETURN NULL;
END
$$;

CREATE CONSTRAINT TRIGGER vendors_note_change AFTER INSERT OR UPDATE OR DELETE ON vendors
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION note_directory_change();
