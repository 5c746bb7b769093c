-- Whoever was given their first password by somebody else has to set one of their own before they get in.
ALTER TABLE users ADD COLUMN must_change_password BOOLEAN NOT NULL DEFAULT FALSE;

-- Those who have not yet.
CREATE INDEX users_must_change_password_id_idx ON users (must_change_password, id);
-- Operators list users by whether they may sign in.
CREATE INDEX users_is_active_id_idx ON users (is_active, id);
CREATE INDEX users_is_operator_id_idx ON users (is_operator, id);
