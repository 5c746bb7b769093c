//! What a letter is, and which there are.

use crate::base::id::VendorId;
use secrecy::SecretString;
use serde_json::Value;
use std::path::PathBuf;

/// The letters that there are: each has its two files in `templates/`, a text whose first line is the subject, and HTML.
macro_rules! templates {
    ($($(#[$doc:meta])* $variant:ident = $name:literal),+ $(,)?) => {
        /// Which letter it is.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Template { $($(#[$doc])* $variant,)+ }

        impl Template {
            /// Every letter that there is.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// Its name, which its files have too.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// Its files: the text, and the HTML.
            pub(super) fn files(self) -> (&'static str, &'static str) {
                match self { $(Self::$variant => (
                    include_str!(concat!("templates/", $name, ".txt")),
                    include_str!(concat!("templates/", $name, ".html")),
                ),)+ }
            }
        }
    };
}

templates! {
    /// Somebody is invited into a team: `at` (the shop), `inviter`, `role`, `link`, `token`.
    Invitation = "invitation",
    /// Somebody forgot their password: `at` (whose place it is), `link`, `token`.
    PasswordReset = "password_reset",
}

/// A letter to be sent.
#[derive(Clone, Debug)]
pub struct Letter {
    /// In whose name it is sent: a vendor's, or the platform's.
    pub vendor: Option<VendorId>,
    /// The address that it goes to.
    pub to: String,
    /// Which letter it is.
    pub template: Template,
    /// What the template says of this one: an object with every value that it names.
    pub values: Value,
}

/// How letters leave.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The mail server; none when letters are written into the folder.
    pub smtp_url: Option<SecretString>,
    /// Whom letters come from.
    pub from: String,
    /// Where letters are written when there is no mail server.
    pub folder: PathBuf,
}

/// What a letter says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wording {
    pub subject: String,
    pub text: String,
    pub html: String,
}

/// Why a letter was not handed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// It may go another time.
    Later(String),
    /// It never will.
    Never(String),
}
