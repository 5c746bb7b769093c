-- What members and operators did to the platform: entries are added at the end and never change. Each has the hash of itself
-- and of the one before; how many there are and the last one's hash stand in a table apart.
CREATE TABLE platform_audit_heads (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    entries BIGINT NOT NULL,
    hash TEXT NOT NULL
);

INSERT INTO platform_audit_heads (id, entries, hash) VALUES (1, 0, '');

CREATE TABLE platform_audit_entries (
    position BIGINT NOT NULL PRIMARY KEY,
    vendor_id BIGINT,
    occurred_at TIMESTAMP NOT NULL,
    actor_kind TEXT NOT NULL,
    actor_id BIGINT,
    impersonator_id BIGINT,
    api_key_id BIGINT,
    address TEXT,
    request_id TEXT,
    action TEXT NOT NULL,
    target_kind TEXT NOT NULL,
    target_id BIGINT NOT NULL,
    before TEXT,
    after TEXT,
    hash TEXT NOT NULL,
    UNIQUE (vendor_id, position)
) WITHOUT ROWID;

CREATE INDEX platform_audit_entries_occurred_at_idx ON platform_audit_entries (occurred_at, position);
CREATE INDEX platform_audit_entries_actor_id_idx ON platform_audit_entries (actor_id, occurred_at, position);
CREATE INDEX platform_audit_entries_action_idx ON platform_audit_entries (action, occurred_at, position);
CREATE INDEX platform_audit_entries_vendor_id_occurred_at_idx ON platform_audit_entries (vendor_id, occurred_at, position);
CREATE INDEX platform_audit_entries_vendor_id_actor_id_idx ON platform_audit_entries (vendor_id, actor_id, occurred_at, position);
CREATE INDEX platform_audit_entries_vendor_id_action_idx ON platform_audit_entries (vendor_id, action, occurred_at, position);
CREATE INDEX platform_audit_entries_vendor_id_target_idx ON platform_audit_entries (vendor_id, target_kind, target_id, occurred_at, position);

CREATE TRIGGER platform_audit_entries_refuse_update BEFORE UPDATE ON platform_audit_entries BEGIN
    SELECT RAISE(ABORT, 'the audit log is append-only');
END;

CREATE TRIGGER platform_audit_entries_refuse_delete BEFORE DELETE ON platform_audit_entries BEGIN
    SELECT RAISE(ABORT, 'the audit log is append-only');
END;

-- What is added comes next after the last one, and is the last one then.
CREATE TRIGGER platform_audit_entries_append AFTER INSERT ON platform_audit_entries BEGIN
    SELECT RAISE(ABORT, 'the audit log is appended to at its end')
        WHERE NOT EXISTS (SELECT 1 FROM platform_audit_heads WHERE id = 1 AND entries = NEW.position - 1);
    UPDATE platform_audit_heads SET entries = NEW.position, hash = NEW.hash WHERE id = 1;
END;

CREATE TRIGGER platform_audit_heads_refuse_shrink BEFORE UPDATE ON platform_audit_heads WHEN NEW.entries < OLD.entries BEGIN
    SELECT RAISE(ABORT, 'the audit log is append-only');
END;

CREATE TRIGGER platform_audit_heads_refuse_delete BEFORE DELETE ON platform_audit_heads BEGIN
    SELECT RAISE(ABORT, 'the audit log is append-only');
END;
