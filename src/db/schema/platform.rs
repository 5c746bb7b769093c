//! Which vendors there are, by which names, what they sell together, and when operators were at work for them.

diesel::table! {
    vendors (id) {
        id -> BigInt,
        name -> Text,
        domain -> Text,
        subdomain -> Nullable<Text>,
        contact_email -> Nullable<Text>,
        contact_phone -> Nullable<Text>,
        currency -> Text,
        is_active -> Bool,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        theme_config -> Text,
        name_key -> Text,
        business_address -> Nullable<Text>,
        business_city -> Nullable<Text>,
        business_postal_code -> Nullable<Text>,
        business_country -> Nullable<Text>,
        letzshop_csv_url -> Nullable<Text>,
        suspended_reason -> Nullable<Text>,
        suspended_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    vendor_domains (id) {
        id -> BigInt,
        vendor_id -> BigInt,
        domain -> Text,
        token -> Text,
        verified_at -> Nullable<Timestamp>,
        created_at -> Timestamp,
    }
}

diesel::table! {
    directory_versions (id) {
        id -> BigInt,
        version -> BigInt,
    }
}

diesel::table! {
    impersonations (id) {
        id -> BigInt,
        vendor_id -> BigInt,
        operator_id -> BigInt,
        user_id -> BigInt,
        session_id -> BigInt,
        operator_session -> BigInt,
        reason -> Text,
        created_at -> Timestamp,
        expires_at -> Timestamp,
        ended_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    password_resets (id) {
        id -> BigInt,
        operator_id -> BigInt,
        reason -> Text,
        wanted -> Text,
        total -> BigInt,
        done -> BigInt,
        mailed -> BigInt,
        last_user -> BigInt,
        created_at -> Timestamp,
        finished_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    sales_days (since, currency) {
        since -> BigInt,
        currency -> Text,
        order_count -> BigInt,
        revenue -> BigInt,
    }
}

diesel::table! {
    vendor_days (vendor_id, since, currency) {
        vendor_id -> BigInt,
        since -> BigInt,
        currency -> Text,
        order_count -> BigInt,
        revenue -> BigInt,
    }
}

diesel::table! {
    sales_marks (vendor_id) {
        vendor_id -> BigInt,
        mark -> Text,
        read_at -> Timestamp,
    }
}
