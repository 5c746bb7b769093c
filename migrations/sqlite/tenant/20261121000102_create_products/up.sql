CREATE TABLE products (
    vendor_id BIGINT NOT NULL,
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    sku TEXT,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    description TEXT NOT NULL,
    price BIGINT NOT NULL CHECK (price >= 0),
    compare_at_price BIGINT CHECK (compare_at_price >= 0),
    currency TEXT NOT NULL,
    stock BIGINT NOT NULL CHECK (stock >= 0),
    is_ordered BOOLEAN NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('draft', 'active', 'archived')),
    brand TEXT,
    brand_key TEXT,
    gtin TEXT,
    external_id TEXT,
    image_urls TEXT NOT NULL,
    attributes TEXT NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    UNIQUE (vendor_id, id),
    UNIQUE (vendor_id, sku),
    UNIQUE (vendor_id, external_id)
);

-- Two indexes a sort order: for what is on sale, and for what the team sees.
CREATE INDEX products_vendor_id_created_at_idx ON products (vendor_id, created_at, id);
CREATE INDEX products_vendor_id_name_key_idx ON products (vendor_id, name_key, id);
CREATE INDEX products_vendor_id_price_idx ON products (vendor_id, price, id);
CREATE INDEX products_vendor_id_status_created_at_idx ON products (vendor_id, status, created_at, id);
CREATE INDEX products_vendor_id_status_name_key_idx ON products (vendor_id, status, name_key, id);
CREATE INDEX products_vendor_id_status_price_idx ON products (vendor_id, status, price, id);
CREATE INDEX products_vendor_id_brand_key_idx ON products (vendor_id, brand_key, id);

-- The words of each product: a search index that is the same on every engine and knows its vendor.
CREATE TABLE product_terms (
    vendor_id BIGINT NOT NULL,
    term TEXT NOT NULL,
    product_id BIGINT NOT NULL,
    PRIMARY KEY (vendor_id, term, product_id),
    FOREIGN KEY (vendor_id, product_id) REFERENCES products (vendor_id, id) ON DELETE CASCADE
) WITHOUT ROWID;

CREATE INDEX product_terms_vendor_id_product_id_idx ON product_terms (vendor_id, product_id);
