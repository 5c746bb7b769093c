//! The courier: takes letters whose time has come, hands them over, and tries again those that could not be.
//!
//! Any number of instances share the work. A letter is taken for as long as handing it over may last, so no two have it
//! at once; and when whoever took it is gone, another one takes it after that.

use super::model::Failure;
use super::outlet::Outlet;
use super::store::{self, Mail};
use crate::base::time::{Clock, Timestamp};
use crate::db::{Control, Db, Writing};
use crate::problem::Problem;
use chrono::TimeDelta;
use futures_util::future::join_all;
use std::time::Duration;
use tokio::sync::watch;

/// How often the courier looks for letters.
const EVERY: Duration = Duration::from_secs(1);
/// How long it waits when the database does not answer.
const AFTER_TROUBLE: Duration = Duration::from_secs(10);
/// How many letters are handed over at once.
const AT_ONCE: i64 = 8;
/// For how long a letter is taken: for as long as handing it over may last, and time to note how it went.
const LEASE: TimeDelta = TimeDelta::minutes(3);
/// How long after the first try the second one is; each wait is twice as long as the one before, up to the longest.
const FIRST_WAIT: TimeDelta = TimeDelta::seconds(30);
const LONGEST_WAIT: TimeDelta = TimeDelta::hours(1);
/// For how long a letter is tried.
const PERSISTENCE: TimeDelta = TimeDelta::days(3);
/// How often it is tried to note how it went, and how long in between.
const NOTES: usize = 5;
const BETWEEN_NOTES: Duration = Duration::from_secs(5);

/// Who takes letters out of the queue.
pub struct Courier {
    db: Db,
    clock: Clock,
    outlet: Outlet,
}

/// What one round did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Round {
    /// Letters handed over.
    pub sent: usize,
    /// Letters to be tried again.
    pub put_off: usize,
    /// Letters given up.
    pub given_up: usize,
}

impl Round {
    /// How many letters there were.
    pub fn letters(self) -> usize {
        self.sent + self.put_off + self.given_up
    }
}

/// How it went with one letter.
#[derive(Clone)]
enum Outcome {
    Sent,
    PutOff(Timestamp, String),
    GivenUp(String),
}

impl Courier {
    /// A courier who takes letters out this way.
    pub fn new(db: Db, clock: Clock, outlet: Outlet) -> Self {
        Self { db, clock, outlet }
    }

    /// Works until told to stop; finishes then what it has in hand.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow() {
            let pause = match self.round().await {
                Ok(round) if round.letters() > 0 => continue,
                Ok(_) => EVERY,
                Err(problem) => {
                    tracing::warn!(%problem, "the queue of letters cannot be read; it is tried again");
                    AFTER_TROUBLE
                }
            };
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                _ = stop.changed() => {}
            }
        }
    }

    /// Hands over the letters whose time has come, or some of them when they are many.
    pub async fn round(&self) -> Result<Round, Problem> {
        let mut round = Round::default();
        if self.db.read_control(|scope| Ok(store::due(scope, 1)?)).await?.is_empty() {
            return Ok(round);
        }
        let taken = self.db.write_control(take).await?;
        for outcome in join_all(taken.iter().map(|mail| self.deliver(mail))).await {
            match outcome {
                Outcome::Sent => round.sent += 1,
                Outcome::PutOff(..) => round.put_off += 1,
                Outcome::GivenUp(_) => round.given_up += 1,
            }
        }
        Ok(round)
    }

    async fn deliver(&self, mail: &Mail) -> Outcome {
        let outcome = match self.outlet.hand_over(mail).await {
            Ok(()) => Outcome::Sent,
            Err(Failure::Never(why)) => Outcome::GivenUp(why),
            Err(Failure::Later(why)) if self.is_old(mail) => Outcome::GivenUp(why),
            Err(Failure::Later(why)) => Outcome::PutOff(self.clock.now().plus(wait(mail.attempts)), why),
        };
        let (id, tries) = (mail.id, mail.attempts);
        match &outcome {
            Outcome::Sent => tracing::debug!(mail = %id, tries, "a letter was sent"),
            Outcome::PutOff(until, why) => tracing::warn!(mail = %id, tries, %until, why, "a letter could not be sent; it is tried again"),
            Outcome::GivenUp(why) => tracing::error!(mail = %id, tries, why, "a letter was given up: it is not tried again"),
        }
        self.note(mail, &outcome).await;
        outcome
    }

    fn is_old(&self, mail: &Mail) -> bool {
        mail.created_at.plus(PERSISTENCE) <= self.clock.now()
    }

    /// Writes down how it went. What cannot be written down is as if it had not been: then the letter goes once more.
    async fn note(&self, mail: &Mail, outcome: &Outcome) {
        for tries in 1..=NOTES {
            let (mail, outcome) = (mail.clone(), outcome.clone());
            let Err(problem) = self.db.write_control(move |scope| Ok(note(scope, &mail, &outcome)?)).await else { return };
            tracing::warn!(%problem, tries, "what became of a letter could not be written down");
            tokio::time::sleep(BETWEEN_NOTES).await;
        }
    }
}

fn take(scope: &mut Writing<Control>) -> Result<Vec<Mail>, Problem> {
    let until = scope.now().plus(LEASE);
    let mut taken = Vec::new();
    for (id, attempts) in store::due(scope, AT_ONCE)? {
        taken.extend(store::claim(scope, id, attempts, until)?);
    }
    Ok(taken)
}

fn note(scope: &mut Writing<Control>, mail: &Mail, outcome: &Outcome) -> crate::db::Result<()> {
    match outcome {
        Outcome::Sent => store::note_sent(scope, mail),
        Outcome::PutOff(until, why) => store::put_off(scope, mail, *until, why),
        Outcome::GivenUp(why) => store::note_failed(scope, mail, why),
    }
}

/// How long to wait after so many tries.
fn wait(tries: i64) -> TimeDelta {
    let doublings = u32::try_from(tries.clamp(1, 20) - 1).unwrap_or_default();
    FIRST_WAIT.checked_mul(1 << doublings).map_or(LONGEST_WAIT, |wait| wait.min(LONGEST_WAIT))
}

#[cfg(test)]
mod tests {
    use super::super::outlet::HAND_OVER;
    use super::*;

    #[test]
    fn each_wait_is_twice_as_long_up_to_an_hour() {
        let waits: Vec<_> = (1..=9).map(|tries| wait(tries).num_seconds()).collect();
        assert_eq!(waits, [30, 60, 120, 240, 480, 960, 1920, 3600, 3600]);
        assert_eq!(wait(i64::MAX), LONGEST_WAIT);
    }

    #[test]
    fn a_letter_is_taken_for_longer_than_handing_it_over_lasts() {
        let noting = BETWEEN_NOTES * u32::try_from(NOTES).unwrap();
        assert!((HAND_OVER + noting).as_secs() < LEASE.num_seconds().unsigned_abs());
    }
}
