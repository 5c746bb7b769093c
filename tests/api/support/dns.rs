//! A DNS server on this machine, that says what a test has it say: the truth, something else, or nothing (RFC 1035).

use std::collections::HashMap;
use std::net::UdpSocket;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// How it answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Manner {
    /// As it knows.
    Truly,
    /// After a while.
    Late(Duration),
    /// Not at all.
    Never,
    /// With SERVFAIL: it cannot say.
    Failing,
    /// With the answer to another question: another id.
    Misnumbered,
    /// With records that stand at another name.
    Elsewhere,
    /// With what is no message.
    Garbled,
}

struct Zone {
    texts: HashMap<String, Vec<String>>,
    aliases: HashMap<String, String>,
    manner: Manner,
    asked: Vec<String>,
}

/// The server, which lives as long as the tests do.
pub struct DnsServer {
    pub address: String,
    zone: Arc<Mutex<Zone>>,
}

impl DnsServer {
    pub fn start() -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let address = socket.local_addr().unwrap().to_string();
        let zone = Zone { texts: HashMap::new(), aliases: HashMap::new(), manner: Manner::Truly, asked: Vec::new() };
        let zone = Arc::new(Mutex::new(zone));
        let shared = Arc::clone(&zone);
        std::thread::spawn(move || serve(&socket, &shared));
        Self { address, zone }
    }

    /// Puts a text at a name, beside those that are there.
    pub fn put(&self, name: &str, text: &str) {
        self.zone.lock().unwrap().texts.entry(name.to_owned()).or_default().push(text.to_owned());
    }

    /// Takes all texts away.
    pub fn clear(&self) {
        self.zone.lock().unwrap().texts.clear();
    }

    pub fn alias(&self, name: &str, target: &str) {
        self.zone.lock().unwrap().aliases.insert(name.to_owned(), target.to_owned());
    }

    pub fn answer(&self, manner: Manner) {
        self.zone.lock().unwrap().manner = manner;
    }

    /// The names that it was asked for.
    pub fn asked(&self) -> Vec<String> {
        self.zone.lock().unwrap().asked.clone()
    }
}

fn serve(socket: &UdpSocket, zone: &Mutex<Zone>) {
    let mut buffer = [0_u8; 1500];
    while let Ok((length, from)) = socket.recv_from(&mut buffer) {
        let question = buffer[..length].to_vec();
        let (answer, wait) = reply(&question, zone);
        let (socket, wait) = (socket.try_clone().unwrap(), wait);
        std::thread::spawn(move || {
            std::thread::sleep(wait);
            answer.map(|answer| socket.send_to(&answer, from))
        });
    }
}

/// What is sent back, if anything, and after how long.
fn reply(question: &[u8], zone: &Mutex<Zone>) -> (Option<Vec<u8>>, Duration) {
    let mut zone = zone.lock().unwrap();
    let (name, end) = read_name(question);
    zone.asked.push(name.clone());
    let truly = |texts: &[String]| {
        let target = zone.aliases.get(&name);
        message(question, end, target, texts, 0)
    };
    let target = zone.aliases.get(&name).unwrap_or(&name);
    let texts = zone.texts.get(target).cloned().unwrap_or_default();
    match zone.manner {
        Manner::Truly => (Some(truly(&texts)), Duration::ZERO),
        Manner::Late(wait) => (Some(truly(&texts)), wait),
        Manner::Never => (None, Duration::ZERO),
        Manner::Failing => (Some(message(question, end, None, &[], 2)), Duration::ZERO),
        Manner::Misnumbered => {
            let mut answer = truly(&texts);
            answer[0] ^= 0xff;
            (Some(answer), Duration::ZERO)
        }
        Manner::Elsewhere => (Some(message_elsewhere(question, end, &texts)), Duration::ZERO),
        Manner::Garbled => (Some(vec![0xff; 7]), Duration::ZERO),
    }
}

/// The name that is asked for, and where the question ends.
fn read_name(message: &[u8]) -> (String, usize) {
    let (mut labels, mut at) = (Vec::new(), 12);
    while message[at] != 0 {
        let length = usize::from(message[at]);
        labels.push(String::from_utf8_lossy(&message[at + 1..=at + length]).to_lowercase());
        at += length + 1;
    }
    (labels.join("."), at + 5)
}

fn write_name(name: &str) -> Vec<u8> {
    let mut bytes: Vec<u8> = name.split('.').flat_map(|label| [&[u8::try_from(label.len()).unwrap()], label.as_bytes()].concat()).collect();
    bytes.push(0);
    bytes
}

fn record(name: &[u8], kind: u8, data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(data.len()).unwrap().to_be_bytes();
    [name, &[0, kind, 0, 1, 0, 0, 0, 60], &length, data].concat()
}

fn head(question: &[u8], end: usize, answers: usize, code: u8) -> Vec<u8> {
    let count = u8::try_from(answers).unwrap();
    [&question[..2], &[0x81, 0x80 | code, 0, 1, 0, count, 0, 0, 0, 0], &question[12..end]].concat()
}

/// In pieces of 255 bytes at the most, as the form has it.
fn text_data(text: &str) -> Vec<u8> {
    text.as_bytes().chunks(40).flat_map(|piece| [&[u8::try_from(piece.len()).unwrap()], piece].concat()).collect()
}

fn message(question: &[u8], end: usize, alias: Option<&String>, texts: &[String], code: u8) -> Vec<u8> {
    let asked: &[u8] = &[0xc0, 0x0c];
    let mut answers = Vec::new();
    let owner = alias.map_or_else(|| asked.to_vec(), |target| write_name(target));
    answers.extend(alias.map(|target| record(asked, 5, &write_name(target))));
    answers.extend(texts.iter().map(|text| record(&owner, 16, &text_data(text))));
    [head(question, end, answers.len(), code), answers.concat()].concat()
}

fn message_elsewhere(question: &[u8], end: usize, texts: &[String]) -> Vec<u8> {
    let answers: Vec<_> = texts.iter().map(|text| record(&write_name("elsewhere.example"), 16, &text_data(text))).collect();
    [head(question, end, answers.len(), 0), answers.concat()].concat()
}
