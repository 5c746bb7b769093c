//! Settings, from the environment, validated once at the start. `.env.example` lists them with their defaults.

use crate::base::time::Clock;
use crate::db::{self, Synchronous};
use crate::mail;
use chrono::TimeDelta;
use ipnet::IpNet;
use secrecy::SecretString;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// The database when none is named.
const DEFAULT_DATABASE: &str = "sqlite://data/stoa.db";
/// Whom letters come from that are not sent anyway.
const DEFAULT_SENDER: &str = "Stoa <stoa@localhost>";
/// A shorter secret could be guessed.
const SHORTEST_SECRET: usize = 32;

/// A setting is wrong; nothing has been started.
#[derive(Debug, thiserror::Error)]
#[error("{name}: {reason}")]
pub struct SettingsError {
    name: &'static str,
    reason: String,
}

/// How the log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines.
    Json,
}

/// Everything that can be set.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct Settings {
    /// The database.
    pub database: db::Settings,
    /// Whether it is the default one, which is made when it is not there.
    pub is_default_database: bool,
    /// Where the server listens.
    pub bind: SocketAddr,
    /// What tokens are signed with, newest first; empty when one is to be made and kept.
    pub jwt_secrets: Vec<SecretString>,
    /// The domain whose subdomains are vendors.
    pub platform_domain: Option<String>,
    /// How the world reaches this server; the issuer of its tokens.
    pub public_url: String,
    /// Where the pages of the front end are, to which links in letters lead.
    pub web_url: String,
    /// Whether anybody may open a shop.
    pub allow_owner_signup: bool,
    /// How long an access token is good.
    pub access_ttl: TimeDelta,
    /// How long a session lasts without being used.
    pub refresh_ttl: TimeDelta,
    /// How many threads serve requests.
    pub workers: usize,
    /// How many bytes of answers about products are kept to be given again.
    pub page_cache: u64,
    /// How many bytes a file of vendors may have.
    pub import_max: u64,
    /// How long a password is good that came in such a file.
    pub first_password_ttl: TimeDelta,
    /// Whether callers are slowed down who try too often.
    pub rate_limits: bool,
    /// How letters leave.
    pub mail: mail::Settings,
    /// Which web pages may call: origins, or `*`.
    pub cors_origins: Vec<String>,
    /// How the log is written.
    pub log_format: LogFormat,
    /// Whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Whom to ask about the DNS; those of this machine when there are none.
    pub dns_servers: Vec<SocketAddr>,
    /// Whether a vendor may be named in the path.
    pub vendor_paths: bool,
    /// Where the time comes from.
    pub clock: Clock,
}

impl Settings {
    /// The settings of this process.
    pub fn from_env() -> Result<Self, SettingsError> {
        #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
        Self::read(|name| std::env::var(name).ok().filter(|value| !value.trim().is_empty()))
    }

    /// The settings that `lookup` gives by name.
    pub fn read(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, SettingsError> {
        let get = Lookup(&lookup);
        let url = lookup("DATABASE_URL");
        let is_default_database = url.is_none();
        let url = url.unwrap_or_else(|| DEFAULT_DATABASE.to_owned());
        if !["sqlite://", "postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme)) {
            return Err(wrong("DATABASE_URL", "must start with sqlite:// or postgres://"));
        }
        let is_postgres = !url.starts_with("sqlite://");
        let jwt_secrets = secrets(lookup("JWT_SECRET"))?;
        let web_url = get.optional("WEB_URL", |text| {
            let is_address = text.starts_with("https://") || text.starts_with("http://");
            is_address.then(|| text.trim_end_matches('/').to_owned()).ok_or("must start with https:// or http://")
        })?;
        let bind: SocketAddr = get.parsed("BIND_ADDR", "127.0.0.1:8080", "must be an address and a port, such as 127.0.0.1:8080")?;
        let public_url = lookup("PUBLIC_URL").map_or_else(|| format!("http://{bind}"), |url| url.trim_end_matches('/').to_owned());
        Ok(Self {
            database: db::Settings {
                url: url.clone(),
                pool_size: get.between("DB_POOL_SIZE", if is_postgres { 16 } else { 4 }, 1, 1000)?,
                synchronous: get.choice("SQLITE_SYNCHRONOUS", "full", &[("full", Synchronous::Full), ("normal", Synchronous::Normal)])?,
            },
            is_default_database,
            bind,
            jwt_secrets,
            platform_domain: get.optional("PLATFORM_DOMAIN", |text| {
                crate::base::domain::normalise(text).ok_or("must be a domain, such as shops.example")
            })?,
            web_url: web_url.unwrap_or_else(|| public_url.clone()),
            public_url,
            allow_owner_signup: get.choice("ALLOW_OWNER_SIGNUP", "true", &SWITCH)?,
            access_ttl: get.duration("ACCESS_TOKEN_TTL", "15m")?,
            refresh_ttl: get.duration("REFRESH_TOKEN_TTL", "7d")?,
            workers: get.between("WORKERS", cores(), 1, 1024)?,
            page_cache: get.between("PAGE_CACHE_MIB", 128, 0, 65_536)? * 1024 * 1024,
            import_max: get.between("IMPORT_MAX_MIB", 16, 1, 1024)? * 1024 * 1024,
            first_password_ttl: get.duration("FIRST_PASSWORD_TTL", "14d")?,
            rate_limits: get.choice("RATE_LIMITS", "on", &SWITCH)?,
            mail: mail_settings(&lookup, &url)?,
            cors_origins: list(lookup("CORS_ORIGINS")),
            log_format: get.choice("LOG_FORMAT", "text", &[("text", LogFormat::Text), ("json", LogFormat::Json)])?,
            trusted_proxies: list(lookup("TRUSTED_PROXIES"))
                .iter()
                .map(|text| {
                    network(text)
                        .ok_or_else(|| wrong("TRUSTED_PROXIES", "must be addresses or networks, such as 10.0.0.0/8, separated by commas"))
                })
                .collect::<Result<_, _>>()?,
            dns_servers: list(lookup("DNS_SERVERS"))
                .iter()
                .map(|text| {
                    dns_server(text)
                        .ok_or_else(|| wrong("DNS_SERVERS", "must be addresses, such as 9.9.9.9 or 127.0.0.1:5353, separated by commas"))
                })
                .collect::<Result<_, _>>()?,
            vendor_paths: get.choice("VENDOR_PATHS", "on", &SWITCH)?,
            clock: Clock::system(),
        })
    }

    /// The names that the platform itself goes by, which can be no vendor's.
    pub fn own_domains(&self) -> Vec<String> {
        let host = self.public_url.split("://").last().and_then(|rest| rest.split('/').next()).and_then(crate::base::domain::normalise);
        self.platform_domain.iter().cloned().chain(host).collect()
    }

    /// The SQLite file; `None` with PostgreSQL.
    pub fn database_file(&self) -> Option<&Path> {
        self.database.url.strip_prefix("sqlite://").map(Path::new)
    }

    /// Where the secret is kept that is made when none is set: beside the database file.
    pub fn secret_file(&self) -> Option<PathBuf> {
        self.database_file().map(|file| file.with_file_name("jwt_secret"))
    }
}

const SWITCH: [(&str, bool); 4] = [("true", true), ("on", true), ("false", false), ("off", false)];

fn wrong(name: &'static str, reason: impl Into<String>) -> SettingsError {
    SettingsError { name, reason: reason.into() }
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(2, std::num::NonZero::get)
}

fn list(text: Option<String>) -> Vec<String> {
    text.unwrap_or_default().split(',').map(|item| item.trim().to_owned()).filter(|item| !item.is_empty()).collect()
}

/// Letters that nobody sends are written beside the database file.
fn mail_settings(lookup: &impl Fn(&str) -> Option<String>, database: &str) -> Result<mail::Settings, SettingsError> {
    let smtp_url = lookup("SMTP_URL").map(|url| SecretString::from(url.trim()));
    let from = lookup("MAIL_FROM");
    let is_missing = from.is_none() && smtp_url.is_some();
    let beside = database.strip_prefix("sqlite://").unwrap_or(DEFAULT_DATABASE.trim_start_matches("sqlite://"));
    let from = from.unwrap_or_else(|| DEFAULT_SENDER.to_owned());
    let settings = mail::Settings { smtp_url, from, folder: Path::new(beside).with_file_name("mail") };
    settings.check().map_err(|(name, rule)| wrong(name, rule))?;
    if is_missing { Err(wrong("MAIL_FROM", "is required with SMTP_URL: whom letters come from")) } else { Ok(settings) }
}

fn network(text: &str) -> Option<IpNet> {
    text.parse().ok().or_else(|| text.parse().ok().map(|address: std::net::IpAddr| address.into()))
}

/// An address, at port 53 unless it says otherwise.
fn dns_server(text: &str) -> Option<SocketAddr> {
    text.parse().ok().or_else(|| text.parse().ok().map(|address: IpAddr| SocketAddr::new(address, 53)))
}

fn secrets(text: Option<String>) -> Result<Vec<SecretString>, SettingsError> {
    let secrets = list(text);
    if secrets.iter().any(|secret| secret.len() < SHORTEST_SECRET) {
        return Err(wrong("JWT_SECRET", format!("each secret needs at least {SHORTEST_SECRET} characters")));
    }
    Ok(secrets.into_iter().map(SecretString::from).collect())
}

struct Lookup<'a, F>(&'a F);

impl<F: Fn(&str) -> Option<String>> Lookup<'_, F> {
    fn parsed<T: FromStr>(&self, name: &'static str, default: &str, rule: &str) -> Result<T, SettingsError> {
        (self.0)(name).unwrap_or_else(|| default.to_owned()).trim().parse().map_err(|_| wrong(name, rule))
    }

    fn between<T: FromStr + PartialOrd + std::fmt::Display>(
        &self,
        name: &'static str,
        default: T,
        min: T,
        max: T,
    ) -> Result<T, SettingsError> {
        let rule = format!("must be a number from {min} to {max}");
        let value: T = self.parsed(name, &default.to_string(), &rule)?;
        if value < min || value > max { Err(wrong(name, rule)) } else { Ok(value) }
    }

    fn choice<T: Copy>(&self, name: &'static str, default: &str, choices: &[(&str, T)]) -> Result<T, SettingsError> {
        let text = (self.0)(name).unwrap_or_else(|| default.to_owned()).to_lowercase();
        let chosen = choices.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
        chosen
            .ok_or_else(|| wrong(name, format!("must be one of {}", choices.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(", "))))
    }

    fn optional<T>(&self, name: &'static str, parse: impl Fn(&str) -> Result<T, &'static str>) -> Result<Option<T>, SettingsError> {
        (self.0)(name).map(|text| parse(&text).map_err(|rule| wrong(name, rule))).transpose()
    }

    fn duration(&self, name: &'static str, default: &str) -> Result<TimeDelta, SettingsError> {
        let text = (self.0)(name).unwrap_or_else(|| default.to_owned());
        duration(text.trim()).ok_or_else(|| wrong(name, "must be a duration of at most 366 days, such as 90s, 15m, 12h or 7d"))
    }
}

fn duration(text: &str) -> Option<TimeDelta> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86400,
        _ => return None,
    };
    let total = number.parse::<u32>().ok().map(|number| i64::from(number) * seconds)?;
    (1..=366 * 86400).contains(&total).then(|| TimeDelta::seconds(total))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(settings: &[(&str, &str)]) -> Result<Settings, String> {
        let lookup = |name: &str| settings.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        Settings::read(lookup).map_err(|error| error.to_string())
    }

    #[test]
    fn without_settings_there_is_an_embedded_database() {
        let settings = read(&[]).unwrap();
        assert_eq!(settings.database.url, DEFAULT_DATABASE);
        assert_eq!(settings.secret_file().unwrap(), Path::new("data/jwt_secret"));
        assert_eq!(settings.mail.folder, Path::new("data/mail"));
        assert_eq!(settings.access_ttl, TimeDelta::minutes(15));
        assert!(settings.allow_owner_signup && settings.rate_limits);
    }

    #[test]
    fn a_wrong_setting_is_named() {
        let secret = "0123456789abcdef0123456789abcdef";
        for (name, value) in [
            ("DATABASE_URL", "mysql://x"),
            ("BIND_ADDR", "8080"),
            ("JWT_SECRET", "short"),
            ("ACCESS_TOKEN_TTL", "15"),
            ("ACCESS_TOKEN_TTL", "0s"),
            ("DB_POOL_SIZE", "0"),
            ("SQLITE_SYNCHRONOUS", "off"),
            ("RATE_LIMITS", "maybe"),
            ("LOG_FORMAT", "xml"),
            ("TRUSTED_PROXIES", "proxy"),
            ("DNS_SERVERS", "dns.example"),
            ("VENDOR_PATHS", "maybe"),
            ("PLATFORM_DOMAIN", "a b"),
            ("SMTP_URL", "mail.example.com"),
            ("WEB_URL", "shop.example.com"),
            ("MAIL_FROM", "nobody"),
        ] {
            let error = read(&[("JWT_SECRET", secret), (name, value)].into_iter().rev().collect::<Vec<_>>()).unwrap_err();
            assert!(error.starts_with(name), "{error}");
        }
        assert!(read(&[("SMTP_URL", "smtp://localhost:25")]).unwrap_err().starts_with("MAIL_FROM"));
        assert_eq!(read(&[("DATABASE_URL", "postgres://localhost/stoa")]).unwrap().secret_file(), None);
    }
}
