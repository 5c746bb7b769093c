//! Having a second factor, proving it, and giving it up.

use super::codes;
use super::model::{BeginTotp, BothFactors, RecoveryCodes, SecondFactorError, TotpSecret};
use super::store::{self, Factor};
use crate::access::{Caller, Subject, needs};
use crate::audit::{self, Action, Entry, Target};
use crate::base::code::FieldError;
use crate::base::id::UserId;
use crate::base::secret;
use crate::db::{Control, Writing};
use crate::identity::{Desk, letters, store as people};
use crate::problem::Problem;
use chrono::TimeDelta;

/// So many codes may be wrong in a row; after that, each wait is twice as long as the one before, up to the longest.
const FREE_GUESSES: i64 = 5;
const FIRST_WAIT: TimeDelta = TimeDelta::seconds(30);
const LONGEST_WAIT: TimeDelta = TimeDelta::hours(1);

/// Whether a right code is used up by being looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spend {
    /// It is.
    Now,
    /// Not yet: it will be shown again with the rest of what is needed.
    Later,
}

impl Desk {
    /// Looks at the code of somebody who has proved their password; whoever has no second factor needs none.
    pub(in crate::identity) async fn prove_second_factor(&self, user: UserId, code: Option<String>, spend: Spend) -> Result<(), Problem> {
        if !self.db.read_control(move |scope| Ok(store::is_on(scope, user)?)).await? {
            return Ok(());
        }
        let code = code.ok_or(SecondFactorError::Required)?;
        // That a code was wrong has to be kept, so inside it is no error yet.
        let looked = self.db.write_control(move |scope| look(scope, user, &code, spend)).await?;
        Ok(looked?)
    }

    /// Begins a second factor: it is asked for once a code has confirmed it.
    pub(super) async fn begin_totp(&self, caller: &Caller<needs::BeUser>, form: BeginTotp) -> Result<TotpSecret, Problem> {
        let user = user_of(caller)?;
        self.check_own_password(caller, form.password, "/password").await?;
        let secret = codes::new_secret();
        let kept = secret.clone();
        let username = self
            .db
            .write_control(move |scope| {
                store::hold(scope, user)?;
                if store::is_on(scope, user)? {
                    return Err(SecondFactorError::AlreadyOn.into());
                }
                store::begin(scope, user, &kept)?;
                Ok(people::user(scope, user)?.username)
            })
            .await?;
        let otpauth_url = codes::url(&secret, &username, self.links.host()).ok_or_else(|| Problem::internal("no otpauth URL"))?;
        Ok(TotpSecret { secret, otpauth_url })
    }

    /// Confirms that the authenticator shows the right codes; from now on they are asked for.
    pub(super) async fn confirm_totp(&self, caller: &Caller<needs::BeUser>, code: String) -> Result<RecoveryCodes, Problem> {
        let (user, at, home, origin) = (user_of(caller)?, self.links.host().to_owned(), caller.home(), caller.origin());
        let confirmed = self
            .db
            .write_control(move |scope| {
                store::hold(scope, user)?;
                let factor = store::find(scope, user)?.ok_or(SecondFactorError::NotOn)?;
                if factor.confirmed_at.is_some() {
                    return Err(SecondFactorError::AlreadyOn.into());
                }
                let digits = codes::digits(&code).ok_or_else(wrong_code)?;
                // That a code was wrong has to be kept, so inside it is no error yet.
                if let Err(wrong) = look_at_digits(scope, user, &factor, &digits, Spend::Now)? {
                    return Ok(Err(wrong));
                }
                store::confirm(scope, user)?;
                audit::note(scope, &origin, Entry::without_values(home, Action::SecondFactorEnabled, (Target::User, user.0)));
                tell(scope, user, &at, letters::SECOND_FACTOR_ON)?;
                give_codes(scope, user).map(Ok)
            })
            .await?;
        confirmed.map_err(of_code)
    }

    /// Gives up the second factor.
    pub(super) async fn disable_totp(&self, caller: &Caller<needs::BeUser>, form: BothFactors) -> Result<(), Problem> {
        let (user, at, home, origin) = (user_of(caller)?, self.links.host().to_owned(), caller.home(), caller.origin());
        self.prove_both(caller, user, form).await?;
        self.db
            .write_control(move |scope| {
                store::remove(scope, user)?;
                audit::note(scope, &origin, Entry::without_values(home, Action::SecondFactorDisabled, (Target::User, user.0)));
                tell(scope, user, &at, letters::SECOND_FACTOR_OFF)
            })
            .await
    }

    /// Gives new recovery codes in the place of all others.
    pub(super) async fn renew_codes(&self, caller: &Caller<needs::BeUser>, form: BothFactors) -> Result<RecoveryCodes, Problem> {
        let (user, home, origin) = (user_of(caller)?, caller.home(), caller.origin());
        self.prove_both(caller, user, form).await?;
        self.db
            .write_control(move |scope| {
                audit::note(scope, &origin, Entry::without_values(home, Action::RecoveryCodesRenewed, (Target::User, user.0)));
                give_codes(scope, user)
            })
            .await
    }

    async fn prove_both(&self, caller: &Caller<needs::BeUser>, user: UserId, form: BothFactors) -> Result<(), Problem> {
        if !self.db.read_control(move |scope| Ok(store::is_on(scope, user)?)).await? {
            return Err(SecondFactorError::NotOn.into());
        }
        self.check_own_password(caller, form.password, "/password").await?;
        let code = form.code;
        let looked = self.db.write_control(move |scope| look(scope, user, &code, Spend::Now)).await?;
        looked.map_err(of_code)
    }
}

fn user_of(caller: &Caller<needs::BeUser>) -> Result<UserId, Problem> {
    caller.in_person()?;
    match caller.subject() {
        Subject::User(id) => Ok(id),
        Subject::Customer(_) => Err(Problem::not_found()),
    }
}

fn wrong_code() -> Problem {
    let error = FieldError::new("/code", "wrong_code", "is wrong, too old, or was used before; wait for the next one");
    Problem::invalid(vec![error])
}

/// What is the matter with a code that was sent by somebody who has signed in.
fn of_code(error: SecondFactorError) -> Problem {
    match error {
        SecondFactorError::Invalid => wrong_code(),
        other => other.into(),
    }
}

fn tell(scope: &mut Writing<Control>, user: UserId, at: &str, what: &str) -> Result<(), Problem> {
    let email = people::user(scope, user)?.email;
    letters::tell_of_change(scope, None, at, email, what)
}

fn give_codes(scope: &mut Writing<Control>, user: UserId) -> Result<RecoveryCodes, Problem> {
    let recovery_codes = codes::new_recovery_codes();
    let digests = recovery_codes.iter().map(|code| secret::digest(&codes::plain(code))).collect();
    store::replace_codes(scope, user, digests)?;
    Ok(RecoveryCodes { recovery_codes })
}

/// Looks at a code. The row is held, so that nobody guesses faster by guessing many times at once.
fn look(scope: &mut Writing<Control>, user: UserId, code: &str, spend: Spend) -> Result<Result<(), SecondFactorError>, Problem> {
    store::hold(scope, user)?;
    let Some(factor) = store::find(scope, user)? else { return Ok(Ok(())) };
    let Some(digits) = codes::digits(code) else {
        let digest = secret::digest(&codes::plain(code));
        if !store::has_code(scope, user, &digest)? {
            return Ok(Err(SecondFactorError::Invalid));
        }
        if spend == Spend::Now {
            store::spend_code(scope, user, &digest)?;
            store::forgive(scope, user)?;
        }
        return Ok(Ok(()));
    };
    look_at_digits(scope, user, &factor, &digits, spend)
}

fn look_at_digits(
    scope: &mut Writing<Control>,
    user: UserId,
    factor: &Factor,
    digits: &str,
    spend: Spend,
) -> Result<Result<(), SecondFactorError>, Problem> {
    let now = scope.now();
    if let Some(until) = factor.locked_until.filter(|until| *until > now) {
        let seconds = u64::try_from(until.seconds() - now.seconds()).unwrap_or_default().max(1);
        return Ok(Err(SecondFactorError::Locked(seconds)));
    }
    match codes::step(&factor.secret, digits, now).filter(|step| *step > factor.last_step) {
        Some(step) if spend == Spend::Now => store::note_success(scope, user, step)?,
        Some(_) => {}
        None => {
            let failures = factor.failures + 1;
            store::note_failure(scope, user, failures, wait(failures).map(|wait| now.plus(wait)))?;
            return Ok(Err(SecondFactorError::Invalid));
        }
    }
    Ok(Ok(()))
}

/// How long no other code is looked at after so many wrong ones.
fn wait(failures: i64) -> Option<TimeDelta> {
    let doublings = u32::try_from((failures - FREE_GUESSES).min(20)).ok()?;
    Some(FIRST_WAIT.checked_mul(1 << doublings).map_or(LONGEST_WAIT, |wait| wait.min(LONGEST_WAIT)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_guesses_are_free_and_the_others_take_longer_and_longer() {
        let waits: Vec<_> = (1..=14).map(|failures| wait(failures).map_or(0, |wait| wait.num_seconds())).collect();
        assert_eq!(waits, [0, 0, 0, 0, 30, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]);
    }
}
