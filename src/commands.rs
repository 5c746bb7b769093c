//! The subcommands.

use crate::access::{Actor, Origin, Passwords};
use crate::audit::{self, Action, Entry, Target};
use crate::base::hex;
use crate::base::names;
use crate::base::valid;
use crate::config::Settings;
use crate::db::{self, Db, OpenError};
use crate::identity::{self, NewUser};
use crate::mail::{Courier, Links, Outlet};
use crate::server::{self, State};
use crate::{demo, housekeeping};
use rand::Rng;
use secrecy::SecretString;
use std::error::Error;
use std::io::{BufRead, BufReader, ErrorKind, IsTerminal, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::time::Duration;
use tokio::sync::watch;

/// How long letters that are being handed over may take when all else has stopped.
const LAST_LETTERS: Duration = Duration::from_secs(10);

type Outcome = Result<(), Box<dyn Error>>;

/// How long `health` waits at each step: longer than the server waits for its database.
const PATIENCE: Duration = Duration::from_secs(8);

/// How to begin serving.
#[derive(Clone, Copy, Debug, Default)]
pub struct ServeOptions {
    /// Fill an empty database with demo data.
    pub demo: bool,
    /// Bring the tables up to date.
    pub migrate: bool,
}

/// Serves the API until asked to stop.
pub async fn serve(settings: Settings, options: ServeOptions) -> Outcome {
    server::outlive_file_limits()?;
    let listener = TcpListener::bind(settings.bind).map_err(|error| format!("BIND_ADDR: cannot listen on {}: {error}", settings.bind))?;
    prepare(&settings, options)?;
    let secrets = secrets(&settings)?;
    let db = Db::open(&settings.database, settings.clock.clone())?;
    if options.demo && demo::fill(&db, &Passwords::new(settings.workers)).await.map_err(|problem| problem.to_string())? {
        tracing::info!("filled in the demo data: sign in as owner1 at vendor1.example.com, password password123");
    }
    if settings.allow_owner_signup && !settings.bind.ip().is_loopback() && settings.public_url == format!("http://{}", settings.bind) {
        tracing::warn!("PUBLIC_URL is not set: anybody who signs up could open a shop at this server's own host name");
    }
    let state = State::new(&settings, db.clone(), &secrets);
    let courier = Courier::new(db.clone(), settings.clock.clone(), Outlet::new(&settings.mail)?);
    let (stop, stopped) = watch::channel(false);
    let courier = actix_web::rt::spawn(courier.run(stopped));
    let resuming =
        actix_web::rt::spawn(housekeeping::resume(db.clone(), Passwords::new(1).knowing(&secrets), Links::new(&settings.web_url)));
    let collecting = actix_web::rt::spawn(housekeeping::collect(db.clone()));
    let housekeeping = actix_web::rt::spawn(housekeeping::keep(db));
    let address = listener.local_addr()?;
    tracing::info!("serving on http://{address}, Swagger UI at http://{address}/docs");
    server::run(&settings, state, listener).await?;
    housekeeping.abort();
    stop.send_replace(true);
    // What is not handed over by then is, after the next start.
    drop(tokio::time::timeout(LAST_LETTERS, courier).await);
    resuming.abort();
    collecting.abort();
    Ok(())
}

/// The database, for a command that does one thing after the other: over one connection, so that none is still being made when the
/// process ends, which the TLS library does not survive.
fn alone(settings: &Settings) -> Result<Db, OpenError> {
    Db::open(&db::Settings { pool_size: 1, ..settings.database.clone() }, settings.clock.clone())
}

/// An SQLite file is always brought up to date, and made if that was asked for or it is the default one.
fn prepare(settings: &Settings, options: ServeOptions) -> Result<(), OpenError> {
    let Some(file) = settings.database_file() else {
        return if options.migrate { db::migrate(&settings.database).map(drop) } else { Ok(()) };
    };
    if !file.exists() && !settings.is_default_database && !options.migrate && !options.demo {
        return Err(OpenError::Missing(file.display().to_string()));
    }
    migrate_file(settings)
}

fn migrate_file(settings: &Settings) -> Result<(), OpenError> {
    if settings.is_default_database
        && let Some(folder) = settings.database_file().and_then(Path::parent)
    {
        std::fs::create_dir_all(folder).map_err(|error| OpenError::Unreachable(format!("{}: {error}", folder.display())))?;
    }
    db::migrate(&settings.database).map(drop)
}

/// Asks the server that runs with these settings whether it is ready; what a container's health check runs.
pub fn health(settings: &Settings) -> Outcome {
    let bind = settings.bind;
    // Who listens on every address is asked at this machine's own.
    let loopback: IpAddr = if bind.is_ipv4() { Ipv4Addr::LOCALHOST.into() } else { Ipv6Addr::LOCALHOST.into() };
    let address = SocketAddr::new(if bind.ip().is_unspecified() { loopback } else { bind.ip() }, bind.port());
    let said = readiness(address).map_err(|error| match error.kind() {
        ErrorKind::WouldBlock | ErrorKind::TimedOut => format!("no answer from {address} within {} s", PATIENCE.as_secs()),
        _ => format!("no answer from {address}: {error}"),
    })?;
    match said.split_once(' ').map(|(_, status)| status.trim_end()) {
        Some(status) if status.starts_with("200") => Ok(()),
        _ => Err(format!("the server at {address} is not ready: {}", said.trim_end()).into()),
    }
}

/// The first line that the server answers.
fn readiness(address: SocketAddr) -> std::io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    write!(stream, "GET /readyz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
    let mut line = String::new();
    BufReader::new(stream.take(1024)).read_line(&mut line)?;
    Ok(line)
}

/// Brings the tables up to date.
pub fn migrate(settings: &Settings) -> Outcome {
    migrate_file(settings)?;
    tracing::info!("the tables are up to date");
    Ok(())
}

/// Fills an empty database with demo data.
pub async fn demo(settings: &Settings) -> Outcome {
    migrate_file(settings)?;
    let db = alone(settings)?;
    if !demo::fill(&db, &Passwords::new(settings.workers)).await.map_err(|problem| problem.to_string())? {
        return Err("the database has users already; the demo data goes into an empty one".into());
    }
    tracing::info!("filled in the demo data");
    Ok(())
}

/// The OpenAPI document as it is checked in.
pub fn openapi() -> Result<String, serde_json::Error> {
    server::document().to_pretty_json()
}

/// Makes an operator, whose password is the first line of the standard input.
pub async fn create_operator(settings: &Settings, email: &str) -> Outcome {
    valid::email(email).map_err(|_| "--email: must be an e-mail address")?;
    let db = alone(settings)?;
    let password = read_password()?;
    let hash = Passwords::new(1).hash(password).await.map_err(|problem| problem.to_string())?;
    let user = NewUser {
        username: email.to_owned(),
        username_key: names::key(email),
        email: Some(email.to_owned()),
        email_key: Some(names::key(email)),
        password_hash: hash,
        first_name: String::new(),
        last_name: String::new(),
        is_operator: true,
    };
    let made = db.write_control(move |scope| {
        let id = identity::create_operator(scope, user.clone())?;
        let after = serde_json::json!({ "email": user.email });
        let entry =
            Entry { vendor: None, action: Action::OperatorCreated, target: (Target::User, id.0), before: serde_json::Value::Null, after };
        audit::note(scope, &Origin::of(Actor::SYSTEM), entry);
        Ok(())
    });
    made.await.map_err(|problem| problem.to_string())?;
    tracing::info!("{email} is an operator now");
    Ok(())
}

/// Walks all chains of the audit log, and says where they are broken, if they are.
pub async fn verify_audit(settings: &Settings) -> Outcome {
    let db = alone(settings)?;
    let found = audit::verify(&db).await.map_err(|problem| problem.to_string())?;
    for broken in &found.broken {
        eprintln!("stoa: {broken}");
    }
    let (entries, hash) = found.platform;
    println!("{} entries in {} chains; the platform's chain ends with entry {entries}, {hash}", found.entries, found.chains);
    match found.broken.len() {
        0 => Ok(()),
        broken => Err(format!("the audit log was tampered with: {broken} chain(s) are broken").into()),
    }
}

fn read_password() -> Result<SecretString, Box<dyn Error>> {
    if std::io::stdin().is_terminal() {
        eprint!("Password (8 to 128 characters, shown as you type): ");
        std::io::stderr().flush()?;
    }
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    let password = line.trim_end_matches(['\r', '\n']);
    if (8..=128).contains(&password.chars().count()) {
        Ok(password.into())
    } else {
        Err("the password must have 8 to 128 characters".into())
    }
}

/// The secrets that are set, or the one that is kept beside the database file, made when it is not there.
fn secrets(settings: &Settings) -> Result<Vec<SecretString>, Box<dyn Error>> {
    if !settings.jwt_secrets.is_empty() {
        return Ok(settings.jwt_secrets.clone());
    }
    let file = settings.secret_file().ok_or("JWT_SECRET: is required with PostgreSQL, so that all instances sign with the same secret")?;
    let secret = match std::fs::read_to_string(&file) {
        Ok(text) => text.trim().to_owned(),
        Err(error) if error.kind() == ErrorKind::NotFound => make_secret(&file)?,
        Err(error) => return Err(format!("{}: {error}", file.display()).into()),
    };
    if secret.len() < 32 {
        return Err(format!("{}: the secret is too short; delete the file to have a new one made", file.display()).into());
    }
    Ok(vec![secret.into()])
}

fn make_secret(file: &Path) -> std::io::Result<String> {
    let mut bytes = [0_u8; 32];
    rand::rng().fill_bytes(&mut bytes);
    let secret = hex::encode(&bytes);
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file)?.write_all(secret.as_bytes())?;
    Ok(secret)
}
