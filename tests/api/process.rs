//! The program itself: how it starts, refuses to start, stops, and what a crash leaves behind.

use crate::faults::{Shop, outlives_crashes};
use crate::support::{Client, Engine, Folder, JWT_SECRET, stoa};
use serde_json::json;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, ExitStatus};

/// A server in a process of its own, which ends with this.
struct Process {
    child: Child,
    log: BufReader<ChildStdout>,
    address: String,
}

impl Process {
    /// Starts it and waits until it says where it serves.
    fn start(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let mut log = BufReader::new(child.stdout.take().unwrap());
        let mut seen = String::new();
        let address = loop {
            let from = seen.len();
            if log.read_line(&mut seen).unwrap() == 0 {
                let mut errors = String::new();
                child.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
                panic!("it did not start: {seen}{errors}");
            }
            if let Some((_, rest)) = seen[from..].split_once("serving on http://") {
                assert!(rest.contains("/docs"), "it says where Swagger UI is: {rest}");
                break rest.split(',').next().unwrap().trim().to_owned();
            }
        };
        Self { child, log, address }
    }

    fn client(&self) -> Client {
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Client::new(http, format!("http://{}", self.address)).at("vendor1.example.com")
    }

    async fn sign_in(&self, name: &str) -> Client {
        let pair = self.client().post("/api/auth/login", json!({"username": name, "password": "password123"})).await.expect(200);
        self.client().bearing(pair["access"].as_str().unwrap())
    }

    fn ask_to_stop(&self) {
        assert!(Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap().success());
    }

    /// Reads the log on until it says this.
    fn wait_for(&mut self, words: &str) {
        let mut line = String::new();
        while !line.contains(words) {
            line.clear();
            assert_ne!(self.log.read_line(&mut line).unwrap(), 0, "it ended without saying {words:?}");
        }
    }

    fn end(mut self) -> ExitStatus {
        std::io::copy(&mut self.log, &mut std::io::sink()).unwrap();
        self.child.wait().unwrap()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// What the program says when it refuses to start.
fn refusal(folder: &Path, arguments: &[&str], settings: &[(&str, &str)]) -> String {
    let output = stoa(folder, arguments, settings).output().unwrap();
    assert!(!output.status.success(), "{arguments:?} {settings:?}: it started");
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(errors.starts_with("stoa: ") && errors.lines().count() == 1, "not one plain sentence: {errors}");
    errors
}

fn files(folder: &Path) -> Vec<String> {
    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[actix_web::test]
async fn serve_demo_in_a_fresh_folder_is_a_running_shop_and_stays_one() {
    let folder = Folder::new();
    let server = Process::start(stoa(&folder.0, &["serve", "--demo"], &[]));
    let owner = server.sign_in("owner1").await;
    assert_eq!(owner.get("/api/products").await.expect(200)["items"].as_array().unwrap().len(), 5);
    let secret = folder.0.join("data/jwt_secret");
    let kept = std::fs::read_to_string(&secret).unwrap();
    #[cfg(unix)]
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&secret).unwrap().permissions()) & 0o777, 0o600);
    server.ask_to_stop();
    assert!(server.end().success());
    // The next start finds all as it was: the demo is not filled in twice, and the tokens are still good.
    let server = Process::start(stoa(&folder.0, &["serve", "--demo"], &[]));
    assert_eq!(std::fs::read_to_string(&secret).unwrap(), kept);
    assert_eq!(server.sign_in("owner1").await.get("/api/products").await.expect(200)["items"].as_array().unwrap().len(), 5);
}

#[actix_web::test]
async fn a_server_that_is_asked_to_stop_finishes_what_is_under_way() {
    let folder = Folder::new();
    let mut server = Process::start(stoa(&folder.0, &["serve", "--demo"], &[]));
    let body = json!({"username": "owner1", "password": "password123"}).to_string();
    let (first, rest) = body.split_at(10);
    let mut stream = TcpStream::connect(&server.address).unwrap();
    let head = format!(
        "POST /api/auth/login HTTP/1.1\r\nHost: x\r\nX-Tenant-Domain: vendor1.example.com\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{first}",
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    // Answered on another connection after the head above arrived, so that the request above is under way.
    server.client().get("/readyz").await.expect(200);
    server.ask_to_stop();
    server.wait_for("stopping");
    stream.write_all(rest.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("\"access\""), "{answer}");
    assert!(server.end().success());
}

#[test]
fn a_mistyped_path_of_the_database_is_named_and_nothing_is_made() {
    for (url, named) in [("sqlite://mistyped.db", "mistyped.db"), ("sqlite://no/such/folder/stoa.db", "no/such/folder/stoa.db")] {
        let folder = Folder::new();
        for arguments in [&["serve"][..], &[]] {
            let said = refusal(&folder.0, arguments, &[("DATABASE_URL", url)]);
            assert!(said.contains(named) && said.contains("DATABASE_URL"), "{said}");
        }
        assert_eq!(files(&folder.0), Vec::<String>::new());
    }
    // Even when a database is to be made, no folder is guessed.
    let folder = Folder::new();
    for arguments in [&["migrate"][..], &["serve", "--demo"]] {
        let said = refusal(&folder.0, arguments, &[("DATABASE_URL", "sqlite://no/such/folder/stoa.db")]);
        assert!(said.contains("no/such/folder/stoa.db"), "{said}");
    }
    assert_eq!(files(&folder.0), Vec::<String>::new());
}

#[test]
fn a_file_that_is_no_database_is_named_and_left_alone() {
    let folder = Folder::new();
    let file = folder.0.join("letter.txt");
    std::fs::write(&file, "Dear Sir or Madam, this is not a database at all, and never was one.").unwrap();
    let said = refusal(&folder.0, &["serve"], &[("DATABASE_URL", "sqlite://letter.txt")]);
    assert!(said.contains("letter.txt") || said.contains("not a database"), "{said}");
    assert!(std::fs::read_to_string(&file).unwrap().starts_with("Dear Sir"));
}

#[test]
fn a_postgresql_that_is_not_there_or_does_not_answer_is_a_clear_error() {
    let folder = Folder::new();
    // Nobody listens; and somebody listens who never says a word.
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    for address in [closed, silent.local_addr().unwrap()] {
        let url = format!("postgres://stoa:password@{address}/stoa");
        for arguments in [&["serve"][..], &["migrate"]] {
            let said = refusal(&folder.0, arguments, &[("DATABASE_URL", &url), JWT_SECRET]);
            assert!(said.contains("cannot open the database") && said.contains(&address.port().to_string()), "{said}");
            assert!(!said.contains("password@"), "{said}");
        }
    }
}

#[test]
fn a_bad_setting_stops_the_start_by_name() {
    let folder = Folder::new();
    for (name, value) in [
        ("DATABASE_URL", "mysql://localhost/stoa"),
        ("DATABASE_URL", "stoa.db"),
        ("BIND_ADDR", "localhost"),
        ("JWT_SECRET", "short"),
        ("PLATFORM_DOMAIN", "not a domain"),
        ("ALLOW_OWNER_SIGNUP", "perhaps"),
        ("ACCESS_TOKEN_TTL", "soon"),
        ("REFRESH_TOKEN_TTL", "-1d"),
        ("DB_POOL_SIZE", "many"),
        ("SQLITE_SYNCHRONOUS", "off"),
        ("WORKERS", "0"),
        ("RATE_LIMITS", "some"),
        ("LOG_FORMAT", "xml"),
        ("TRUSTED_PROXIES", "the-proxy"),
    ] {
        let said = refusal(&folder.0, &["serve", "--demo"], &[(name, value)]);
        assert!(said.contains(name), "{name}={value}: {said}");
    }
    let said = refusal(&folder.0, &["serve"], &[("DATABASE_URL", "postgres://127.0.0.1/stoa")]);
    assert!(said.contains("JWT_SECRET"), "{said}");
    assert_eq!(files(&folder.0), Vec::<String>::new());
}

#[test]
fn an_address_that_is_taken_is_named() {
    let folder = Folder::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let said = refusal(&folder.0, &["serve", "--demo"], &[("BIND_ADDR", &address)]);
    assert!(said.contains("BIND_ADDR") && said.contains(&address), "{said}");
    assert_eq!(files(&folder.0), Vec::<String>::new());
}

#[actix_web::test]
async fn health_tells_whether_the_server_is_ready() {
    let folder = Folder::new();
    let mut server = Process::start(stoa(&folder.0, &["serve", "--demo"], &[]));
    let settings = [("BIND_ADDR", server.address.clone())];
    let health = |settings: &[(&str, String)]| {
        let settings: Vec<_> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
        stoa(&folder.0, &["health"], &settings).output().unwrap()
    };
    let output = health(&settings);
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    // One who listens everywhere is asked at home.
    let everywhere = server.address.replace("127.0.0.1", "0.0.0.0");
    assert!(health(&[("BIND_ADDR", everywhere)]).status.success());
    server.child.kill().unwrap();
    server.child.wait().unwrap();
    let said = String::from_utf8(health(&settings).stderr).unwrap();
    assert!(said.contains("no answer from") && said.contains(&server.address), "{said}");
}

#[test]
fn health_is_bad_when_the_answer_is_or_when_there_is_none() {
    let folder = Folder::new();
    for (answer, expected) in [(Some("HTTP/1.1 503 Service Unavailable\r\n\r\n"), "is not ready: HTTP/1.1 503"), (None, "within 8 s")] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let answering = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = String::new();
            BufReader::new(&stream).read_line(&mut request).unwrap();
            if let Some(answer) = answer {
                stream.write_all(answer.as_bytes()).unwrap();
            }
            // Open until the other side has had enough.
            stream.read_to_end(&mut Vec::new()).unwrap_or_default();
            request
        });
        let said = refusal(&folder.0, &["health"], &[("BIND_ADDR", &address)]);
        assert!(said.contains(expected) && said.contains(&address), "{said}");
        assert_eq!(answering.join().unwrap(), "GET /readyz HTTP/1.1\r\n");
    }
}

/// Once; `tests/all faults` kills it often, and at random moments.
async fn survives_a_crash(engine: Engine) {
    let mut shop = Shop::open(engine, &[]).await;
    outlives_crashes(&mut shop, 1, async |load| load.until_promised(200).await).await;
}

#[actix_web::test]
async fn what_was_promised_outlives_a_crash_on_sqlite() {
    survives_a_crash(Engine::Sqlite).await;
}

#[actix_web::test]
async fn what_was_promised_outlives_a_crash_on_postgres() {
    survives_a_crash(Engine::Postgres).await;
}
