CREATE TABLE roles (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    vendor_id BIGINT NOT NULL REFERENCES vendors (id),
    name TEXT NOT NULL,
    is_builtin BOOLEAN NOT NULL,
    permissions TEXT NOT NULL,
    UNIQUE (vendor_id, id),
    UNIQUE (vendor_id, name)
);

CREATE TABLE members (
    vendor_id BIGINT NOT NULL REFERENCES vendors (id),
    user_id BIGINT NOT NULL REFERENCES users (id),
    role_id BIGINT NOT NULL,
    is_active BOOLEAN NOT NULL,
    created_at TIMESTAMP NOT NULL,
    PRIMARY KEY (vendor_id, user_id),
    FOREIGN KEY (vendor_id, role_id) REFERENCES roles (vendor_id, id)
);

CREATE INDEX members_user_id_idx ON members (user_id);
