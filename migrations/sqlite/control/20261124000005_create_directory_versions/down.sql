DROP TRIGGER vendors_note_delete;
DROP TRIGGER vendors_note_update;
DROP TRIGGER vendors_note_insert;
DROP TABLE directory_versions;
