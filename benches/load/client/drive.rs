//! The loop: waits for answers, and sends what is due.

use super::plan::{Pace, Plan};
use super::requests::{Requests, Sent};
use super::tally::{Outcome, Tally};
use super::wire::{self, Answer};
use crate::{Failure, machine};
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};
use std::collections::VecDeque;
use std::io::{ErrorKind, Read, Write};
use std::time::{Duration, Instant};

/// How long after the end answers are waited for.
const LAST_ANSWERS: Duration = Duration::from_secs(15);
/// How long nothing may happen before somebody looks at the clock.
const LOOK: Duration = Duration::from_millis(100);
/// An answer that is shorter is read at once.
const READ_AT_ONCE: usize = 64 * 1024;

struct Connection {
    stream: TcpStream,
    /// The beginning of an answer whose end has not come.
    partial: Vec<u8>,
    /// What waits for an answer, and since when.
    waiting: Option<(Sent, Instant)>,
}

struct Driver<'a> {
    plan: &'a Plan,
    requests: Requests<'a>,
    connections: Vec<Connection>,
    idle: Vec<usize>,
    /// When requests should have begun that no connection was free for.
    backlog: VecDeque<Instant>,
    tally: Tally,
    counts_from: Instant,
    deadline: Instant,
    out: Vec<u8>,
    scratch: Vec<u8>,
}

/// Does what the plan says.
pub fn run(plan: &Plan) -> Result<Outcome, Failure> {
    let mut poll = Poll::new()?;
    let mut connections = Vec::new();
    for index in 0..plan.connections {
        let stream = std::net::TcpStream::connect(plan.address)?;
        stream.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
        let mut stream = TcpStream::from_std(stream);
        poll.registry().register(&mut stream, Token(index), Interest::READABLE)?;
        connections.push(Connection { stream, partial: Vec::new(), waiting: None });
    }
    let requests = Requests::new(plan)?;
    let (start, used) = (Instant::now(), machine::cpu_time(std::process::id()));
    let counts_from = start + Duration::from_millis(plan.warm_up_ms);
    let measured = Duration::from_millis(plan.measure_ms);
    let mut driver = Driver {
        plan,
        requests,
        idle: (0..connections.len()).collect(),
        connections,
        backlog: VecDeque::new(),
        tally: Tally::new()?,
        counts_from,
        deadline: counts_from + measured,
        out: Vec::with_capacity(4096),
        scratch: vec![0; READ_AT_ONCE],
    };
    driver.run(&mut poll, start)?;
    let cores = machine::cores_between(used, machine::cpu_time(std::process::id()), start.elapsed());
    Ok(driver.tally.outcome(measured, cores))
}

impl Driver<'_> {
    fn run(&mut self, poll: &mut Poll, start: Instant) -> Result<(), Failure> {
        let interval = match self.plan.pace {
            Pace::Open(rate) => Some(Duration::from_secs_f64(1.0 / rate)),
            Pace::Closed | Pace::Tour => None,
        };
        let mut due = start;
        let mut events = Events::with_capacity(1024);
        loop {
            let now = Instant::now();
            if let Some(interval) = interval {
                while due <= now && due < self.deadline {
                    self.backlog.push_back(due);
                    due += interval;
                }
            }
            self.send_what_can_be_sent(now)?;
            let is_over = now >= self.deadline || self.requests.is_over();
            if is_over && self.backlog.is_empty() && self.idle.len() == self.connections.len() {
                return Ok(());
            }
            if now > self.deadline + LAST_ANSWERS {
                let left = self.connections.len() - self.idle.len() + self.backlog.len();
                self.tally.error(|| format!("{left} requests had no answer {LAST_ANSWERS:?} after the end"));
                return Ok(());
            }
            let timeout = if interval.is_some() && !is_over { due.saturating_duration_since(now).min(LOOK) } else { LOOK };
            poll.poll(&mut events, Some(timeout))
                .or_else(|error| if error.kind() == ErrorKind::Interrupted { Ok(()) } else { Err(error) })?;
            for event in &events {
                self.receive(event.token().0)?;
            }
        }
    }

    fn send_what_can_be_sent(&mut self, now: Instant) -> Result<(), Failure> {
        while let Some(index) = self.idle.pop() {
            let since = match self.plan.pace {
                Pace::Open(_) => self.backlog.pop_front(),
                Pace::Closed | Pace::Tour => (now < self.deadline && !self.requests.is_over()).then(Instant::now),
            };
            let Some(since) = since else {
                self.idle.push(index);
                return Ok(());
            };
            self.send(index, since)?;
        }
        Ok(())
    }

    fn send(&mut self, index: usize, since: Instant) -> Result<(), Failure> {
        let Some(connection) = self.connections.get_mut(index) else { return Ok(()) };
        let sent = self.requests.next(&mut self.out)?;
        let written = connection.stream.write(&self.out)?;
        if written < self.out.len() {
            return Err("a request did not fit into an empty socket".into());
        }
        connection.waiting = Some((sent, since));
        Ok(())
    }

    /// Reads what has come on a connection.
    fn receive(&mut self, index: usize) -> Result<(), Failure> {
        let Some(connection) = self.connections.get_mut(index) else { return Ok(()) };
        loop {
            let read = match connection.stream.read(&mut self.scratch) {
                Ok(0) => return Err("the server closed a connection".into()),
                Ok(read) => read,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(error.into()),
            };
            let new = self.scratch.get(..read).unwrap_or_default();
            let bytes = if connection.partial.is_empty() {
                new
            } else {
                connection.partial.extend_from_slice(new);
                &connection.partial
            };
            match wire::parse(bytes)? {
                None if connection.partial.is_empty() => connection.partial.extend_from_slice(new),
                None => {}
                Some(answer) => {
                    let Some((sent, since)) = connection.waiting.take().filter(|_| answer.end == bytes.len()) else {
                        return Err("the server said something that it was not asked".into());
                    };
                    let wrong = wrong(&sent, &answer, bytes);
                    connection.partial.clear();
                    return self.settle(index, sent, since, &answer, wrong);
                }
            }
            if read < self.scratch.len() {
                return Ok(());
            }
        }
    }

    fn settle(&mut self, index: usize, sent: Sent, since: Instant, answer: &Answer, wrong: Option<String>) -> Result<(), Failure> {
        let now = Instant::now();
        self.idle.push(index);
        if let Some(wrong) = wrong {
            self.tally.error(|| wrong);
            return Ok(());
        }
        // At a constant pace all that should have begun in the time that counts does count, however late its answer.
        let counts_by = if self.plan.pace == Pace::Closed { now } else { since };
        if (self.counts_from..self.deadline).contains(&counts_by) {
            self.tally.answered(now.saturating_duration_since(since));
        }
        self.requests.done(sent, answer.location)
    }
}

/// What is wrong with an answer, if anything is.
fn wrong(sent: &Sent, answer: &Answer, bytes: &[u8]) -> Option<String> {
    let text = || String::from_utf8_lossy(bytes.get(..answer.end.min(1500)).unwrap_or_default()).into_owned();
    if answer.status != sent.expected() {
        return Some(format!("{} was expected, not: {}", sent.expected(), text()));
    }
    if answer.is_replayed {
        return Some(format!("an order was answered that had been placed before: {}", text()));
    }
    (answer.head == answer.end).then(|| format!("an answer without a body: {}", text()))
}
