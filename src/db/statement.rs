//! The statements that a scope runs: [`Scoped`] ones, which begin at a scope's `rows`, and the [`Change`]s made of them.

use super::conn::{DbConn, MultiBackend};
use super::error::{Error, Result};
use super::prepared::{Fixed, Prepared};
use super::scope::{Control, Reading, Tenant, Writing};
use diesel::dsl;
use diesel::expression::Expression;
use diesel::prelude::*;
use diesel::query_builder::{
    AsChangeset, AsQuery, BoxedSqlQuery, DeleteStatement, InsertStatement, IntoUpdateTarget, SqlQuery, UpdateStatement,
};
use diesel::query_dsl::methods::{BoxedDsl, ExecuteDsl, FilterDsl, GroupByDsl, LimitDsl, OrderDsl, SelectDsl, ThenOrderDsl};
use diesel::query_dsl::{InternalJoinDsl, LoadQuery};
use std::marker::PhantomData;

/// Inserting many rows, which `MultiConnection` refuses though each engine can: told apart here, once.
pub trait InsertAllInto<T> {
    /// Runs the one statement.
    fn insert_all_into(self, table: T, conn: &mut DbConn) -> QueryResult<usize>;
}

/// The same with `RETURNING`.
pub trait InsertAllReturning<T, U> {
    /// Runs the one statement.
    fn insert_all_returning(self, table: T, conn: &mut DbConn) -> QueryResult<Vec<U>>;
}

/// Rows as diesel takes them: a list, or an array, whose statement is always the same and so is prepared once.
pub trait InsertRows<T> {
    /// Runs the one statement.
    fn insert_rows(self, table: T, conn: &mut DbConn) -> QueryResult<usize>;
}

/// The same with `RETURNING`.
pub trait InsertRowsReturning<T, U> {
    /// Runs the one statement.
    fn insert_rows_returning(self, table: T, conn: &mut DbConn) -> QueryResult<Vec<U>>;
}

impl<T: Table, R> InsertRows<T> for R
where
    R: Insertable<T>,
    InsertStatement<T, R::Values>: ExecuteDsl<PgConnection> + ExecuteDsl<SqliteConnection>,
{
    fn insert_rows(self, table: T, conn: &mut DbConn) -> QueryResult<usize> {
        let statement = diesel::insert_into(table).values(self);
        match conn {
            DbConn::Postgres(conn) => ExecuteDsl::execute(statement, conn),
            DbConn::Sqlite(conn) => ExecuteDsl::execute(statement, conn),
        }
    }
}

impl<T: Table, R, U> InsertRowsReturning<T, U> for R
where
    R: Insertable<T>,
    InsertStatement<T, R::Values>: for<'q> LoadQuery<'q, PgConnection, U> + for<'q> LoadQuery<'q, SqliteConnection, U>,
{
    fn insert_rows_returning(self, table: T, conn: &mut DbConn) -> QueryResult<Vec<U>> {
        let statement = diesel::insert_into(table).values(self);
        match conn {
            DbConn::Postgres(conn) => statement.internal_load(conn)?.collect(),
            DbConn::Sqlite(conn) => statement.internal_load(conn)?.collect(),
        }
    }
}

/// Up to so many rows, which is how many most orders have, the statement is one of those that are prepared once.
macro_rules! as_array_or_list {
    ($rows:expr, $insert:ident, $table:expr, $conn:expr, [$($size:literal),+]) => {
        match $rows.len() {
            $($size => match <[V; $size]>::try_from($rows) {
                Ok(array) => array.$insert($table, $conn),
                Err(list) => list.$insert($table, $conn),
            },)+
            _ => $rows.$insert($table, $conn),
        }
    };
}

impl<T, V> InsertAllInto<T> for Vec<V>
where
    [V; 1]: InsertRows<T>,
    [V; 2]: InsertRows<T>,
    [V; 3]: InsertRows<T>,
    [V; 4]: InsertRows<T>,
    Vec<V>: InsertRows<T>,
{
    fn insert_all_into(self, table: T, conn: &mut DbConn) -> QueryResult<usize> {
        as_array_or_list!(self, insert_rows, table, conn, [1, 2, 3, 4])
    }
}

impl<T, V, U> InsertAllReturning<T, U> for Vec<V>
where
    [V; 1]: InsertRowsReturning<T, U>,
    [V; 2]: InsertRowsReturning<T, U>,
    [V; 3]: InsertRowsReturning<T, U>,
    [V; 4]: InsertRowsReturning<T, U>,
    Vec<V>: InsertRowsReturning<T, U>,
{
    fn insert_all_returning(self, table: T, conn: &mut DbConn) -> QueryResult<Vec<U>> {
        as_array_or_list!(self, insert_rows_returning, table, conn, [1, 2, 3, 4])
    }
}

/// `UPDATE` of what a query selects, in one word.
pub trait UpdateWith<C> {
    /// The statement.
    type Statement;
    /// Makes it.
    fn update_with(self, changes: C) -> Self::Statement;
}

impl<Q, C> UpdateWith<C> for Q
where
    Q: IntoUpdateTarget,
    C: AsChangeset<Target = Q::Table>,
    UpdateStatement<Q::Table, Q::WhereClause, C::Changeset>: AsQuery,
{
    type Statement = UpdateStatement<Q::Table, Q::WhereClause, C::Changeset>;
    fn update_with(self, changes: C) -> Self::Statement {
        diesel::update(self).set(changes)
    }
}

/// A statement already confined to its plane: the only kind a scope runs.
/// It speaks diesel's query language, less `or_filter`, which could widen it again,
/// and less joins, except within the control plane.
#[must_use]
pub struct Scoped<Q, P = Tenant>(Q, PhantomData<P>);

impl<Q, P> Scoped<Q, P> {
    pub(super) fn new(query: Q) -> Self {
        Self(query, PhantomData)
    }
}

impl<Q, P> QueryDsl for Scoped<Q, P> {}

macro_rules! pass_through {
    ($($dsl:ident<$arg:ident $(: $bound:path)?>::$method:ident),+ $(,)?) => { $(
        impl<Q: $dsl<$arg>, P, $arg $(: $bound)?> $dsl<$arg> for Scoped<Q, P> {
            type Output = Scoped<Q::Output, P>;
            fn $method(self, arg: $arg) -> Self::Output {
                Scoped::new(self.0.$method(arg))
            }
        }
    )+ };
}
pass_through! { FilterDsl<F>::filter, SelectDsl<S: Expression>::select, OrderDsl<E: Expression>::order, ThenOrderDsl<E>::then_order_by, GroupByDsl<E: Expression>::group_by }

impl<Q: LimitDsl, P> LimitDsl for Scoped<Q, P> {
    type Output = Scoped<Q::Output, P>;
    fn limit(self, limit: i64) -> Self::Output {
        Scoped::new(self.0.limit(limit))
    }
}

impl<Q: InternalJoinDsl<R, K, On>, R, K, On> InternalJoinDsl<R, K, On> for Scoped<Q, Control> {
    type Output = Scoped<Q::Output, Control>;
    fn join(self, rhs: R, kind: K, on: On) -> Self::Output {
        Scoped::new(self.0.join(rhs, kind, on))
    }
}

impl<Q: diesel::JoinTo<R>, R> diesel::JoinTo<R> for Scoped<Q, Control> {
    type FromClause = Q::FromClause;
    type OnClause = Q::OnClause;
    fn join_target(rhs: R) -> (Self::FromClause, Self::OnClause) {
        Q::join_target(rhs)
    }
}

impl<'a, Q: BoxedDsl<'a, MultiBackend>, P> BoxedDsl<'a, MultiBackend> for Scoped<Q, P> {
    type Output = Scoped<Q::Output, P>;
    fn internal_into_boxed(self) -> dsl::IntoBoxed<'a, Self, MultiBackend> {
        Scoped::new(self.0.internal_into_boxed())
    }
}

impl<Q, P> Scoped<Q, P> {
    /// The query, to stand inside another: `id.eq_any(scope.rows(…).select(…).within())`.
    /// It cannot run by itself, for nothing but a scope holds a connection.
    pub fn within(self) -> Q {
        self.0
    }

    /// Has each connection prepare it once; for a statement that has one text, or a few. See [`super::prepared`].
    pub fn prepared(self) -> Scoped<Prepared<Q>, P> {
        Scoped::new(Prepared(self.0))
    }

    /// All rows.
    pub fn load<'q, U>(self, scope: &mut Reading<'_, P>) -> Result<Vec<U>>
    where
        Q: LoadQuery<'q, DbConn, U>,
    {
        Ok(self.0.internal_load(scope.connection())?.collect::<QueryResult<_>>()?)
    }

    /// The first row, or [`Error::NotFound`].
    pub fn first<'q, U>(self, scope: &mut Reading<'_, P>) -> Result<U>
    where
        Q: LimitDsl,
        dsl::Limit<Q>: LoadQuery<'q, DbConn, U>,
    {
        self.0.limit(1).internal_load(scope.connection())?.next().unwrap_or(Err(diesel::NotFound)).map_err(Error::from)
    }

    /// The first row, if there is one.
    pub fn find_first<'q, U>(self, scope: &mut Reading<'_, P>) -> Result<Option<U>>
    where
        Q: LimitDsl,
        dsl::Limit<Q>: LoadQuery<'q, DbConn, U>,
    {
        Ok(self.0.limit(1).internal_load(scope.connection())?.next().transpose()?)
    }

    /// Changes these rows.
    pub fn set<C>(self, changes: C) -> Change<Q::Statement, P>
    where
        Q: UpdateWith<C>,
    {
        Change::new(self.0.update_with(changes))
    }

    /// Deletes these rows.
    pub fn delete(self) -> Change<DeleteStatement<Q::Table, Q::WhereClause>, P>
    where
        Q: IntoUpdateTarget,
    {
        Change::new(diesel::delete(self.0))
    }
}

/// A statement that changes rows: it runs in a [`Writing`] scope only.
#[must_use]
pub struct Change<Q, P = Tenant>(Q, PhantomData<P>);

impl<Q, P> Change<Q, P> {
    pub(super) fn new(statement: Q) -> Self {
        Self(statement, PhantomData)
    }

    /// Has each connection prepare it once; for a statement that has one text, or a few. See [`super::prepared`].
    pub fn prepared(self) -> Change<Prepared<Q>, P> {
        Change::new(Prepared(self.0))
    }

    /// The same for a statement whose text follows from its type, unlike one in which some values may be absent: its text
    /// is made once, too.
    pub fn fixed(self) -> Change<Fixed<Q>, P> {
        Change::new(Fixed(self.0))
    }

    /// Runs it; says how many rows it touched. This, and what returns rows, on the engine itself: `MultiConnection` makes
    /// the text of a statement anew each time, and does not pass on that it is to be kept prepared.
    pub fn execute(self, scope: &mut Writing<'_, P>) -> Result<usize>
    where
        Q: ExecuteDsl<PgConnection> + ExecuteDsl<SqliteConnection>,
    {
        Ok(match scope.connection() {
            DbConn::Postgres(conn) => ExecuteDsl::execute(self.0, conn),
            DbConn::Sqlite(conn) => ExecuteDsl::execute(self.0, conn),
        }?)
    }

    /// Runs it; returns the rows as they now are (`RETURNING`, on both engines).
    pub fn load<'q, U>(self, scope: &mut Writing<'_, P>) -> Result<Vec<U>>
    where
        Q: LoadQuery<'q, PgConnection, U> + LoadQuery<'q, SqliteConnection, U>,
    {
        Ok(match scope.connection() {
            DbConn::Postgres(conn) => self.0.internal_load(conn)?.collect::<QueryResult<_>>(),
            DbConn::Sqlite(conn) => self.0.internal_load(conn)?.collect::<QueryResult<_>>(),
        }?)
    }

    /// Runs it; returns the one row it touched, or [`Error::NotFound`].
    pub fn one<'q, U>(self, scope: &mut Writing<'_, P>) -> Result<U>
    where
        Q: LoadQuery<'q, PgConnection, U> + LoadQuery<'q, SqliteConnection, U>,
    {
        self.load(scope)?.pop().ok_or(Error::NotFound)
    }
}

/// SQL written by hand, confined to its vendor. It is kept prepared.
#[must_use]
pub struct HandWritten<'q>(BoxedSqlQuery<'q, MultiBackend, SqlQuery>);

impl<'q> HandWritten<'q> {
    pub(super) fn new(text: &'q str) -> Self {
        Self(diesel::sql_query(text).into_boxed())
    }

    /// Binds the next parameter.
    pub fn bind<ST, V>(self, value: V) -> Self
    where
        MultiBackend: diesel::sql_types::HasSqlType<ST>,
        V: diesel::serialize::ToSql<ST, MultiBackend> + Send + 'q,
        ST: Send + 'q,
    {
        Self(self.0.bind::<ST, V>(value))
    }

    /// Runs it; returns its rows.
    pub fn load<U>(self, scope: &mut Writing) -> Result<Vec<U>>
    where
        Prepared<BoxedSqlQuery<'q, MultiBackend, SqlQuery>>: LoadQuery<'q, DbConn, U>,
    {
        Ok(Prepared(self.0).internal_load(scope.connection())?.collect::<QueryResult<_>>()?)
    }

    /// Runs it; returns its one row, or [`Error::NotFound`].
    pub fn one<U>(self, scope: &mut Writing) -> Result<U>
    where
        Prepared<BoxedSqlQuery<'q, MultiBackend, SqlQuery>>: LoadQuery<'q, DbConn, U>,
    {
        self.load(scope)?.pop().ok_or(Error::NotFound)
    }
}
