//! The tables of letters, and of what people prove who they are with besides a password: mailed tokens, second factors,
//! recovery codes.

diesel::table! {
    mailed_tokens (id) {
        id -> BigInt,
        kind -> Text,
        digest -> Text,
        vendor_id -> Nullable<BigInt>,
        user_id -> Nullable<BigInt>,
        customer_id -> Nullable<BigInt>,
        email_key -> Nullable<Text>,
        created_at -> Timestamp,
        expires_at -> Timestamp,
    }
}

diesel::table! {
    second_factors (user_id) {
        user_id -> BigInt,
        secret -> Text,
        last_step -> BigInt,
        failures -> BigInt,
        locked_until -> Nullable<Timestamp>,
        created_at -> Timestamp,
        confirmed_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    recovery_codes (user_id, digest) {
        user_id -> BigInt,
        digest -> Text,
    }
}

diesel::table! {
    mails (id) {
        id -> BigInt,
        vendor_id -> Nullable<BigInt>,
        template -> Text,
        sender -> Nullable<Text>,
        recipient -> Text,
        subject -> Text,
        text -> Nullable<Text>,
        html -> Nullable<Text>,
        attempts -> BigInt,
        due_at -> Nullable<Timestamp>,
        error -> Nullable<Text>,
        created_at -> Timestamp,
        sent_at -> Nullable<Timestamp>,
        failed_at -> Nullable<Timestamp>,
    }
}
