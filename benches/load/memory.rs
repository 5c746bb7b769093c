//! A server that knows a few answers by heart, with the program's middleware around them: nothing that has to find its
//! answer first can be faster.

use crate::Failure;
use crate::client::Shop;
use crate::process::{self, Child};
use crate::server::{self, LOG};
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::web::{Bytes, Data};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::Stdio;
use stoa::config::Settings;
use stoa::server::Around;
use tracing_subscriber::EnvFilter;

/// The headers that an answer itself has: the others come from what is around it.
const OWN: [&str; 2] = ["content-type", "etag"];

/// An answer, by heart.
#[derive(Serialize, Deserialize)]
struct Kept {
    path: String,
    headers: Vec<(String, String)>,
    body: String,
}

/// The server, in a process of its own.
pub struct Memory {
    _child: Child,
    /// Where it is.
    pub address: SocketAddr,
}

impl Memory {
    /// Learns what the server at `from` answers to these paths of a shop.
    pub fn start(folder: &Path, from: SocketAddr, shop: &Shop, paths: impl Iterator<Item = String>) -> Result<Self, Failure> {
        let kept: Vec<_> = paths.map(|path| learn(from, shop, path)).collect::<Result<_, _>>()?;
        let file = folder.join("memory.json");
        std::fs::write(&file, serde_json::to_vec(&kept)?)?;
        let mut command = process::command(std::env::current_exe()?);
        command.arg("memory").arg(file).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = Child::spawn("the server that answers from memory", command)?;
        let address = child.first_line()?.parse()?;
        Ok(Self { _child: child, address })
    }
}

fn learn(from: SocketAddr, shop: &Shop, path: String) -> Result<Kept, Failure> {
    let (answer, bytes) = server::get(from, &path, &shop.domain)?;
    let text = |from, to| bytes.get(from..to).map(String::from_utf8_lossy).unwrap_or_default();
    let headers = text(0, answer.head);
    let own = headers.lines().filter_map(|line| line.split_once(": ")).filter(|(name, _)| OWN.contains(name));
    let headers: Vec<_> = own.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    if headers.len() < OWN.len() {
        return Err(format!("{path}: {OWN:?} are not all there").into());
    }
    Ok(Kept { path, headers, body: text(answer.head, answer.end).into_owned() })
}

type Answers = HashMap<String, (Vec<(HeaderName, HeaderValue)>, Bytes)>;

/// The server itself.
pub fn main(file: &Path) -> Result<(), Failure> {
    let settings = Settings::read(|_| None)?;
    tracing_subscriber::fmt().with_env_filter(EnvFilter::new(LOG)).with_target(false).with_writer(std::io::sink).init();
    let kept: Vec<Kept> = serde_json::from_slice(&std::fs::read(file)?)?;
    let mut answers = Answers::new();
    for Kept { path, headers, body } in kept {
        let headers = headers.iter().map(|(name, value)| Ok::<_, Failure>((name.parse()?, value.parse()?))).collect::<Result<_, _>>()?;
        answers.insert(path, (headers, body.into()));
    }
    let (answers, around) = (Data::new(answers), Around::new(settings.cors_origins.clone()));
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("{}", listener.local_addr()?);
    let app = move || around.clone().wrap(App::new().app_data(answers.clone()).default_service(web::to(answer)));
    let serving = HttpServer::new(app).workers(settings.workers).listen(listener)?.run();
    Ok(actix_web::rt::System::new().block_on(serving)?)
}

async fn answer(request: HttpRequest, answers: Data<Answers>) -> HttpResponse {
    let known = request.uri().path_and_query().and_then(|path| answers.get(path.as_str()));
    let Some((headers, body)) = known else { return HttpResponse::NotFound().finish() };
    let mut response = HttpResponse::Ok();
    for (name, value) in headers {
        response.insert_header((name.clone(), value.clone()));
    }
    response.body(body.clone())
}
