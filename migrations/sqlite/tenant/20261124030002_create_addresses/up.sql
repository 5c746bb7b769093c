CREATE TABLE addresses (
    vendor_id BIGINT NOT NULL,
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    customer_id BIGINT NOT NULL,
    label TEXT,
    address TEXT NOT NULL,
    is_default BOOLEAN NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    UNIQUE (vendor_id, id),
    FOREIGN KEY (vendor_id, customer_id) REFERENCES customers (vendor_id, id)
);

CREATE INDEX addresses_vendor_id_customer_id_id_idx ON addresses (vendor_id, customer_id, id);
-- One default for each customer.
CREATE UNIQUE INDEX addresses_vendor_id_customer_id_key ON addresses (vendor_id, customer_id) WHERE is_default;
