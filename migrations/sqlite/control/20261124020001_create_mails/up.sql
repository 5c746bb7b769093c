-- Letters on their way, and for a while those that were. What is in one is forgotten as soon as it is on its way no longer.
CREATE TABLE mails (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    vendor_id BIGINT REFERENCES vendors (id),
    template TEXT NOT NULL,
    sender TEXT,
    recipient TEXT NOT NULL,
    subject TEXT NOT NULL,
    text TEXT,
    html TEXT,
    attempts BIGINT NOT NULL,
    due_at TIMESTAMP,
    error TEXT,
    created_at TIMESTAMP NOT NULL,
    sent_at TIMESTAMP,
    failed_at TIMESTAMP,
    CHECK ((due_at IS NULL) = (sent_at IS NOT NULL OR failed_at IS NOT NULL)),
    CHECK ((due_at IS NULL) = (text IS NULL) AND (text IS NULL) = (html IS NULL))
);

CREATE INDEX mails_due_at_idx ON mails (due_at);
CREATE INDEX mails_created_at_idx ON mails (created_at);
