DROP TRIGGER vendors_note_change ON vendors;
DROP FUNCTION note_directory_change();
DROP TABLE directory_versions;
