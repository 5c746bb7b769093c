-- What all vendors sell, by currency and day: copied from the sums of each, so that nobody has to read all of them to know.
-- A day begins at `since`, in seconds since 1970, UTC.
CREATE TABLE sales_days (
    since BIGINT NOT NULL,
    currency TEXT NOT NULL,
    order_count BIGINT NOT NULL,
    revenue BIGINT NOT NULL,
    PRIMARY KEY (since, currency)
);

-- How much of that is each vendor's.
CREATE TABLE vendor_days (
    vendor_id BIGINT NOT NULL REFERENCES vendors (id),
    since BIGINT NOT NULL,
    currency TEXT NOT NULL,
    order_count BIGINT NOT NULL,
    revenue BIGINT NOT NULL,
    PRIMARY KEY (vendor_id, since, currency)
);

-- What a vendor's own sums were when they were last read.
CREATE TABLE sales_marks (
    vendor_id BIGINT NOT NULL REFERENCES vendors (id),
    mark TEXT NOT NULL,
    read_at TIMESTAMP NOT NULL,
    PRIMARY KEY (vendor_id)
);

CREATE INDEX sales_marks_read_at_idx ON sales_marks (read_at);
CREATE INDEX vendors_created_at_idx ON vendors (created_at);
