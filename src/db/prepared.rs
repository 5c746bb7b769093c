//! Statements that each connection prepares once.
//!
//! diesel does so by itself where it can tell from a statement's type that its text is always the same. It cannot for
//! `UPDATE`, for `IN (…)` and for SQL written by hand, and prepares those anew each time, which on a hot path costs more
//! than running them. Who knows that a statement has one text, or a few, says so with `prepared()`.

use diesel::backend::Backend;
use diesel::prelude::*;
use diesel::query_builder::{AsQuery, AstPass, Query, QueryFragment, QueryId};

/// A statement that is kept prepared under its text.
#[derive(Clone, Copy, Debug)]
pub struct Prepared<Q>(pub(super) Q);

/// What a [`Prepared`] statement becomes when its rows are wanted.
#[derive(Clone, Copy, Debug)]
pub struct PreparedQuery<Q>(Q);

macro_rules! kept_under_its_text {
    ($($name:ident),+) => { $(
        impl<Q: QueryFragment<DB>, DB: Backend> QueryFragment<DB> for $name<Q> {
            fn walk_ast<'b>(&'b self, pass: AstPass<'_, 'b, DB>) -> QueryResult<()> {
                self.0.walk_ast(pass)
            }

            fn is_safe_to_cache_prepared(&self, _: &DB) -> QueryResult<bool> {
                Ok(true)
            }
        }

        impl<Q> QueryId for $name<Q> {
            type QueryId = ();
            const HAS_STATIC_QUERY_ID: bool = false;
        }

        impl<Q, C> RunQueryDsl<C> for $name<Q> {}
    )+ };
}
kept_under_its_text!(Prepared, PreparedQuery);

impl<Q: AsQuery> AsQuery for Prepared<Q> {
    type SqlType = Q::SqlType;
    type Query = PreparedQuery<Q::Query>;

    fn as_query(self) -> Self::Query {
        PreparedQuery(self.0.as_query())
    }
}

impl<Q: Query> Query for PreparedQuery<Q> {
    type SqlType = Q::SqlType;
}
