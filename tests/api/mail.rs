//! Letters: queued with what they tell about, sent once it is kept, tried again, and given up in the end.

use crate::support::{Folder, World};
use chrono::TimeDelta;
use futures_util::future::join;
use serde_json::json;
use std::net::TcpListener;
use std::path::Path;
use stoa::base::id::VendorId;
use stoa::mail::{Letter, Round, Settings, Template};
use stoa::problem::Problem;

fn letter(to: &str) -> Letter {
    let values = json!({"at": "vendor1.example.com", "link": "https://stoa.test/reset-password#token=a-secret", "token": "a-secret"});
    Letter { vendor: Some(VendorId(1)), to: to.to_owned(), template: Template::PasswordReset, values }
}

async fn send(world: &World, letter: Letter) {
    world.db.write_control(move |scope| Ok(stoa::mail::send(scope, letter.clone())?)).await.unwrap();
}

/// Letters into a folder.
fn into(folder: &Path) -> Settings {
    Settings { smtp_url: None, from: "Stoa <stoa@stoa.test>".to_owned(), folder: folder.join("data/mail") }
}

/// Letters to a server that is not there.
fn to_nobody() -> Settings {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    Settings { smtp_url: Some(format!("smtp://{closed}").into()), from: "stoa@stoa.test".to_owned(), folder: "nowhere".into() }
}

fn files(folder: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder.join("data/mail")) else { return Vec::new() };
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// What the table says of all letters, in the order they were queued.
fn table(world: &World) -> Vec<String> {
    world.peek(
        1,
        "SELECT attempts || CASE WHEN due_at IS NOT NULL THEN ' waits' WHEN sent_at IS NOT NULL THEN ' sent' ELSE ' given up' END \
         || CASE WHEN text IS NULL AND html IS NULL THEN '' ELSE ' with its text' END AS value FROM mails ORDER BY id",
    )
}

const NOTHING: Round = Round { sent: 0, put_off: 0, given_up: 0 };

both_engines! {
    async fn a_letter_is_sent_once_and_its_text_does_not_stay(world) {
        let folder = Folder::new();
        send(&world, letter("dora@example.com")).await;
        assert_eq!(table(&world), ["0 waits with its text"]);
        assert_eq!(world.mailed_token("dora@example.com"), "a-secret");
        let courier = world.courier(&into(&folder.0));
        assert_eq!(courier.round().await.unwrap(), Round { sent: 1, ..NOTHING });
        assert_eq!(courier.round().await.unwrap(), NOTHING);
        assert_eq!(files(&folder.0), ["1-password_reset.eml"]);
        let file = folder.0.join("data/mail/1-password_reset.eml");
        let text = std::fs::read_to_string(&file).unwrap();
        for line in ["From: =?utf-8?b?QWxpY2UncyBXYXRjaGVz?= <stoa@stoa.test>", "To: dora@example.com", "Subject: Choose a new password for vendor1.example.com"] {
            assert!(text.contains(&format!("{line}\r\n")), "{line}: {text}");
        }
        assert!(text.contains("text/plain") && text.contains("text/html") && text.contains("#token"), "{text}");
        #[cfg(unix)]
        assert_eq!(std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&file).unwrap().permissions()) & 0o777, 0o600);
        assert_eq!(table(&world), ["1 sent"]);
    }

    async fn what_is_taken_back_sends_nothing(world) {
        let folder = Folder::new();
        let taken_back: Result<(), Problem> = world
            .db
            .write_control(|scope| {
                stoa::mail::send(scope, letter("dora@example.com"))?;
                Err(Problem::not_found())
            })
            .await;
        assert!(taken_back.is_err());
        assert_eq!(world.courier(&into(&folder.0)).round().await.unwrap(), NOTHING);
        assert_eq!((table(&world), files(&folder.0)), (Vec::<String>::new(), Vec::new()));
    }

    async fn a_letter_that_lacks_a_value_takes_its_change_back_with_it(world) {
        let gap = Letter { values: json!({"at": "Stoa"}), ..letter("dora@example.com") };
        let refused = world.db.write_control(move |scope| Ok(stoa::mail::send(scope, gap.clone())?)).await.unwrap_err();
        assert_eq!(refused.code().as_str(), "internal_error");
        assert_eq!(table(&world), Vec::<String>::new());
    }

    async fn without_a_server_a_letter_is_tried_again_and_leaves_when_there_is_one(world) {
        let folder = Folder::new();
        send(&world, letter("dora@example.com")).await;
        let courier = world.courier(&to_nobody());
        for (tries, wait) in (1..).zip([30, 60, 120, 240]) {
            assert_eq!(courier.round().await.unwrap(), Round { put_off: 1, ..NOTHING });
            assert_eq!(table(&world), [format!("{tries} waits with its text")]);
            world.advance(TimeDelta::seconds(wait) - TimeDelta::milliseconds(1));
            assert_eq!(courier.round().await.unwrap(), NOTHING, "after less than {wait} s");
            world.advance(TimeDelta::milliseconds(1));
        }
        assert_eq!(world.courier(&into(&folder.0)).round().await.unwrap(), Round { sent: 1, ..NOTHING });
        assert_eq!(table(&world), ["5 sent"]);
    }

    async fn after_three_days_a_letter_is_given_up_and_that_is_said(world) {
        send(&world, letter("dora@example.com")).await;
        let courier = world.courier(&to_nobody());
        let mut rounds = 0;
        while courier.round().await.unwrap().given_up == 0 {
            world.advance(TimeDelta::hours(1));
            rounds += 1;
            assert!(rounds <= 72, "it is still tried");
        }
        assert_eq!(rounds, 72);
        assert_eq!(table(&world), ["73 given up"]);
        let why = world.peek(1, "SELECT error AS value FROM mails");
        assert!(why[0].contains("onnection"), "{why:?}");
        world.advance(TimeDelta::days(1));
        assert_eq!(courier.round().await.unwrap(), NOTHING);
    }

    async fn an_address_that_mail_cannot_go_to_is_given_up_at_once(world) {
        let folder = Folder::new();
        for to in ["a@example.com,b@example.com", "\"x@example.com", "x@example.com\r\nBcc: y@example.com"] {
            send(&world, letter(to)).await;
        }
        assert_eq!(world.courier(&into(&folder.0)).round().await.unwrap(), Round { given_up: 3, ..NOTHING });
        assert_eq!(table(&world), ["1 given up", "1 given up", "1 given up"]);
    }

    async fn two_couriers_never_have_the_same_letter(world) {
        let folder = Folder::new();
        for number in 0..30 {
            send(&world, letter(&format!("reader{number}@example.com"))).await;
        }
        let beside = world.beside();
        let (one, other) = (world.courier(&into(&folder.0)), beside.courier(&into(&folder.0)));
        let mut sent = 0;
        loop {
            let (here, there) = join(one.round(), other.round()).await;
            let (here, there) = (here.unwrap(), there.unwrap());
            if here.letters() + there.letters() == 0 {
                break;
            }
            sent += here.sent + there.sent;
        }
        assert_eq!((sent, files(&folder.0).len()), (30, 30));
        assert_eq!(table(&world), vec!["1 sent"; 30]);
    }

    async fn who_dies_with_a_letter_in_hand_leaves_it_to_others(world) {
        let folder = Folder::new();
        send(&world, letter("dora@example.com")).await;
        // As it is while a courier hands it over.
        world.sql("UPDATE mails SET attempts = 1, due_at = '2026-01-31 12:03:00'");
        let courier = world.courier(&into(&folder.0));
        assert_eq!(courier.round().await.unwrap(), NOTHING);
        world.advance(TimeDelta::minutes(3));
        assert_eq!(courier.round().await.unwrap(), Round { sent: 1, ..NOTHING });
        assert_eq!(table(&world), ["2 sent"]);
    }

    async fn a_vendors_name_is_no_header_of_its_own(world) {
        let folder = Folder::new();
        let name = "Mallory\r\nBcc: everybody@example.com\r\n\r\n<b>";
        world.sql(&format!("UPDATE vendors SET name = '{name}' WHERE id = 1"));
        let at = Letter { values: json!({"at": name, "link": "l", "token": "t"}), ..letter("dora@example.com") };
        send(&world, at).await;
        assert_eq!(world.courier(&into(&folder.0)).round().await.unwrap(), Round { sent: 1, ..NOTHING });
        let text = std::fs::read_to_string(folder.0.join("data/mail/1-password_reset.eml")).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.lines().all(|line| !line.starts_with("Bcc") && !line.contains("<b>\r")), "{head}");
        assert!(head.contains("To: dora@example.com\r\n") && !body.contains("<b>\r\n</title>"), "{text}");
    }

    async fn a_letter_that_is_gone_is_remembered_for_a_month(world) {
        let folder = Folder::new();
        send(&world, letter("dora@example.com")).await;
        world.courier(&into(&folder.0)).round().await.unwrap();
        send(&world, letter("late@example.com")).await;
        world.advance(TimeDelta::days(30));
        stoa::housekeeping::tidy(&world.db).await.unwrap();
        assert_eq!(table(&world).len(), 2);
        world.advance(TimeDelta::seconds(1));
        stoa::housekeeping::tidy(&world.db).await.unwrap();
        assert_eq!(table(&world), ["0 waits with its text"]);
    }
}
