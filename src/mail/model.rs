//! What a letter is, and which there are.

use crate::base::id::VendorId;
use secrecy::SecretString;
use serde_json::Value;
use std::path::PathBuf;
use url::Url;

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
    /// Somebody's password was taken from them: `at`, `link`, `token`.
    PasswordTaken = "password_taken",
    /// Whether mail reaches somebody at this address: `at`, `link`, `token`.
    EmailVerification = "email_verification",
    /// Something about somebody's way in has changed, as they should know: `at`, `what`.
    AccountChanged = "account_changed",
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

/// Where the links in letters lead: to pages of the front end, which pass the token on.
#[derive(Clone, Debug)]
pub struct Links {
    base: String,
    host: String,
}

impl Links {
    /// Pages below this address.
    pub fn new(base: &str) -> Self {
        let host = Url::parse(base).ok().and_then(|url| url.host_str().map(str::to_owned));
        Self { base: base.trim_end_matches('/').to_owned(), host: host.unwrap_or_default() }
    }

    /// The link to a page. The token is in its fragment, which no server on the way is told and none writes down.
    pub fn to(&self, page: &str, vendor: Option<&str>, token: &str) -> String {
        let vendor = vendor.map(|domain| format!("?vendor={domain}")).unwrap_or_default();
        format!("{}/{page}{vendor}#token={token}", self.base)
    }

    /// What the place is called: its host.
    pub fn host(&self) -> &str {
        &self.host
    }
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

#[cfg(test)]
mod tests {
    use super::Links;

    #[test]
    fn a_place_is_called_by_its_host() {
        for (base, host) in [
            ("https://app.stoa.example/", "app.stoa.example"),
            ("http://127.0.0.1:8080", "127.0.0.1"),
            ("http://[::1]:8080/front", "[::1]"),
            ("https://someone@app.stoa.example", "app.stoa.example"),
        ] {
            assert_eq!(Links::new(base).host(), host);
        }
        assert_eq!(Links::new("http://a.example/").to("x", Some("b.example"), "t"), "http://a.example/x?vendor=b.example#token=t");
    }
}
