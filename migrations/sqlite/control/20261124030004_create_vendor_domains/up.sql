-- The domains that vendors say are theirs. Several may say so; the one who proves it has it.
CREATE TABLE vendor_domains (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    vendor_id BIGINT NOT NULL REFERENCES vendors (id),
    domain TEXT NOT NULL,
    token TEXT NOT NULL,
    verified_at TIMESTAMP,
    created_at TIMESTAMP NOT NULL,
    UNIQUE (vendor_id, domain)
);

CREATE UNIQUE INDEX vendor_domains_domain_key ON vendor_domains (domain) WHERE verified_at IS NOT NULL;

-- What vendors signed up with is theirs as long as nobody else proves it.
INSERT INTO vendor_domains (vendor_id, domain, token, created_at)
    SELECT id, domain, lower(hex(randomblob(32))), created_at FROM vendors ORDER BY id;

CREATE TRIGGER vendor_domains_note_insert AFTER INSERT ON vendor_domains BEGIN
    UPDATE directory_versions SET version = version + 1;
END;

CREATE TRIGGER vendor_domains_note_update AFTER UPDATE ON vendor_domains BEGIN
    UPDATE directory_versions SET version = version + 1;
END;

CREATE TRIGGER vendor_domains_note_delete AFTER DELETE ON vendor_domains BEGIN
    UPDATE directory_versions SET version = version + 1;
END;
