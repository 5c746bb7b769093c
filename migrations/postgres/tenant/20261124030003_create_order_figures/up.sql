-- What was sold, summed up: orders are folded into sums after they were placed, in the order of their numbers. How far that has
-- come, and how often an order that counted ceased to, stands in a table apart.
CREATE TABLE order_folds (
    vendor_id BIGINT NOT NULL PRIMARY KEY,
    number BIGINT NOT NULL,
    changes BIGINT NOT NULL
);

-- A span of time begins at `since`, in seconds since 1970, UTC.
CREATE TABLE order_figures (
    vendor_id BIGINT NOT NULL,
    span TEXT NOT NULL CHECK (span IN ('quarter', 'hour', 'day', 'month')),
    since BIGINT NOT NULL,
    currency TEXT NOT NULL,
    orders BIGINT NOT NULL,
    units BIGINT NOT NULL,
    revenue BIGINT NOT NULL,
    PRIMARY KEY (vendor_id, span, since, currency)
);

CREATE TABLE product_figures (
    vendor_id BIGINT NOT NULL,
    span TEXT NOT NULL CHECK (span IN ('quarter', 'hour', 'day', 'month')),
    since BIGINT NOT NULL,
    product_id BIGINT NOT NULL,
    currency TEXT NOT NULL,
    units BIGINT NOT NULL,
    revenue BIGINT NOT NULL,
    PRIMARY KEY (vendor_id, span, since, product_id, currency)
);

ALTER TABLE order_folds ENABLE ROW LEVEL SECURITY;
ALTER TABLE order_folds FORCE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON order_folds USING (vendor_id = NULLIF(current_setting('app.vendor_id', true), '')::BIGINT);

ALTER TABLE order_figures ENABLE ROW LEVEL SECURITY;
ALTER TABLE order_figures FORCE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON order_figures USING (vendor_id = NULLIF(current_setting('app.vendor_id', true), '')::BIGINT);

ALTER TABLE product_figures ENABLE ROW LEVEL SECURITY;
ALTER TABLE product_figures FORCE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON product_figures USING (vendor_id = NULLIF(current_setting('app.vendor_id', true), '')::BIGINT);
