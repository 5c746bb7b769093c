DROP INDEX members_vendor_id_role_id_idx;
ALTER TABLE members DROP COLUMN invited_by;
ALTER TABLE members DROP COLUMN version;
ALTER TABLE roles DROP COLUMN version;
