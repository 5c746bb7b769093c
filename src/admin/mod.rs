//! The operators' side: what those who run the platform see and do across all vendors, under `/api/admin`.
//!
//! It works on the control plane, where it reads who is what where; vendors and people come to be, as everywhere, by
//! [`crate::tenancy`] and [`crate::identity`]. Every handler takes an [`Operator`](crate::access::Operator): nobody else
//! gets here.

mod analytics;
pub mod http;
mod impersonations;
mod imports;
mod people;
mod resets;
mod system;
mod vendors;

pub use analytics::{marks as sales_marks, note as note_sales};
pub use imports::Importer;
pub use resets::resume as resume_resets;
