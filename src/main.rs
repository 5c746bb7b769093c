//! `stoa`: reads the settings, then does what the subcommand says.

use clap::{Parser, Subcommand};
use std::process::ExitCode;
use stoa::commands::{self, ServeOptions};
use stoa::config::{LogFormat, Settings};
use tracing_subscriber::EnvFilter;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// A multi-tenant commerce backend: many shops, safely apart.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the API (what happens without a subcommand, too)
    Serve {
        /// Fill an empty database with demo data first
        #[arg(long)]
        demo: bool,
        /// Bring the tables up to date first (SQLite always does)
        #[arg(long)]
        migrate: bool,
    },
    /// Ask the server that runs with these settings whether it is ready
    Health,
    /// Bring the tables up to date, making the SQLite file if there is none
    Migrate,
    /// Fill an empty database with demo data
    Demo,
    /// Print the OpenAPI document
    Openapi,
    /// Look after the audit log
    Audit {
        #[command(subcommand)]
        command: AuditCommand,
    },
    /// Look after the operators of the platform
    Operator {
        #[command(subcommand)]
        command: OperatorCommand,
    },
}

#[derive(Subcommand)]
enum AuditCommand {
    /// Walk all of it and say where it was tampered with, if it was
    Verify,
}

#[derive(Subcommand)]
enum OperatorCommand {
    /// Make an operator; the password is read from the standard input
    Create {
        /// The e-mail address to sign in with
        #[arg(long)]
        email: String,
    },
}

fn main() -> ExitCode {
    dotenvy::dotenv().ok();
    match run(Arguments::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("stoa: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Option<Command>) -> Result<(), Box<dyn std::error::Error>> {
    if let Some(Command::Openapi) = command {
        println!("{}", commands::openapi()?);
        return Ok(());
    }
    let settings = Settings::from_env()?;
    start_log(settings.log_format);
    let system = actix_web::rt::System::new();
    system.block_on(async {
        match command.unwrap_or(Command::Serve { demo: false, migrate: false }) {
            Command::Serve { demo, migrate } => commands::serve(settings, ServeOptions { demo, migrate }).await,
            Command::Health => commands::health(&settings),
            Command::Migrate => commands::migrate(&settings),
            Command::Demo => commands::demo(&settings).await,
            Command::Audit { command: AuditCommand::Verify } => commands::verify_audit(&settings).await,
            Command::Operator { command: OperatorCommand::Create { email } } => commands::create_operator(&settings, &email).await,
            Command::Openapi => Ok(()),
        }
    })
}

fn start_log(format: LogFormat) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    // What cannot be logged, for example on a full disk, is not worth a panic.
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_target(false).log_internal_errors(false);
    match format {
        LogFormat::Text => log.init(),
        LogFormat::Json => log.json().init(),
    }
}
