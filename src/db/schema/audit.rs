//! The tables of the audit log, of both planes.

diesel::table! {
    platform_audit_heads (id) {
        id -> BigInt,
        entries -> BigInt,
        hash -> Text,
    }
}

diesel::table! {
    platform_audit_entries (position) {
        position -> BigInt,
        vendor_id -> Nullable<BigInt>,
        occurred_at -> Timestamp,
        actor_kind -> Text,
        actor_id -> Nullable<BigInt>,
        impersonator_id -> Nullable<BigInt>,
        api_key_id -> Nullable<BigInt>,
        address -> Nullable<Text>,
        request_id -> Nullable<Text>,
        action -> Text,
        target_kind -> Text,
        target_id -> BigInt,
        before -> Nullable<Text>,
        after -> Nullable<Text>,
        hash -> Text,
    }
}

diesel::table! {
    audit_heads (vendor_id) {
        vendor_id -> BigInt,
        entries -> BigInt,
        hash -> Text,
    }
}

diesel::table! {
    audit_entries (vendor_id, position) {
        vendor_id -> BigInt,
        position -> BigInt,
        occurred_at -> Timestamp,
        actor_kind -> Text,
        actor_id -> Nullable<BigInt>,
        impersonator_id -> Nullable<BigInt>,
        api_key_id -> Nullable<BigInt>,
        address -> Nullable<Text>,
        request_id -> Nullable<Text>,
        action -> Text,
        target_kind -> Text,
        target_id -> BigInt,
        before -> Nullable<Text>,
        after -> Nullable<Text>,
        hash -> Text,
    }
}
