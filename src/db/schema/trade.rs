//! What becomes of orders once they are placed: what is paid for them, what comes back, and what is given back for it.

diesel::table! {
    payments (vendor_id, order_id, id) {
        vendor_id -> BigInt,
        id -> BigInt,
        order_id -> BigInt,
        method -> Text,
        amount -> BigInt,
        reference -> Nullable<Text>,
        recorded_by -> Nullable<BigInt>,
        recorded_at -> Timestamp,
        voided_by -> Nullable<BigInt>,
        voided_at -> Nullable<Timestamp>,
        void_reason -> Nullable<Text>,
    }
}

diesel::table! {
    vendor_settings (vendor_id) {
        vendor_id -> BigInt,
        restocking_fee -> BigInt,
        max_refund -> Nullable<BigInt>,
        currency -> Nullable<Text>,
        days_to_return -> Nullable<BigInt>,
        non_returnable_skus -> Text,
        allow_partial_return -> Bool,
        version -> BigInt,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    returns (vendor_id, order_id, id) {
        vendor_id -> BigInt,
        id -> BigInt,
        order_id -> BigInt,
        status -> Text,
        reason -> Nullable<Text>,
        reject_reason -> Nullable<Text>,
        requested_by -> Nullable<BigInt>,
        requested_at -> Timestamp,
        decided_by -> Nullable<BigInt>,
        decided_at -> Nullable<Timestamp>,
        received_by -> Nullable<BigInt>,
        received_at -> Nullable<Timestamp>,
        restocking_fee -> BigInt,
        max_refund -> Nullable<BigInt>,
        worth -> BigInt,
    }
}

diesel::table! {
    return_lines (vendor_id, order_id, return_id, line_id) {
        vendor_id -> BigInt,
        order_id -> BigInt,
        return_id -> BigInt,
        line_id -> BigInt,
        quantity -> BigInt,
        good -> BigInt,
        damaged -> BigInt,
        product_id -> BigInt,
        unit_price -> BigInt,
    }
}

diesel::table! {
    refunds (vendor_id, order_id, id) {
        vendor_id -> BigInt,
        id -> BigInt,
        order_id -> BigInt,
        return_id -> Nullable<BigInt>,
        amount -> BigInt,
        reason -> Nullable<Text>,
        created_by -> Nullable<BigInt>,
        created_at -> Timestamp,
    }
}
