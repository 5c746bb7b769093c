//! The tables, stated once for both engines; a test holds them against each engine's catalogue.
//!
//! Two groups that never join: the control plane, and the tables of a vendor's own data.

#![allow(missing_docs, clippy::allow_attributes, reason = "the names of tables and columns are their documentation")]

mod audit;
mod platform;
mod proofs;
mod trade;

pub use audit::{audit_entries, audit_heads, platform_audit_entries, platform_audit_heads};
pub use platform::{directory_versions, impersonations, password_resets, sales_days, sales_marks, vendor_days, vendor_domains, vendors};
pub use proofs::{mailed_tokens, mails, recovery_codes, second_factors};
pub use trade::{payments, refunds, return_lines, returns, vendor_settings};

use super::scope::{ControlTable, TenantTable};

diesel::table! {
    users (id) {
        id -> BigInt,
        username -> Text,
        username_key -> Text,
        email -> Nullable<Text>,
        email_key -> Nullable<Text>,
        password_hash -> Text,
        first_name -> Text,
        last_name -> Text,
        is_active -> Bool,
        is_operator -> Bool,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        must_change_password -> Bool,
        email_verified_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    roles (id) {
        id -> BigInt,
        vendor_id -> BigInt,
        name -> Text,
        is_builtin -> Bool,
        permissions -> Text,
        version -> BigInt,
    }
}

diesel::table! {
    members (vendor_id, user_id) {
        vendor_id -> BigInt,
        user_id -> BigInt,
        role_id -> BigInt,
        is_active -> Bool,
        created_at -> Timestamp,
        version -> BigInt,
        invited_by -> Nullable<BigInt>,
    }
}

diesel::table! {
    invitations (id) {
        id -> BigInt,
        vendor_id -> BigInt,
        email -> Text,
        email_key -> Text,
        role_id -> BigInt,
        invited_by -> BigInt,
        token_hash -> Text,
        created_at -> Timestamp,
        sent_at -> Timestamp,
        expires_at -> Timestamp,
        accepted_at -> Nullable<Timestamp>,
        accepted_by -> Nullable<BigInt>,
        revoked_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    sessions (id) {
        id -> BigInt,
        vendor_id -> Nullable<BigInt>,
        user_id -> Nullable<BigInt>,
        customer_id -> Nullable<BigInt>,
        refresh_id -> Text,
        created_at -> Timestamp,
        last_used_at -> Timestamp,
        expires_at -> Timestamp,
        revoked_at -> Nullable<Timestamp>,
        address -> Nullable<Text>,
        user_agent -> Nullable<Text>,
    }
}

diesel::table! {
    api_keys (id) {
        id -> BigInt,
        vendor_id -> BigInt,
        name -> Text,
        prefix -> Text,
        digest -> Text,
        permissions -> Text,
        created_by -> BigInt,
        created_at -> Timestamp,
        expires_at -> Nullable<Timestamp>,
        last_used_at -> Nullable<Timestamp>,
        revoked_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    customers (vendor_id, id) {
        vendor_id -> BigInt,
        id -> BigInt,
        username -> Text,
        username_key -> Text,
        email -> Nullable<Text>,
        email_key -> Nullable<Text>,
        password_hash -> Text,
        first_name -> Text,
        last_name -> Text,
        phone -> Nullable<Text>,
        is_active -> Bool,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        name_key -> Text,
        family_key -> Text,
        anonymized_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    addresses (vendor_id, id) {
        vendor_id -> BigInt,
        id -> BigInt,
        customer_id -> BigInt,
        label -> Nullable<Text>,
        address -> Text,
        is_default -> Bool,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    products (vendor_id, id) {
        vendor_id -> BigInt,
        id -> BigInt,
        sku -> Nullable<Text>,
        name -> Text,
        name_key -> Text,
        description -> Text,
        price -> BigInt,
        compare_at_price -> Nullable<BigInt>,
        currency -> Text,
        stock -> BigInt,
        is_ordered -> Bool,
        status -> Text,
        brand -> Nullable<Text>,
        brand_key -> Nullable<Text>,
        gtin -> Nullable<Text>,
        external_id -> Nullable<Text>,
        image_urls -> Text,
        attributes -> Text,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    product_terms (vendor_id, term, product_id) {
        vendor_id -> BigInt,
        term -> Text,
        product_id -> BigInt,
    }
}

diesel::table! {
    order_counters (vendor_id) {
        vendor_id -> BigInt,
        last_number -> BigInt,
    }
}

diesel::table! {
    orders (vendor_id, id) {
        vendor_id -> BigInt,
        id -> BigInt,
        number -> BigInt,
        customer_id -> Nullable<BigInt>,
        status -> Text,
        payment_status -> Text,
        subtotal -> BigInt,
        discount -> BigInt,
        shipping -> BigInt,
        tax -> BigInt,
        total -> BigInt,
        currency -> Text,
        address -> Text,
        assigned_to -> Nullable<BigInt>,
        note -> Nullable<Text>,
        external_ref -> Nullable<Text>,
        cancel_reason -> Nullable<Text>,
        version -> BigInt,
        placed_at -> Timestamp,
        updated_at -> Timestamp,
        paid -> BigInt,
        refunded -> BigInt,
        delivered_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    order_lines (vendor_id, order_id, id) {
        vendor_id -> BigInt,
        id -> BigInt,
        order_id -> BigInt,
        product_id -> BigInt,
        sku -> Nullable<Text>,
        name -> Text,
        unit_price -> BigInt,
        quantity -> BigInt,
        total -> BigInt,
    }
}

diesel::table! {
    order_folds (vendor_id) {
        vendor_id -> BigInt,
        number -> BigInt,
        changes -> BigInt,
    }
}

diesel::table! {
    order_figures (vendor_id, span, since, currency) {
        vendor_id -> BigInt,
        span -> Text,
        since -> BigInt,
        currency -> Text,
        orders -> BigInt,
        units -> BigInt,
        revenue -> BigInt,
    }
}

diesel::table! {
    product_figures (vendor_id, span, since, product_id, currency) {
        vendor_id -> BigInt,
        span -> Text,
        since -> BigInt,
        product_id -> BigInt,
        currency -> Text,
        units -> BigInt,
        revenue -> BigInt,
    }
}

diesel::table! {
    events (vendor_id, id) {
        vendor_id -> BigInt,
        id -> BigInt,
        #[sql_name = "type"]
        kind -> Text,
        resource -> Text,
        resource_id -> BigInt,
        actor_kind -> Text,
        actor_id -> Nullable<BigInt>,
        data -> Text,
        occurred_at -> Timestamp,
    }
}

diesel::table! {
    idempotency_keys (vendor_id, caller, route, key) {
        vendor_id -> BigInt,
        caller -> Text,
        route -> Text,
        key -> Text,
        request_hash -> Text,
        status -> Integer,
        location -> Nullable<Text>,
        body -> Text,
        created_at -> Timestamp,
    }
}

// Of neither plane: no scope reaches it. Triggers write it, and `versions` reads it.
diesel::table! {
    catalogue_versions (vendor_id) {
        vendor_id -> BigInt,
        version -> BigInt,
    }
}

macro_rules! control_tables {
    ($($table:ident),+ $(,)?) => { $(impl ControlTable for $table::table {})+ };
}

macro_rules! tenant_tables {
    ($($table:ident),+ $(,)?) => {
        $(impl TenantTable for $table::table {
            type VendorColumn = $table::vendor_id;
        })+

        /// The tables whose rows belong to a vendor.
        pub const TENANT_TABLES: &[&str] = &[$(stringify!($table)),+];
    };
}

control_tables!(
    vendors,
    vendor_domains,
    directory_versions,
    users,
    roles,
    members,
    invitations,
    sessions,
    impersonations,
    password_resets,
    sales_days,
    vendor_days,
    sales_marks,
    second_factors,
    recovery_codes,
    mailed_tokens,
    mails,
    platform_audit_heads,
    platform_audit_entries,
    api_keys
);

tenant_tables!(
    customers,
    addresses,
    products,
    product_terms,
    order_counters,
    orders,
    order_lines,
    payments,
    vendor_settings,
    returns,
    return_lines,
    refunds,
    order_folds,
    order_figures,
    product_figures,
    events,
    idempotency_keys,
    audit_heads,
    audit_entries,
);

diesel::allow_tables_to_appear_in_same_query!(
    vendors,
    vendor_domains,
    directory_versions,
    users,
    roles,
    members,
    invitations,
    sessions,
    impersonations,
    mails,
    api_keys
);

diesel::allow_tables_to_appear_in_same_query!(
    customers,
    addresses,
    products,
    product_terms,
    order_counters,
    orders,
    order_lines,
    payments,
    vendor_settings,
    returns,
    return_lines,
    refunds,
    order_folds,
    order_figures,
    product_figures,
    events,
    idempotency_keys
);
