//! Which vendors there are, by which names, and when operators were at work for one.

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
        reason -> Text,
        created_at -> Timestamp,
        expires_at -> Timestamp,
        ended_at -> Nullable<Timestamp>,
    }
}
