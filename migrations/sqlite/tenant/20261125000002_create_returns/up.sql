-- What has been given back of an order: never less than nothing, and never more than has been paid.
ALTER TABLE orders ADD COLUMN refunded BIGINT NOT NULL DEFAULT 0 CHECK (refunded >= 0 AND refunded <= paid);
-- When it was with the customer: from then on the days count in which it can be returned.
ALTER TABLE orders ADD COLUMN delivered_at TIMESTAMP;

-- As near as it is known.
UPDATE orders SET delivered_at = updated_at WHERE status IN ('delivered', 'completed');

-- How a vendor takes goods back. The fee is in hundredths of a percent; an amount says what it is in.
CREATE TABLE vendor_settings (
    vendor_id BIGINT NOT NULL PRIMARY KEY,
    restocking_fee BIGINT NOT NULL CHECK (restocking_fee BETWEEN 0 AND 10000),
    max_refund BIGINT CHECK (max_refund > 0),
    currency TEXT,
    days_to_return BIGINT CHECK (days_to_return BETWEEN 0 AND 3650),
    non_returnable_skus TEXT NOT NULL,
    allow_partial_return BOOLEAN NOT NULL,
    version BIGINT NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    CHECK ((max_refund IS NULL) = (currency IS NULL))
);

CREATE TABLE returns (
    vendor_id BIGINT NOT NULL,
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    order_id BIGINT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('requested', 'approved', 'received', 'rejected')),
    reason TEXT,
    reject_reason TEXT,
    requested_by BIGINT,
    requested_at TIMESTAMP NOT NULL,
    decided_by BIGINT,
    decided_at TIMESTAMP,
    received_by BIGINT,
    received_at TIMESTAMP,
    UNIQUE (vendor_id, order_id, id),
    FOREIGN KEY (vendor_id, order_id) REFERENCES orders (vendor_id, id)
);

-- Of so many pieces that are to come back, so many came back good, and so many damaged.
CREATE TABLE return_lines (
    vendor_id BIGINT NOT NULL,
    order_id BIGINT NOT NULL,
    return_id BIGINT NOT NULL,
    line_id BIGINT NOT NULL,
    quantity BIGINT NOT NULL CHECK (quantity > 0),
    good BIGINT NOT NULL CHECK (good >= 0),
    damaged BIGINT NOT NULL CHECK (damaged >= 0),
    PRIMARY KEY (vendor_id, order_id, return_id, line_id),
    CHECK (good + damaged <= quantity),
    FOREIGN KEY (vendor_id, order_id, return_id) REFERENCES returns (vendor_id, order_id, id),
    FOREIGN KEY (vendor_id, order_id, line_id) REFERENCES order_lines (vendor_id, order_id, id)
) WITHOUT ROWID;

CREATE TABLE refunds (
    vendor_id BIGINT NOT NULL,
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    order_id BIGINT NOT NULL,
    return_id BIGINT,
    amount BIGINT NOT NULL CHECK (amount > 0),
    reason TEXT,
    created_by BIGINT,
    created_at TIMESTAMP NOT NULL,
    UNIQUE (vendor_id, order_id, id),
    FOREIGN KEY (vendor_id, order_id) REFERENCES orders (vendor_id, id),
    FOREIGN KEY (vendor_id, order_id, return_id) REFERENCES returns (vendor_id, order_id, id)
);
