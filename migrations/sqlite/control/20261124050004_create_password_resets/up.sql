-- Mass resets of passwords: whose, why, and how far each has come.
CREATE TABLE password_resets (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    operator_id BIGINT NOT NULL REFERENCES users (id),
    reason TEXT NOT NULL,
    wanted TEXT NOT NULL,
    total BIGINT NOT NULL,
    done BIGINT NOT NULL,
    mailed BIGINT NOT NULL,
    last_user BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    finished_at TIMESTAMP
);

CREATE INDEX password_resets_finished_at_idx ON password_resets (finished_at, id);
