-- Tokens that were mailed and are good once. One that belongs to nobody was asked for a name that nobody has: so that asking for
-- it takes as long.
CREATE TABLE mailed_tokens (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    digest TEXT NOT NULL UNIQUE,
    vendor_id BIGINT REFERENCES vendors (id),
    user_id BIGINT REFERENCES users (id),
    customer_id BIGINT,
    email_key TEXT,
    created_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL,
    CHECK (user_id IS NULL OR customer_id IS NULL),
    CHECK (customer_id IS NULL OR vendor_id IS NOT NULL)
);

CREATE INDEX mailed_tokens_user_id_idx ON mailed_tokens (user_id);
CREATE INDEX mailed_tokens_vendor_id_customer_id_idx ON mailed_tokens (vendor_id, customer_id);
CREATE INDEX mailed_tokens_expires_at_idx ON mailed_tokens (expires_at);
