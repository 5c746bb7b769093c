CREATE TABLE idempotency_keys (
    vendor_id BIGINT NOT NULL,
    caller TEXT NOT NULL,
    route TEXT NOT NULL,
    key TEXT NOT NULL,
    request_hash TEXT NOT NULL,
    status INTEGER NOT NULL,
    location TEXT,
    body TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    PRIMARY KEY (vendor_id, caller, route, key)
) WITHOUT ROWID;

CREATE INDEX idempotency_keys_vendor_id_created_at_idx ON idempotency_keys (vendor_id, created_at);
