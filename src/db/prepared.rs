//! Statements that each connection prepares once.
//!
//! diesel does so by itself where it can tell from a statement's type that its text is always the same. It cannot for
//! `UPDATE`, for `IN (…)` and for SQL written by hand, and prepares those anew each time, which on a hot path costs more
//! than running them. Who knows that a statement has one text, or a few, says so with `prepared()`; who knows that its
//! type determines its text, with `fixed()`, so that not even the text is made again.

use diesel::backend::Backend;
use diesel::prelude::*;
use diesel::query_builder::{AsQuery, AstPass, Query, QueryFragment, QueryId};

/// A statement that is kept prepared under its text.
#[derive(Clone, Copy, Debug)]
pub struct Prepared<Q>(pub(super) Q);

/// What a [`Prepared`] statement becomes when its rows are wanted.
#[derive(Clone, Copy, Debug)]
pub struct PreparedQuery<Q>(Q);

/// A statement that is kept prepared under its type.
#[derive(Clone, Copy, Debug)]
pub struct Fixed<Q>(pub(super) Q);

/// What a [`Fixed`] statement becomes when its rows are wanted.
#[derive(Clone, Copy, Debug)]
pub struct FixedQuery<Q>(Q);

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
    )+ };
}
kept_under_its_text!(Prepared, PreparedQuery);

macro_rules! kept_under_its_type {
    ($($name:ident),+) => { $(
        impl<Q, DB> QueryFragment<DB> for $name<Q>
        where
            Q: QueryFragment<DB> + 'static,
            DB: Backend + 'static,
            DB::QueryBuilder: Default,
        {
            fn walk_ast<'b>(&'b self, pass: AstPass<'_, 'b, DB>) -> QueryResult<()> {
                self.0.walk_ast(pass)
            }

            fn is_safe_to_cache_prepared(&self, backend: &DB) -> QueryResult<bool> {
                #[cfg(debug_assertions)]
                promise::is_kept(&self.0, backend)?;
                let _ = backend;
                Ok(true)
            }
        }

        impl<Q: 'static> QueryId for $name<Q> {
            type QueryId = Self;
            const HAS_STATIC_QUERY_ID: bool = true;
        }
    )+ };
}
kept_under_its_type!(Fixed, FixedQuery);

impl<Q, C> RunQueryDsl<C> for Prepared<Q> {}
impl<Q, C> RunQueryDsl<C> for PreparedQuery<Q> {}
impl<Q, C> RunQueryDsl<C> for Fixed<Q> {}
impl<Q, C> RunQueryDsl<C> for FixedQuery<Q> {}

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

impl<Q> AsQuery for Fixed<Q>
where
    Q: AsQuery,
    Q::Query: 'static,
{
    type SqlType = Q::SqlType;
    type Query = FixedQuery<Q::Query>;

    fn as_query(self) -> Self::Query {
        FixedQuery(self.0.as_query())
    }
}

impl<Q: Query> Query for FixedQuery<Q> {
    type SqlType = Q::SqlType;
}

/// Two statements of one type with two texts would be run as one: the tests see to it that there are none.
#[cfg(debug_assertions)]
mod promise {
    use super::{Backend, QueryFragment, QueryResult};
    use diesel::query_builder::QueryBuilder;
    use std::any::TypeId;
    use std::collections::HashMap;
    use std::sync::{LazyLock, Mutex, PoisonError};

    static TEXTS: LazyLock<Mutex<HashMap<(TypeId, TypeId), String>>> = LazyLock::new(Mutex::default);

    pub(super) fn is_kept<Q, DB>(statement: &Q, backend: &DB) -> QueryResult<()>
    where
        Q: QueryFragment<DB> + 'static,
        DB: Backend + 'static,
        DB::QueryBuilder: Default,
    {
        let mut builder = DB::QueryBuilder::default();
        statement.to_sql(&mut builder, backend)?;
        let text = builder.finish();
        let mut texts = TEXTS.lock().unwrap_or_else(PoisonError::into_inner);
        let first = texts.entry((TypeId::of::<DB>(), TypeId::of::<Q>())).or_insert_with(|| text.clone());
        assert_eq!(*first, text, "a fixed statement has another text than before");
        Ok(())
    }
}
