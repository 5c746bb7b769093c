-- When an operator was a member of a vendor's team: who, where, whom, why and how long.
CREATE TABLE impersonations (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    vendor_id BIGINT NOT NULL REFERENCES vendors (id),
    operator_id BIGINT NOT NULL REFERENCES users (id),
    user_id BIGINT NOT NULL REFERENCES users (id),
    -- The session may be forgotten before this is.
    session_id BIGINT NOT NULL,
    -- The operator's own: when it ends, so does this.
    operator_session BIGINT NOT NULL,
    reason TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL,
    ended_at TIMESTAMP,
    UNIQUE (vendor_id, id)
);

CREATE UNIQUE INDEX impersonations_session_id_key ON impersonations (session_id);
CREATE INDEX impersonations_operator_id_id_idx ON impersonations (operator_id, id);
