//! What was sold, summed up over time, for questions that would otherwise read every order there ever was.
//!
//! Placing an order costs nothing here. Orders are folded into sums afterwards, a thousand at a time, in the order of their
//! numbers; the few that are not folded yet are read one by one whenever somebody asks. That is exact, and no matter of
//! luck: whoever places an order holds the vendor's counter of orders until their transaction ends ([`super::store::next_number`]).
//! So numbers are committed in their order, and when one can be seen, so can all below it that there will ever be.
//!
//! An order that counted may cease to, by being cancelled. Whoever cancels holds the row that says how far the fold has
//! come, and so does whoever folds: either the fold sees the order cancelled, or the cancelling sees it folded, and takes it
//! out of the sums ([`uncount`]). What else would ever change what an order counts for has to do the same.

mod fold;
mod model;
mod read;
mod store;

pub use fold::{FOLD, fold};
pub use model::{Figures, ProductSums, Sums};
pub use read::{Day, days, mark, read};

pub(super) use fold::uncount;
pub(super) use model::Counted;
