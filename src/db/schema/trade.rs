//! What becomes of orders once they are placed: what is paid for them.

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
