DROP TABLE audit_entries;
DROP TABLE audit_heads;
DROP FUNCTION append_audit_entry();
DROP FUNCTION refuse_audit_change();
