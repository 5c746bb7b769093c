//! Letters that Stoa sends by mail.
//!
//! [`send`] puts a letter in the queue, in the transaction of whatever it tells about: nothing is sent for a change that
//! was taken back, and nothing that was promised is lost. The [`Courier`] takes it from there, once at least: one that
//! was handed over in the moment of a crash may come twice, with the same `Message-ID`. With the letter, its text goes
//! out of the table, for there may be a secret in it.

mod courier;
mod letter;
mod model;
mod outlet;
mod render;
mod store;

pub use courier::{Courier, Round};
pub use model::{Letter, Links, Settings, Template};
pub use outlet::Outlet;
pub use store::{forget, forget_recipient, queue};

use crate::db::{Control, Error, Result, Writing};

/// Puts a letter in the queue; it leaves when the transaction is kept, and only then.
pub fn send(scope: &mut Writing<Control>, letter: Letter) -> Result<()> {
    let text = render::render(letter.template, &letter.values).map_err(|error| Error::Failed(format!("letter: {error:#}")))?;
    let sender = match letter.vendor {
        Some(vendor) => Some(store::vendor_name(scope, vendor)?),
        None => None,
    };
    store::insert(scope, letter, sender, text)
}
