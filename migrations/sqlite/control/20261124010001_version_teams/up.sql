ALTER TABLE roles ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
ALTER TABLE members ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
ALTER TABLE members ADD COLUMN invited_by BIGINT;

-- Who has a role; and the members of one role, in the order of pages.
CREATE INDEX members_vendor_id_role_id_idx ON members (vendor_id, role_id, user_id);
