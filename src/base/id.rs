//! Typed ids: integers made by the database, one type per kind of thing, so that they cannot be mixed up.

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => { $(
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash,
            serde::Serialize, serde::Deserialize, utoipa::ToSchema,
            diesel::expression::AsExpression, diesel::deserialize::FromSqlRow,
        )]
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        #[serde(transparent)]
        #[schema(value_type = i64, minimum = 1, example = 1)]
        pub struct $name(pub i64);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl<DB: diesel::backend::Backend> diesel::serialize::ToSql<diesel::sql_types::BigInt, DB> for $name
        where
            i64: diesel::serialize::ToSql<diesel::sql_types::BigInt, DB>,
        {
            fn to_sql<'b>(&'b self, out: &mut diesel::serialize::Output<'b, '_, DB>) -> diesel::serialize::Result {
                self.0.to_sql(out)
            }
        }

        impl<DB: diesel::backend::Backend> diesel::deserialize::FromSql<diesel::sql_types::BigInt, DB> for $name
        where
            i64: diesel::deserialize::FromSql<diesel::sql_types::BigInt, DB>,
        {
            fn from_sql(raw: DB::RawValue<'_>) -> diesel::deserialize::Result<Self> {
                i64::from_sql(raw).map(Self)
            }
        }
    )+ };
}

ids! {
    /// A vendor: one shop, the unit of isolation.
    VendorId,
    /// A person who runs shops or the platform.
    UserId,
    /// A role of one vendor's team.
    RoleId,
    /// An invitation into one vendor's team.
    InvitationId,
    /// One sign-in, on one device.
    SessionId,
    /// A domain that a vendor has, or says is its own.
    DomainId,
    /// A mass reset of passwords.
    PasswordResetId,
    /// A time in which an operator is a member of a vendor's team.
    ImpersonationId,
    /// A buyer of one vendor.
    CustomerId,
    /// An address of a customer.
    AddressId,
    /// A product of one vendor.
    ProductId,
    /// An order of one vendor.
    OrderId,
    /// A line of an order.
    LineId,
    /// A payment for an order.
    PaymentId,
    /// A return of goods of an order.
    ReturnId,
    /// A refund for an order.
    RefundId,
    /// Something that happened to one vendor's data.
    EventId,
    /// A key that programs of one vendor call with.
    ApiKeyId,
    /// A letter that is mailed.
    MailId,
}
