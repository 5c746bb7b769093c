-- What has been paid of an order: never less than nothing, and never more than is to be paid.
ALTER TABLE orders ADD COLUMN paid BIGINT NOT NULL DEFAULT 0 CHECK (paid >= 0 AND paid <= total);

-- A payment that was recorded by mistake is voided and stays; the others come to what the order says is paid.
CREATE TABLE payments (
    vendor_id BIGINT NOT NULL,
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    order_id BIGINT NOT NULL,
    method TEXT NOT NULL CHECK (method IN ('cash', 'card', 'bank_transfer', 'other')),
    amount BIGINT NOT NULL CHECK (amount > 0),
    reference TEXT,
    recorded_by BIGINT,
    recorded_at TIMESTAMP NOT NULL,
    voided_by BIGINT,
    voided_at TIMESTAMP,
    void_reason TEXT,
    UNIQUE (vendor_id, order_id, id),
    CHECK (voided_at IS NOT NULL OR (voided_by IS NULL AND void_reason IS NULL)),
    FOREIGN KEY (vendor_id, order_id) REFERENCES orders (vendor_id, id)
);
