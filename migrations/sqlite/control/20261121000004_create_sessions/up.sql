CREATE TABLE sessions (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    vendor_id BIGINT REFERENCES vendors (id),
    user_id BIGINT REFERENCES users (id),
    customer_id BIGINT,
    refresh_id TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    last_used_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL,
    revoked_at TIMESTAMP,
    CHECK ((user_id IS NULL) <> (customer_id IS NULL)),
    CHECK (customer_id IS NULL OR vendor_id IS NOT NULL)
);

CREATE INDEX sessions_user_id_idx ON sessions (user_id);
CREATE INDEX sessions_vendor_id_customer_id_idx ON sessions (vendor_id, customer_id);
CREATE INDEX sessions_expires_at_idx ON sessions (expires_at);
