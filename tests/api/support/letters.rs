//! Letters, as people find them in their mail.

use super::world::World;
use stoa::mail::{Courier, Outlet, Settings};

/// A letter that waits to be sent.
#[derive(Clone, Debug)]
pub struct Waiting {
    pub subject: String,
    pub text: String,
    pub html: String,
}

impl Waiting {
    /// The secret of the link in it.
    #[track_caller]
    pub fn token(&self) -> String {
        let (_, rest) = self.text.split_once("#token=").unwrap_or_else(|| panic!("no link: {}", self.text));
        rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '-' || *c == '_').collect()
    }
}

impl World {
    /// The letters that wait to be sent to an address, the oldest first.
    pub fn letters_to(&self, address: &str) -> Vec<Waiting> {
        let column = |name: &str| {
            self.peek(1, &format!("SELECT {name} AS value FROM mails WHERE recipient = '{address}' AND due_at IS NOT NULL ORDER BY id"))
        };
        let (subjects, texts, htmls) = (column("subject"), column("text"), column("html"));
        subjects.into_iter().zip(texts).zip(htmls).map(|((subject, text), html)| Waiting { subject, text, html }).collect()
    }

    /// The secret in the last letter to an address.
    #[track_caller]
    pub fn mailed_token(&self, address: &str) -> String {
        self.letters_to(address).last().unwrap_or_else(|| panic!("no letter to {address}")).token()
    }

    /// The secret in the last letter of a kind that waits to be sent, whoever gets it.
    #[track_caller]
    pub fn last_mailed_token(&self, template: &str) -> String {
        let query = format!("SELECT recipient AS value FROM mails WHERE template = '{template}' AND due_at IS NOT NULL ORDER BY id DESC");
        self.mailed_token(&self.peek(1, &query)[0])
    }

    /// A courier of this world, by its clock.
    pub fn courier(&self, settings: &Settings) -> Courier {
        Courier::new(self.db.clone(), self.clock(), Outlet::new(settings).unwrap())
    }
}
