//! Where letters go: to a mail server, or into a folder.

use super::letter::message;
use super::model::{Failure, Settings};
use super::store::Mail;
use lettre::message::Mailbox;
use lettre::transport::smtp::response::Category;
use lettre::transport::smtp::{self, AsyncSmtpTransportBuilder};
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use secrecy::{ExposeSecret, SecretString};
use std::io::Write;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;
use url::{Host, Url};

/// How long it may take until the mail server is there.
const CONNECT: Duration = Duration::from_secs(20);
/// How long it may take for a whole letter.
pub(super) const HAND_OVER: Duration = Duration::from_mins(1);

/// The way out.
pub struct Outlet {
    from: Mailbox,
    way: Way,
}

enum Way {
    Server(AsyncSmtpTransport<Tokio1Executor>),
    Folder(PathBuf),
}

/// A server that a URL names. What is wrong with the URL is said without repeating it: there may be a password in it.
fn server(url: &SecretString) -> Result<AsyncSmtpTransportBuilder, &'static str> {
    const RULE: &str = "must be smtps://<user>:<password>@<host>, or smtp://<host>:<port> (with ?tls=required for STARTTLS)";
    let text = url.expose_secret();
    let parsed = Url::parse(text).map_err(|_| RULE)?;
    let is_clear = parsed.scheme() == "smtp" && !parsed.query_pairs().any(|(name, value)| name == "tls" && value == "required");
    if is_clear && parsed.password().is_some() && !is_this_machine(&parsed) {
        return Err("a password must not travel in the clear: use smtps://, or ?tls=required");
    }
    AsyncSmtpTransport::<Tokio1Executor>::from_url(text).map(|builder| builder.timeout(Some(CONNECT))).map_err(|_| RULE)
}

fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        // The host of a scheme that is none of the web's is not taken for an address.
        Some(Host::Domain(name)) => name == "localhost" || name.parse().is_ok_and(|address: IpAddr| address.is_loopback()),
        None => false,
    }
}

fn sender(from: &str) -> Result<Mailbox, &'static str> {
    from.parse().map_err(|_| "must be an address that mail can come from, such as Stoa <noreply@example.com>")
}

impl Settings {
    /// Whether letters can leave so: the name of the setting that is wrong, and why.
    pub fn check(&self) -> Result<(), (&'static str, &'static str)> {
        if let Some(url) = &self.smtp_url {
            server(url).map_err(|rule| ("SMTP_URL", rule))?;
        }
        sender(&self.from).map(drop).map_err(|rule| ("MAIL_FROM", rule))
    }
}

impl Outlet {
    /// The way out that the settings name.
    pub fn new(settings: &Settings) -> Result<Self, &'static str> {
        let way = match &settings.smtp_url {
            Some(url) => Way::Server(server(url)?.build()),
            None => Way::Folder(settings.folder.clone()),
        };
        Ok(Self { from: sender(&settings.from)?, way })
    }

    /// Hands a letter over.
    pub(super) async fn hand_over(&self, mail: &Mail) -> Result<(), Failure> {
        // A letter that cannot be written must not take the courier with it.
        let from = &self.from;
        let message = std::panic::catch_unwind(|| message(mail, from));
        let message = message.unwrap_or_else(|_| Err(Failure::Never("it cannot be written".to_owned())))?;
        match &self.way {
            Way::Server(server) => match tokio::time::timeout(HAND_OVER, server.send(message)).await {
                Ok(done) => done.map(drop).map_err(failure),
                Err(_) => Err(Failure::Later(format!("the mail server took more than {} s", HAND_OVER.as_secs()))),
            },
            Way::Folder(folder) => {
                let (folder, name) = (folder.clone(), format!("{}-{}.eml", mail.id, mail.template));
                let written = tokio::task::spawn_blocking(move || write(&folder, &name, &message)).await;
                let written = written.unwrap_or_else(|error| Err(std::io::Error::other(error)));
                let file = written.map_err(|error| Failure::Later(error.to_string()))?;
                tracing::info!(file = %file.display(), "a letter was written down and not sent, for SMTP_URL is not set");
                Ok(())
            }
        }
    }
}

/// A reply of 55x refuses this letter, for it speaks of the mailbox; any other may be about the server, which somebody
/// will mend.
fn failure(error: smtp::Error) -> Failure {
    let is_final = error.is_permanent() && error.status().is_some_and(|code| code.category == Category::MailSystem);
    if is_final { Failure::Never(error.to_string()) } else { Failure::Later(error.to_string()) }
}

/// Writes the letter into the folder, whole or not at all; nobody else may read it.
fn write(folder: &Path, name: &str, message: &Message) -> std::io::Result<PathBuf> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)?;
    let (draft, file) = (folder.join(format!("{name}.draft")), folder.join(name));
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut open = options.open(&draft)?;
    open.write_all(&message.formatted())?;
    open.sync_all()?;
    std::fs::rename(&draft, &file)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(url: Option<&str>, from: &str) -> Result<(), (&'static str, &'static str)> {
        Settings { smtp_url: url.map(SecretString::from), from: from.to_owned(), folder: PathBuf::new() }.check()
    }

    #[test]
    fn a_mail_server_is_named_by_its_url() {
        for url in [
            "smtp://localhost:1025",
            "smtp://mail.example.com",
            "smtps://user:p%40ss@mail.example.com",
            "smtp://user:pass@mail.example.com:587?tls=required",
            "smtp://user:pass@127.0.0.1:1025",
        ] {
            assert_eq!(check(Some(url), "stoa@example.com"), Ok(()), "{url}");
        }
        for url in ["mail.example.com", "http://mail.example.com", "smtp://", "smtp://mail.example.com?tls=perhaps", "smtps:///x"] {
            assert!(check(Some(url), "stoa@example.com").is_err_and(|(name, _)| name == "SMTP_URL"), "{url}");
        }
    }

    #[test]
    fn a_password_does_not_travel_in_the_clear() {
        for url in ["smtp://user:secret@mail.example.com", "smtp://user:secret@mail.example.com?tls=opportunistic"] {
            let (name, rule) = check(Some(url), "stoa@example.com").unwrap_err();
            assert!(name == "SMTP_URL" && rule.contains("in the clear") && !rule.contains("secret"), "{rule}");
        }
    }

    #[test]
    fn letters_come_from_an_address() {
        for from in ["stoa@example.com", "Stoa <noreply@example.com>", "Stoa <stoa@localhost>"] {
            assert_eq!(check(None, from), Ok(()), "{from}");
        }
        for from in ["stoa", "Stoa <stoa@>", "a@example.com, b@example.com", "Stoa <a@example.com>\r\nBcc: b@example.com"] {
            assert!(check(None, from).is_err_and(|(name, _)| name == "MAIL_FROM"), "{from}");
        }
    }
}
