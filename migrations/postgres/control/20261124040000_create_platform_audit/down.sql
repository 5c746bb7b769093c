DROP TABLE platform_audit_entries;
DROP TABLE platform_audit_heads;
DROP FUNCTION append_platform_audit_entry();
DROP FUNCTION refuse_platform_audit_change();
