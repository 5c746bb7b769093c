DROP TABLE platform_audit_entries;
DROP TABLE platform_audit_heads;
