DROP TRIGGER products_note_change ON products;
DROP FUNCTION note_catalogue_change();
DROP TABLE catalogue_versions;
