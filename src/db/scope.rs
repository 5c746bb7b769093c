//! A vendor's view of the database.
//!
//! A [`Reading`] or [`Writing`] scope runs nothing but [`Scoped`](super::statement::Scoped) statements, and those all start from
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

use super::conn::DbConn;
use super::error::{Error, Result};
use super::prepared::Prepared;
use super::statement::{Change, HandWritten, InsertAllInto, InsertAllReturning, Scoped};
use crate::base::id::VendorId;
use crate::base::time::Timestamp;
use diesel::dsl;
use diesel::prelude::*;
use diesel::query_builder::InsertStatement;
use diesel::query_dsl::methods::FilterDsl;
use diesel::sql_types::BigInt;
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
type OwnRow<T, V> = <(V, IsMine<T>) as Insertable<T>>::Values;

/// One vendor (or the control plane), one transaction that reads.
pub struct Reading<'c, P = Tenant> {
    conn: &'c mut DbConn,
    plane: P,
    now: Timestamp,
}

/// One vendor (or the control plane), one transaction that may write. Reads like a [`Reading`].
pub struct Writing<'c, P = Tenant>(Reading<'c, P>, Vec<Last<P>>);

/// Work that is put off to the end of a transaction.
type Last<P> = Box<dyn FnOnce(&mut Writing<'_, P>) -> Result<()>>;

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

    /// For statements, which are scoped.
    pub(super) fn connection(&mut self) -> &mut DbConn {
        self.conn
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
    pub fn rows<T: ControlTable>(&self, table: T) -> Scoped<T, Control> {
        Scoped::new(table)
    }
}

impl<'c, P> Writing<'c, P> {
    pub(super) fn new(conn: &'c mut DbConn, plane: P, now: Timestamp) -> Self {
        Self(Reading::new(conn, plane, now), Vec::new())
    }

    /// Has `work` done when all else in this transaction is: what takes a row that many wait for is to hold it for no longer
    /// than a commit takes. What is put off is done in the order in which it was.
    pub fn last(&mut self, work: impl FnOnce(&mut Writing<'_, P>) -> Result<()> + 'static) {
        self.1.push(Box::new(work));
    }

    /// Does what was put off.
    pub(super) fn finish(mut self) -> Result<()> {
        let put_off = std::mem::take(&mut self.1);
        put_off.into_iter().try_for_each(|work| work(&mut self))
    }
}

impl Writing<'_, Tenant> {
    /// Inserts one row; the vendor is filled in here and nowhere else. Its text is one of a few, by which values are absent.
    pub fn insert<T, V>(&self, table: T, row: V) -> Change<Prepared<InsertStatement<T, OwnRow<T, V>>>>
    where
        T: TenantTable,
        (V, IsMine<T>): Insertable<T>,
    {
        Change::new(diesel::insert_into(table).values((row, T::VendorColumn::default().eq(self.vendor())))).prepared()
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
    pub fn sql<'q>(&self, text: &'q str) -> HandWritten<'q> {
        debug_assert!(text.contains("vendor_id") && text.contains("$1"), "hand-written SQL must name its vendor: {text}");
        HandWritten::new(text).bind::<BigInt, _>(self.vendor())
    }
}

impl Writing<'_, Control> {
    /// Inserts one row.
    pub fn insert<T, V>(&self, table: T, row: V) -> Change<Prepared<InsertStatement<T, V::Values>>, Control>
    where
        T: ControlTable,
        V: Insertable<T>,
    {
        Change::new(diesel::insert_into(table).values(row)).prepared()
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
