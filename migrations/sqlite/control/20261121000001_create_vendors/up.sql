CREATE TABLE vendors (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    domain TEXT NOT NULL UNIQUE,
    subdomain TEXT UNIQUE,
    contact_email TEXT,
    contact_phone TEXT,
    currency TEXT NOT NULL,
    is_active BOOLEAN NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
