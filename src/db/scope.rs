//! A vendor's view of the database.
//!
//! A [`Reading`] or [`Writing`] scope runs nothing but [`Scoped`] statements, and those all start from
//! `rows`, which adds `vendor_id = …`. What must not compile is proved here. This does:
//!
//! ```
//! use diesel::prelude::*;
//! use stoa::db::{Reading, Result, schema::products};
//! fn names(scope: &mut Reading) -> Result<Vec<String>> {
//!     scope.rows(products::table).filter(products::stock.gt(0)).select(products::name).load(scope)
//! }
//! ```
//! A load that is not scoped does not:
//! ```compile_fail,E0308
//! use diesel::prelude::*;
//! use stoa::db::{Reading, Result, schema::products};
//! fn names(scope: &mut Reading) -> Result<Vec<String>> {
//!     Ok(products::table.select(products::name).load(scope)?)
//! }
//! ```
//! nor an update that is not scoped:
//! ```compile_fail,E0308
//! use diesel::prelude::*;
//! use stoa::db::{Result, Writing, schema::products};
//! fn clear(scope: &mut Writing) -> Result<usize> {
//!     Ok(diesel::update(products::table).set(products::stock.eq(0)).execute(scope)?)
//! }
//! ```
//! nor widening a scoped query again:
//! ```compile_fail,E0277
//! use diesel::prelude::*;
//! use stoa::db::{Reading, Result, schema::products};
//! fn names(scope: &mut Reading) -> Result<Vec<String>> {
//!     scope.rows(products::table).or_filter(products::stock.gt(0)).select(products::name).load(scope)
//! }
//! ```
//! nor getting at the connection:
//! ```compile_fail,E0616
//! use stoa::db::Reading;
//! fn raw(scope: &mut Reading) {
//!     let _ = &scope.conn;
//! }
//! ```
//! nor a table of the control plane in a vendor's scope:
//! ```compile_fail,E0277
//! use stoa::db::{Reading, schema::users};
//! fn everybody(scope: &mut Reading) {
//!     let _ = scope.rows(users::table);
//! }
//! ```
//! nor a vendor's table in the control plane:
//! ```compile_fail,E0277
//! use stoa::db::{Control, Reading, schema::products};
//! fn everything(scope: &mut Reading<Control>) {
//!     let _ = scope.rows(products::table);
//! }
//! ```
//! nor a join, which could bring in rows of others:
//! ```compile_fail,E0277
//! use diesel::prelude::*;
//! use stoa::db::{Reading, schema::{customers, orders}};
//! fn both(scope: &mut Reading) {
//!     let _ = scope.rows(orders::table).inner_join(customers::table.on(orders::customer_id.eq(customers::id.nullable())));
//! }
//! ```
//! nor a write inside a read:
//! ```compile_fail,E0308
//! use diesel::prelude::*;
//! use stoa::db::{Reading, Result, schema::products};
//! fn clear(scope: &mut Reading) -> Result<usize> {
//!     scope.rows(products::table).set(products::stock.eq(0)).execute(scope)
//! }
//! ```

use super::conn::{DbConn, MultiBackend};
use super::error::{Error, Result};
use crate::base::id::VendorId;
use crate::base::time::Timestamp;
use diesel::dsl;
use diesel::expression::Expression;
use diesel::prelude::*;
use diesel::query_builder::{
    AsChangeset, AsQuery, BoxedSqlQuery, DeleteStatement, InsertStatement, IntoUpdateTarget, SqlQuery, UpdateStatement,
};
use diesel::query_dsl::methods::{BoxedDsl, ExecuteDsl, FilterDsl, GroupByDsl, LimitDsl, OrderDsl, SelectDsl, ThenOrderDsl};
use diesel::query_dsl::{InternalJoinDsl, LoadQuery};
use diesel::sql_types::BigInt;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};

/// One vendor's own tables: customers, products, orders …
#[derive(Clone, Copy, Debug)]
pub struct Tenant(pub(super) VendorId);

/// The control plane's tables: vendors, users, members, roles, sessions …
#[derive(Clone, Copy, Debug)]
pub struct Control;

/// A table whose rows belong to a vendor.
pub trait TenantTable: Table + Default {
    /// Its `vendor_id`.
    type VendorColumn: Column<Table = Self, SqlType = BigInt> + ExpressionMethods + Default + Clone;
}

/// A table of the control plane.
pub trait ControlTable: Table {}

type IsMine<T> = dsl::Eq<<T as TenantTable>::VendorColumn, VendorId>;
type OwnRows<T> = dsl::Filter<T, IsMine<T>>;

/// One vendor (or the control plane), one transaction that reads.
pub struct Reading<'c, P = Tenant> {
    conn: &'c mut DbConn,
    plane: P,
    now: Timestamp,
}

/// One vendor (or the control plane), one transaction that may write. Reads like a [`Reading`].
pub struct Writing<'c, P = Tenant>(Reading<'c, P>);

impl<'c, P> Deref for Writing<'c, P> {
    type Target = Reading<'c, P>;
    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<P> DerefMut for Writing<'_, P> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

impl<'c, P> Reading<'c, P> {
    pub(super) fn new(conn: &'c mut DbConn, plane: P, now: Timestamp) -> Self {
        Self { conn, plane, now }
    }

    /// When the transaction began: the one instant that everything in it happens at.
    pub fn now(&self) -> Timestamp {
        self.now
    }
}

impl Reading<'_, Tenant> {
    /// The vendor whose rows these are.
    pub fn vendor(&self) -> VendorId {
        self.plane.0
    }

    /// The rows of `table` that belong to this vendor: where every statement starts.
    pub fn rows<T>(&self, table: T) -> Scoped<OwnRows<T>>
    where
        T: TenantTable + FilterDsl<IsMine<T>>,
    {
        Scoped::new(FilterDsl::filter(table, T::VendorColumn::default().eq(self.vendor())))
    }
}

impl Reading<'_, Control> {
    /// The rows of a table of the control plane.
    #[expect(clippy::unused_self, reason = "having the scope is what permits it")]
    pub fn rows<T: ControlTable>(&self, table: T) -> Scoped<T, Control> {
        Scoped::new(table)
    }
}

impl<'c, P> Writing<'c, P> {
    pub(super) fn new(conn: &'c mut DbConn, plane: P, now: Timestamp) -> Self {
        Self(Reading::new(conn, plane, now))
    }
}

impl Writing<'_, Tenant> {
    /// Inserts one row; the vendor is filled in here and nowhere else.
    pub fn insert<T, V>(&self, table: T, row: V) -> Change<InsertStatement<T, <(V, IsMine<T>) as Insertable<T>>::Values>>
    where
        T: TenantTable,
        (V, IsMine<T>): Insertable<T>,
    {
        Change::new(diesel::insert_into(table).values((row, T::VendorColumn::default().eq(self.vendor()))))
    }

    /// Inserts many rows in one statement; none is no statement.
    pub fn insert_all<T, V>(&mut self, table: T, rows: impl IntoIterator<Item = V>) -> Result<usize>
    where
        T: TenantTable,
        Vec<(V, IsMine<T>)>: InsertAllInto<T>,
    {
        let rows: Vec<_> = rows.into_iter().map(|row| (row, T::VendorColumn::default().eq(self.vendor()))).collect();
        if rows.is_empty() {
            return Ok(0);
        }
        rows.insert_all_into(table, self.conn).map_err(Error::from)
    }

    /// Inserts many rows in one statement, and returns them as they are then.
    pub fn insert_all_returning<T, V, U>(&mut self, table: T, rows: impl IntoIterator<Item = V>) -> Result<Vec<U>>
    where
        T: TenantTable,
        Vec<(V, IsMine<T>)>: InsertAllReturning<T, U>,
    {
        let rows: Vec<_> = rows.into_iter().map(|row| (row, T::VendorColumn::default().eq(self.vendor()))).collect();
        rows.insert_all_returning(table, self.conn).map_err(Error::from)
    }

    /// Hand-written SQL, for the little the query builder cannot say on both engines (upserts).
    /// `$1` is the vendor; the other binds follow as `$2`, `$3`, … and first appear in that order,
    /// for SQLite numbers them by first appearance.
    pub fn sql<'q>(&self, text: &'q str) -> Change<BoxedSqlQuery<'q, MultiBackend, SqlQuery>> {
        debug_assert!(text.contains("vendor_id") && text.contains("$1"), "hand-written SQL must name its vendor: {text}");
        Change::new(diesel::sql_query(text).into_boxed().bind::<BigInt, _>(self.vendor()))
    }
}

impl Writing<'_, Control> {
    /// Inserts one row.
    #[expect(clippy::unused_self, reason = "having the scope is what permits it")]
    pub fn insert<T, V>(&self, table: T, row: V) -> Change<InsertStatement<T, V::Values>, Control>
    where
        T: ControlTable,
        V: Insertable<T>,
    {
        Change::new(diesel::insert_into(table).values(row))
    }

    /// Inserts many rows in one statement.
    pub fn insert_all<T, V>(&mut self, table: T, rows: Vec<V>) -> Result<usize>
    where
        T: ControlTable,
        Vec<V>: InsertAllInto<T>,
    {
        rows.insert_all_into(table, self.conn).map_err(Error::from)
    }
}

/// Inserting many rows, which `MultiConnection` refuses though each engine can: told apart here, once.
pub trait InsertAllInto<T> {
    /// Runs the one statement.
    fn insert_all_into(self, table: T, conn: &mut DbConn) -> QueryResult<usize>;
}

impl<T: Table, V> InsertAllInto<T> for Vec<V>
where
    Vec<V>: Insertable<T>,
    InsertStatement<T, <Vec<V> as Insertable<T>>::Values>: ExecuteDsl<PgConnection> + ExecuteDsl<SqliteConnection>,
{
    fn insert_all_into(self, table: T, conn: &mut DbConn) -> QueryResult<usize> {
        let statement = diesel::insert_into(table).values(self);
        match conn {
            DbConn::Postgres(conn) => ExecuteDsl::execute(statement, conn),
            DbConn::Sqlite(conn) => ExecuteDsl::execute(statement, conn),
        }
    }
}

/// The same with `RETURNING`.
pub trait InsertAllReturning<T, U> {
    /// Runs the one statement.
    fn insert_all_returning(self, table: T, conn: &mut DbConn) -> QueryResult<Vec<U>>;
}

impl<T: Table, V, U> InsertAllReturning<T, U> for Vec<V>
where
    Vec<V>: Insertable<T>,
    InsertStatement<T, <Vec<V> as Insertable<T>>::Values>:
        for<'q> LoadQuery<'q, PgConnection, U> + for<'q> LoadQuery<'q, SqliteConnection, U>,
{
    fn insert_all_returning(self, table: T, conn: &mut DbConn) -> QueryResult<Vec<U>> {
        let statement = diesel::insert_into(table).values(self);
        match conn {
            DbConn::Postgres(conn) => statement.internal_load(conn)?.collect(),
            DbConn::Sqlite(conn) => statement.internal_load(conn)?.collect(),
        }
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
    fn new(query: Q) -> Self {
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

    /// All rows.
    pub fn load<'q, U>(self, scope: &mut Reading<'_, P>) -> Result<Vec<U>>
    where
        Q: LoadQuery<'q, DbConn, U>,
    {
        Ok(self.0.internal_load(scope.conn)?.collect::<QueryResult<_>>()?)
    }

    /// The first row, or [`Error::NotFound`].
    pub fn first<'q, U>(self, scope: &mut Reading<'_, P>) -> Result<U>
    where
        Q: LimitDsl,
        dsl::Limit<Q>: LoadQuery<'q, DbConn, U>,
    {
        self.0.limit(1).internal_load(scope.conn)?.next().unwrap_or(Err(diesel::NotFound)).map_err(Error::from)
    }

    /// The first row, if there is one.
    pub fn find_first<'q, U>(self, scope: &mut Reading<'_, P>) -> Result<Option<U>>
    where
        Q: LimitDsl,
        dsl::Limit<Q>: LoadQuery<'q, DbConn, U>,
    {
        Ok(self.0.limit(1).internal_load(scope.conn)?.next().transpose()?)
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
    fn new(statement: Q) -> Self {
        Self(statement, PhantomData)
    }

    /// Runs it; says how many rows it touched.
    pub fn execute(self, scope: &mut Writing<'_, P>) -> Result<usize>
    where
        Q: ExecuteDsl<DbConn>,
    {
        ExecuteDsl::execute(self.0, scope.conn).map_err(Error::from)
    }

    /// Runs it; returns the rows as they now are (`RETURNING`, on both engines).
    pub fn load<'q, U>(self, scope: &mut Writing<'_, P>) -> Result<Vec<U>>
    where
        Q: LoadQuery<'q, DbConn, U>,
    {
        Ok(self.0.internal_load(scope.conn)?.collect::<QueryResult<_>>()?)
    }

    /// Runs it; returns the one row it touched, or [`Error::NotFound`].
    pub fn one<'q, U>(self, scope: &mut Writing<'_, P>) -> Result<U>
    where
        Q: LoadQuery<'q, DbConn, U>,
    {
        self.load(scope)?.pop().ok_or(Error::NotFound)
    }
}

impl<'q> Change<BoxedSqlQuery<'q, MultiBackend, SqlQuery>> {
    /// Binds the next parameter of hand-written SQL.
    pub fn bind<ST, V>(self, value: V) -> Self
    where
        MultiBackend: diesel::sql_types::HasSqlType<ST>,
        V: diesel::serialize::ToSql<ST, MultiBackend> + Send + 'q,
        ST: Send + 'q,
    {
        Change::new(self.0.bind::<ST, V>(value))
    }
}
