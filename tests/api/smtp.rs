//! Letters and a mail server: a real one, of another make, on loopback. `tests/all mail` runs these, and installs the server.

use crate::support::{Client, Database, Engine, Folder, JWT_SECRET, World, setting, stoa};
use chrono::TimeDelta;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use stoa::mail::{Courier, Letter, Round, Settings, Template};

/// How long anything may take before it counts as never.
const NEVER: Duration = Duration::from_mins(1);
const NOTHING: Round = Round { sent: 0, put_off: 0, given_up: 0 };

/// A mail server in a process of its own.
struct Server {
    child: Child,
    port: u16,
    folder: PathBuf,
}

impl Server {
    /// Starts one that keeps letters in this folder.
    fn start(folder: &Path, arguments: &[&str]) -> Self {
        let python = setting("STOA_TEST_MAIL_PYTHON").expect("run tests/all mail, which installs the mail server");
        let mut command = Command::new(python);
        command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mail/server.py")).arg(folder).args(arguments);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut said = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut said).unwrap();
        let port = said.trim().strip_prefix("ready ").unwrap_or_else(|| panic!("it did not start: {said:?}")).parse().unwrap();
        Self { child, port, folder: folder.to_owned() }
    }

    fn url(&self) -> String {
        format!("smtp://127.0.0.1:{}", self.port)
    }

    /// What arrived: how, and the letter.
    fn letters(&self) -> Vec<(Value, String)> {
        letters(&self.folder)
    }
}

fn letters(folder: &Path) -> Vec<(Value, String)> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = entries.filter(|path| path.extension().is_some_and(|extension| extension == "letter")).collect();
    files.sort();
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(path).unwrap();
        let (about, letter) = text.split_once('\n').unwrap();
        (serde_json::from_str(about).unwrap(), letter.to_owned())
    };
    files.into_iter().map(read).collect()
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn settings(url: &str) -> Settings {
    Settings { smtp_url: Some(url.into()), from: "Stoa <stoa@stoa.test>".to_owned(), folder: PathBuf::new() }
}

async fn send(world: &World, to: &str) {
    let values = json!({"at": "Stoa", "link": "https://stoa.test/reset-password#token=a-secret", "token": "a-secret"});
    let letter = Letter { vendor: None, to: to.to_owned(), template: Template::PasswordReset, values };
    world.db.write_control(move |scope| Ok(stoa::mail::send(scope, letter.clone())?)).await.unwrap();
}

fn free_port() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string()
}

/// Both engines, as `both_engines!` does it, but only where the mail server is.
macro_rules! with_a_mail_server {
    ($(async fn $name:ident($world:ident) $body:block)+) => {
        $(async fn $name($world: World) $body)+

        mod on_sqlite {
            $(#[actix_web::test]
            #[ignore = "needs a mail server: tests/all mail"]
            async fn $name() {
                super::$name(crate::support::World::start(crate::support::Engine::Sqlite).await).await;
            })+
        }

        mod on_postgres {
            $(#[actix_web::test]
            #[ignore = "needs a mail server: tests/all mail"]
            async fn $name() {
                super::$name(crate::support::World::start(crate::support::Engine::Postgres).await).await;
            })+
        }
    };
}

with_a_mail_server! {
    async fn a_letter_arrives_whole(world) {
        let folder = Folder::new();
        let server = Server::start(&folder.0, &[]);
        send(&world, "dora@example.com").await;
        assert_eq!(world.courier(&settings(&server.url())).round().await.unwrap(), Round { sent: 1, ..NOTHING });
        let (about, letter) = server.letters().remove(0);
        assert_eq!((&about["from"], &about["to"]), (&json!("stoa@stoa.test"), &json!(["dora@example.com"])));
        for part in ["From: Stoa <stoa@stoa.test>", "To: dora@example.com", "multipart/alternative", "text/plain", "text/html", "a-secret"] {
            assert!(letter.contains(part), "{part}: {letter}");
        }
    }

    async fn a_server_that_is_away_gets_its_letters_when_it_is_back(world) {
        let (folder, port) = (Folder::new(), free_port());
        let courier = world.courier(&settings(&format!("smtp://127.0.0.1:{port}")));
        for number in 0..3 {
            send(&world, &format!("reader{number}@example.com")).await;
        }
        assert_eq!(courier.round().await.unwrap(), Round { put_off: 3, ..NOTHING });
        let server = Server::start(&folder.0, &["--port", &port]);
        assert_eq!(courier.round().await.unwrap(), NOTHING);
        world.advance(TimeDelta::seconds(30));
        assert_eq!(courier.round().await.unwrap(), Round { sent: 3, ..NOTHING });
        // It goes away between two letters, with a connection open to it.
        drop(server);
        send(&world, "tardy@example.com").await;
        assert_eq!(courier.round().await.unwrap(), Round { put_off: 1, ..NOTHING });
        let server = Server::start(&folder.0, &["--port", &port]);
        world.advance(TimeDelta::seconds(30));
        assert_eq!(courier.round().await.unwrap(), Round { sent: 1, ..NOTHING });
        assert!(server.letters().iter().any(|(_, letter)| letter.contains("tardy@example.com")));
    }

    async fn who_says_later_is_asked_again_and_who_says_never_is_not(world) {
        let folder = Folder::new();
        let server = Server::start(&folder.0, &[]);
        let courier = world.courier(&settings(&server.url()));
        for to in ["busy@example.com", "nobody@example.com", "relay@example.com", "dora@example.com"] {
            send(&world, to).await;
        }
        // That we have to sign in first is about the server, and somebody will mend it.
        assert_eq!(courier.round().await.unwrap(), Round { sent: 1, put_off: 2, given_up: 1 });
        let why = world.peek(1, "SELECT error AS value FROM mails WHERE failed_at IS NOT NULL");
        assert!(why.len() == 1 && why[0].contains("no such mailbox"), "{why:?}");
        world.advance(TimeDelta::seconds(30));
        assert_eq!(courier.round().await.unwrap(), Round { put_off: 2, ..NOTHING });
        world.advance(TimeDelta::seconds(60));
        assert_eq!(courier.round().await.unwrap(), Round { sent: 1, put_off: 1, given_up: 0 });
        assert_eq!(server.letters().len(), 2);
    }

    async fn a_slow_server_holds_up_no_other_letter_of_the_round(world) {
        let folder = Folder::new();
        let server = Server::start(&folder.0, &[]);
        let courier = world.courier(&settings(&server.url()));
        for number in 0..8 {
            send(&world, &format!("slow-{number}@example.com")).await;
        }
        let began = Instant::now();
        assert_eq!(courier.round().await.unwrap(), Round { sent: 8, ..NOTHING });
        assert!(began.elapsed() < Duration::from_secs(8), "one after the other: {:?}", began.elapsed());
        assert_eq!(server.letters().len(), 8);
    }

    async fn a_server_that_never_answers_is_not_waited_for(world) {
        let folder = Folder::new();
        let server = Server::start(&folder.0, &[]);
        send(&world, "late@example.com").await;
        let began = Instant::now();
        assert_eq!(world.courier(&settings(&server.url())).round().await.unwrap(), Round { put_off: 1, ..NOTHING });
        assert!(began.elapsed() < Duration::from_secs(90), "{:?}", began.elapsed());
    }

    async fn three_instances_send_each_letter_once(world) {
        let folder = Folder::new();
        let server = Server::start(&folder.0, &[]);
        for number in 0..60 {
            send(&world, &format!("reader{number}@example.com")).await;
        }
        let (second, third) = (world.beside(), world.beside());
        let couriers = [&world, &second, &third].map(|world| world.courier(&settings(&server.url())));
        loop {
            let rounds = futures_util::future::join_all(couriers.iter().map(Courier::round)).await;
            if rounds.iter().all(|round| round.as_ref().unwrap().letters() == 0) {
                break;
            }
        }
        let mut to: Vec<_> = server.letters().iter().map(|(about, _)| about["to"][0].as_str().unwrap().to_owned()).collect();
        to.sort();
        to.dedup();
        assert_eq!((server.letters().len(), to.len()), (60, 60));
    }
}

/// The program with its demo, in a process of its own.
struct Program {
    child: Child,
    client: Client,
}

impl Program {
    async fn start(folder: &Folder, address: &str, settings: &[(&str, &str)]) -> Self {
        let own = [JWT_SECRET, ("BIND_ADDR", address)];
        let settings: Vec<_> = own.iter().chain(settings).copied().collect();
        let log = std::fs::OpenOptions::new().create(true).append(true).open(folder.0.join("log")).unwrap();
        let mut command = stoa(&folder.0, &["serve", "--demo", "--migrate"], &settings);
        let child = command.stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let client = Client::new(http, format!("http://{address}")).at("vendor1.example.com");
        let began = Instant::now();
        while !client.try_send(reqwest::Method::GET, "/readyz", None).await.is_ok_and(|reply| reply.status == 200) {
            assert!(began.elapsed() < NEVER, "{}", std::fs::read_to_string(folder.0.join("log")).unwrap());
            actix_web::rt::time::sleep(Duration::from_millis(50)).await;
        }
        Self { child, client }
    }

    async fn forgot(&self, name: &str) {
        self.client.post("/api/auth/password/forgot", json!({ "username": name })).await.expect(202);
    }

    /// As nothing in it can prevent, notice or answer.
    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

async fn until(folder: &Path, count: usize) -> Vec<(Value, String)> {
    let began = Instant::now();
    loop {
        let found = if folder.exists() { letters(folder) } else { Vec::new() };
        if found.len() >= count {
            return found;
        }
        assert!(began.elapsed() < NEVER, "{} of {count} letters came", found.len());
        actix_web::rt::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Killed between what it promised and what it sent: nothing is lost, and what the letter says still holds.
async fn a_crash_loses_no_letter(engine: Engine) {
    let (folder, kept, database) = (Folder::new(), Folder::new(), Database::empty(engine));
    let (port, address) = (free_port(), format!("127.0.0.1:{}", free_port()));
    let url = format!("smtp://127.0.0.1:{port}");
    let settings = [("DATABASE_URL", database.url.as_str()), ("SMTP_URL", &url), ("MAIL_FROM", "stoa@stoa.test")];
    let program = Program::start(&folder, &address, &settings).await;
    for name in ["owner1", "vendor1_staff1", "vendor1_customer1"] {
        program.forgot(name).await;
    }
    program.kill();
    let program = Program::start(&folder, &address, &settings).await;
    program.forgot("vendor1_customer2").await;
    program.kill();
    let _server = Server::start(&kept.0, &["--port", &port]);
    let program = Program::start(&folder, &address, &settings).await;
    let mut to: Vec<_> = until(&kept.0, 4).await.iter().map(|(about, _)| about["to"][0].as_str().unwrap().to_owned()).collect();
    to.sort();
    assert_eq!(
        to,
        ["owner1", "vendor1_customer1", "vendor1_customer2", "vendor1_staff1"].map(|name| format!("{name}@vendor1.example.com"))
    );
    let (_, letter) = letters(&kept.0).into_iter().find(|(about, _)| about["to"][0] == "owner1@vendor1.example.com").unwrap();
    let letter = letter.replace("=\r\n", "").replace("=\n", "").replace("=3D", "=");
    let (_, rest) = letter.split_once("#token=").unwrap();
    let token: String = rest.chars().take_while(|c| c.is_ascii_alphanumeric() || "-_".contains(*c)).collect();
    let body = json!({"token": token, "new_password": "a-new-password"});
    program.client.post("/api/auth/password/reset", body).await.expect(204);
    program.kill();
}

#[actix_web::test]
#[ignore = "needs a mail server: tests/all mail"]
async fn a_crash_loses_no_letter_on_sqlite() {
    a_crash_loses_no_letter(Engine::Sqlite).await;
}

#[actix_web::test]
#[ignore = "needs a mail server: tests/all mail"]
async fn a_crash_loses_no_letter_on_postgres() {
    a_crash_loses_no_letter(Engine::Postgres).await;
}

/// Signs in within TLS, with a server that a certificate of the system's vouches for, and with no other.
#[actix_web::test]
#[ignore = "needs a mail server: tests/all mail"]
async fn letters_and_passwords_travel_within_tls() {
    for (tls, scheme, query) in [("starttls", "smtp", "?tls=required"), ("smtps", "smtps", "")] {
        let (folder, kept, database) = (Folder::new(), Folder::new(), Database::empty(Engine::Sqlite));
        let server = Server::start(&kept.0, &["--tls", tls, "--login", "stoa:a p@ss"]);
        let url = format!("{scheme}://stoa:a%20p%40ss@localhost:{}{query}", server.port);
        let (address, authority) = (format!("127.0.0.1:{}", free_port()), kept.0.join("ca.pem").display().to_string());
        let own = [("DATABASE_URL", database.url.as_str()), ("SMTP_URL", &url), ("MAIL_FROM", "stoa@stoa.test")];
        // Nobody vouches for it.
        let program = Program::start(&folder, &address, &own).await;
        program.forgot("owner1").await;
        let (began, log) = (Instant::now(), folder.0.join("log"));
        while !std::fs::read_to_string(&log).unwrap().contains("could not be sent") {
            assert!(began.elapsed() < NEVER);
            actix_web::rt::time::sleep(Duration::from_millis(100)).await;
        }
        assert!(!std::fs::read_to_string(&log).unwrap().contains("p@ss"));
        program.kill();
        assert_eq!(server.letters().len(), 0);
        let own: Vec<_> = own.into_iter().chain([("SSL_CERT_FILE", authority.as_str())]).collect();
        let program = Program::start(&folder, &address, &own).await;
        program.forgot("vendor1_staff1").await;
        let (about, _) = until(&kept.0, 1).await.remove(0);
        assert_eq!((&about["tls"], &about["signed_in"]), (&json!(true), &json!(true)), "{about}");
        program.kill();
    }
}
