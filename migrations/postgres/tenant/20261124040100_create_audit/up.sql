-- What members and operators did to a vendor's data: entries are added at the end and never change. Each has the hash of
-- itself and of the vendor's entry before; how many there are and the last one's hash stand in a table apart.
CREATE TABLE audit_heads (
    vendor_id BIGINT NOT NULL PRIMARY KEY,
    entries BIGINT NOT NULL,
    hash TEXT NOT NULL
);

CREATE TABLE audit_entries (
    vendor_id BIGINT NOT NULL,
    position BIGINT NOT NULL,
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
    PRIMARY KEY (vendor_id, position)
);

CREATE INDEX audit_entries_vendor_id_occurred_at_idx ON audit_entries (vendor_id, occurred_at, position);
CREATE INDEX audit_entries_vendor_id_actor_id_idx ON audit_entries (vendor_id, actor_id, occurred_at, position);
CREATE INDEX audit_entries_vendor_id_action_idx ON audit_entries (vendor_id, action, occurred_at, position);
CREATE INDEX audit_entries_vendor_id_target_idx ON audit_entries (vendor_id, target_kind, target_id, occurred_at, position);

CREATE FUNCTION refuse_audit_change() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit log is append-only';
END
$$;

-- What is added comes next after the last one, and is the last one then.
CREATE FUNCTION append_audit_entry() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    UPDATE audit_heads SET entries = NEW.position, hash = NEW.hash WHERE vendor_id = NEW.vendor_id AND entries = NEW.position - 1;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the audit log is appended to at its end';
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER audit_entries_refuse_change BEFORE UPDATE OR DELETE ON audit_entries
    FOR EACH ROW EXECUTE FUNCTION refuse_audit_change();
CREATE TRIGGER audit_entries_refuse_truncate BEFORE TRUNCATE ON audit_entries
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();
CREATE TRIGGER audit_entries_append AFTER INSERT ON audit_entries
    FOR EACH ROW EXECUTE FUNCTION append_audit_entry();
CREATE TRIGGER audit_heads_refuse_shrink BEFORE UPDATE ON audit_heads
    FOR EACH ROW WHEN (NEW.entries < OLD.entries) EXECUTE FUNCTION refuse_audit_change();
CREATE TRIGGER audit_heads_refuse_delete BEFORE DELETE ON audit_heads
    FOR EACH ROW EXECUTE FUNCTION refuse_audit_change();
CREATE TRIGGER audit_heads_refuse_truncate BEFORE TRUNCATE ON audit_heads
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();

ALTER TABLE audit_heads ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_heads FORCE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON audit_heads USING (vendor_id = NULLIF(current_setting('app.vendor_id', true), '')::BIGINT);

ALTER TABLE audit_entries ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_entries FORCE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON audit_entries USING (vendor_id = NULLIF(current_setting('app.vendor_id', true), '')::BIGINT);
