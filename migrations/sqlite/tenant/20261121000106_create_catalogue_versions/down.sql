DROP TRIGGER products_note_delete;
DROP TRIGGER products_note_update;
DROP TRIGGER products_note_insert;
DROP TABLE catalogue_versions;
