-- A number that rises whenever a vendor is made or changed: what was remembered of the vendors at the same number is right.
CREATE TABLE directory_versions (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    version BIGINT NOT NULL
);

INSERT INTO directory_versions (id, version) VALUES (1, 1);

CREATE TRIGGER vendors_note_insert AFTER INSERT ON vendors BEGIN
    UPDATE directory_versions SET version = version + 1;
END;

CREATE TRIGGER vendors_note_update AFTER UPDATE ON vendors BEGIN
    UPDATE directory_versions SET version = version + 1;
END;

CREATE TRIGGER vendors_note_delete AFTER DELETE ON vendors BEGIN
    UPDATE directory_versions SET version = version + 1;
END;
