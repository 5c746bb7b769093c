DROP INDEX users_is_operator_id_idx;
DROP INDEX users_is_active_id_idx;
DROP INDEX users_must_change_password_id_idx;
ALTER TABLE users DROP COLUMN must_change_password;
