//! The operators' side: what those who run the platform see and do across all vendors, under `/api/admin`.
//!
//! It works on the control plane, where it reads who is what where; vendors and people come to be, as everywhere, by
//! [`crate::tenancy`] and [`crate::identity`]. Every handler takes an [`Operator`](crate::access::Operator): nobody else
//! gets here.

pub mod http;
mod impersonations;
mod imports;
mod people;
mod system;
mod vendors;

pub use imports::Importer;
