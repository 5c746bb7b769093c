-- Of a token there is only the digest: whoever reads this table comes in by none of them.
CREATE TABLE invitations (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    vendor_id BIGINT NOT NULL REFERENCES vendors (id),
    email TEXT NOT NULL,
    email_key TEXT NOT NULL,
    role_id BIGINT NOT NULL,
    invited_by BIGINT NOT NULL REFERENCES users (id),
    token_hash TEXT NOT NULL UNIQUE,
    created_at TIMESTAMP NOT NULL,
    sent_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL,
    accepted_at TIMESTAMP,
    accepted_by BIGINT REFERENCES users (id),
    revoked_at TIMESTAMP,
    UNIQUE (vendor_id, id),
    FOREIGN KEY (vendor_id, role_id) REFERENCES roles (vendor_id, id)
);

CREATE INDEX invitations_vendor_id_email_key_idx ON invitations (vendor_id, email_key);
CREATE INDEX invitations_vendor_id_role_id_idx ON invitations (vendor_id, role_id);
CREATE INDEX invitations_expires_at_idx ON invitations (expires_at);
