//! A letter as it travels: RFC 5322, with its text and its HTML.

use super::model::Failure;
use super::render::line;
use super::store::Mail;
use crate::base::time::Timestamp;
use lettre::message::{Mailbox, MultiPart};
use lettre::{Address, Message};
use std::time::{Duration, SystemTime};

/// The letter, from this address. A name or an address is never a header of its own: what cannot be one part of one line
/// is encoded, and an address that mail cannot be sent to is refused.
pub(super) fn message(mail: &Mail, from: &Mailbox) -> Result<Message, Failure> {
    let never = |what: String| Failure::Never(what);
    let to: Address = mail.recipient.parse().map_err(|error| never(format!("mail cannot be sent to this address: {error}")))?;
    let sender = mail.sender.as_deref().or(from.name.as_deref()).map(line).filter(|name| !name.is_empty());
    let (Some(text), Some(html)) = (mail.text.clone(), mail.html.clone()) else { return Err(never("there is nothing in it".to_owned())) };
    Message::builder()
        .from(Mailbox::new(sender, from.email.clone()))
        .to(Mailbox::new(None, to))
        .subject(line(&mail.subject))
        .date(moment(mail.created_at))
        // The same for every try, so that one that comes twice can be told.
        .message_id(Some(format!("<{}.{}@{}>", mail.id, mail.created_at.micros(), from.email.domain())))
        .header(AutoSubmitted)
        .multipart(MultiPart::alternative_plain_html(text, html))
        .map_err(|error| never(error.to_string()))
}

fn moment(at: Timestamp) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_micros(u64::try_from(at.micros()).unwrap_or_default())
}

/// Says that no person wrote it (RFC 3834), so that nobody's absence note answers.
#[derive(Clone, Debug)]
struct AutoSubmitted;

impl lettre::message::header::Header for AutoSubmitted {
    fn name() -> lettre::message::header::HeaderName {
        lettre::message::header::HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> lettre::message::header::HeaderValue {
        lettre::message::header::HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::id::MailId;

    fn letter(sender: &str, recipient: &str, subject: &str) -> Result<String, Failure> {
        let mail = Mail {
            id: MailId(7),
            template: "password_reset".to_owned(),
            sender: Some(sender.to_owned()),
            recipient: recipient.to_owned(),
            subject: subject.to_owned(),
            text: Some("text".to_owned()),
            html: Some("<p>html</p>".to_owned()),
            attempts: 1,
            created_at: Timestamp::from_micros(1_769_860_800_000_000).unwrap(),
        };
        message(&mail, &"Stoa <stoa@shop.example>".parse().unwrap()).map(|message| String::from_utf8(message.formatted()).unwrap())
    }

    fn headers(message: &str) -> Vec<&str> {
        let (head, _) = message.split_once("\r\n\r\n").unwrap();
        head.split("\r\n").filter(|line| !line.starts_with([' ', '\t'])).map(|line| line.split(':').next().unwrap()).collect()
    }

    #[test]
    fn a_letter_says_whom_it_comes_from_and_which_one_it_is() {
        let message = letter("Watches", "dora@example.com", "Hello").unwrap();
        for line in [
            "From: Watches <stoa@shop.example>",
            "To: dora@example.com",
            "Subject: Hello",
            "Date: Sat, 31 Jan 2026 12:00:00 +0000",
            "Message-ID: <7.1769860800000000@shop.example>",
            "Auto-Submitted: auto-generated",
        ] {
            assert!(message.contains(&format!("{line}\r\n")), "{line}: {message}");
        }
    }

    #[test]
    fn nobodys_name_or_address_is_a_header() {
        let usual = letter("A", "dora@example.com", "B").unwrap();
        for evil in
            ["x\r\nBcc: all@example.com", "x\nBcc: all@example.com", "x\r\n\r\nbody", "x\" <evil@example.com>, \"", "é\r\nBcc: a@b.c"]
        {
            let message = letter(evil, "dora@example.com", evil).unwrap();
            assert_eq!(headers(&message), headers(&usual), "{message}");
            for to in [format!("{evil}@example.com"), format!("dora@example.com{evil}"), evil.to_owned()] {
                assert!(letter("A", &to, "B").is_err(), "{to:?}");
            }
        }
        for (name, to) in [("José", "josé@example.com"), ("水", "a@bücher.example"), ("\u{0}", "a@example.com"), ("", "a@example.com")]
        {
            let message = letter(name, to, name).unwrap();
            assert_eq!(headers(&message), headers(&usual), "{message}");
        }
        for to in ["a@example.com, b@example.com", "<a@example.com>", "a@example.com\r\nRCPT TO:<b@example.com>", "a b@example.com", ""] {
            assert!(letter("A", to, "B").is_err(), "{to:?}");
        }
    }
}
