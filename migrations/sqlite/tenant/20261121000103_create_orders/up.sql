CREATE TABLE order_counters (
    vendor_id BIGINT NOT NULL PRIMARY KEY,
    last_number BIGINT NOT NULL
);

CREATE TABLE orders (
    vendor_id BIGINT NOT NULL,
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    number BIGINT NOT NULL,
    customer_id BIGINT,
    status TEXT NOT NULL CHECK (status IN ('pending', 'confirmed', 'processing', 'partially_shipped', 'shipped', 'partially_delivered', 'delivered', 'completed', 'cancelled')),
    payment_status TEXT NOT NULL,
    subtotal BIGINT NOT NULL CHECK (subtotal >= 0),
    discount BIGINT NOT NULL CHECK (discount >= 0),
    shipping BIGINT NOT NULL CHECK (shipping >= 0),
    tax BIGINT NOT NULL CHECK (tax >= 0),
    total BIGINT NOT NULL CHECK (total >= 0),
    currency TEXT NOT NULL,
    address TEXT NOT NULL,
    assigned_to BIGINT,
    note TEXT,
    external_ref TEXT,
    cancel_reason TEXT,
    version BIGINT NOT NULL,
    placed_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    UNIQUE (vendor_id, id),
    UNIQUE (vendor_id, number),
    CHECK (total = subtotal - discount + shipping + tax),
    FOREIGN KEY (vendor_id, customer_id) REFERENCES customers (vendor_id, id)
);

CREATE UNIQUE INDEX orders_vendor_id_external_ref_key ON orders (vendor_id, external_ref) WHERE external_ref IS NOT NULL;
CREATE INDEX orders_vendor_id_status_idx ON orders (vendor_id, status, id);
CREATE INDEX orders_vendor_id_payment_status_idx ON orders (vendor_id, payment_status, id);
CREATE INDEX orders_vendor_id_customer_id_idx ON orders (vendor_id, customer_id, id);
CREATE INDEX orders_vendor_id_assigned_to_idx ON orders (vendor_id, assigned_to, id) WHERE assigned_to IS NOT NULL;
CREATE INDEX orders_vendor_id_placed_at_idx ON orders (vendor_id, placed_at, id);

CREATE TABLE order_lines (
    vendor_id BIGINT NOT NULL,
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    order_id BIGINT NOT NULL,
    product_id BIGINT NOT NULL,
    sku TEXT,
    name TEXT NOT NULL,
    unit_price BIGINT NOT NULL CHECK (unit_price >= 0),
    quantity BIGINT NOT NULL CHECK (quantity > 0),
    total BIGINT NOT NULL,
    UNIQUE (vendor_id, order_id, id),
    CHECK (total = unit_price * quantity),
    FOREIGN KEY (vendor_id, order_id) REFERENCES orders (vendor_id, id),
    FOREIGN KEY (vendor_id, product_id) REFERENCES products (vendor_id, id)
);

CREATE INDEX order_lines_vendor_id_product_id_idx ON order_lines (vendor_id, product_id);
