//! Asking for a letter, and coming with the token that was in it.

use super::model::{Addressee, ForgotPassword, ResetPassword, TokenKind, spent};
use super::store::{self, Owner};
use crate::access::{Actor, ActorKind, Anyone, Attempt, Caller, Lobby, Origin, Subject, needs};
use crate::audit::{self, Action, Entry, Target};
use crate::base::id::{CustomerId, UserId};
use crate::base::{names, secret};
use crate::db::{Control, MayRead, Writing};
use crate::identity::sign_in::{Candidate, Known};
use crate::identity::{Desk, customers, letters, second_factor, sessions, store as people};
use crate::mail::{self, Letter, Links, Template};
use crate::problem::Problem;
use chrono::TimeDelta;
use futures_util::future::join;
use serde_json::json;
use std::time::Duration;

/// How long a token for a new password is good.
const RESET_TTL: TimeDelta = TimeDelta::hours(1);
/// The same, for whom did not ask for it, and may look at their letters in a few days only.
const TAKEN_TTL: TimeDelta = TimeDelta::days(3);
/// How long a token that proves an address is good.
const VERIFICATION_TTL: TimeDelta = TimeDelta::days(3);
/// So long it takes at least to ask for a letter: longer than anything that depends on whether there is somebody to get it.
const LOOKING: Duration = Duration::from_millis(100);

impl Desk {
    /// Mails a token for a new password to whom the name means here, if it means somebody whom mail reaches.
    pub(super) async fn forgot_password(&self, lobby: Lobby, form: ForgotPassword) -> Result<(), Problem> {
        let (name, is_email) = crate::identity::sign_in::called(form.username.as_deref(), form.email.as_deref())?;
        let vendor = lobby.vendor().map(|vendor| vendor.id);
        let attempt = Attempt { action: "forget password", vendor, name: name.clone(), address: lobby.address() };
        // What others asked for from elsewhere is in the mailbox already; so they keep nobody from asking here.
        drop(self.limits.admit_or_ask(attempt)?);
        let (done, ()) = join(self.mail_reset(&lobby, name, is_email), tokio::time::sleep(LOOKING)).await;
        done
    }

    async fn mail_reset(&self, lobby: &Lobby, name: String, is_email: bool) -> Result<(), Problem> {
        let addressee = match self.candidate(lobby, name, is_email).await? {
            Some((candidate, _)) => self.addressee(lobby, candidate).await?,
            None => None,
        };
        let (links, domain) = (self.links.clone(), lobby.vendor().map(|vendor| vendor.domain.clone()));
        self.db
            .write_control(move |scope| {
                let place = Place { links: &links, domain: domain.as_deref() };
                send(scope, Matter::PasswordForgotten, &place, addressee.clone())
            })
            .await
    }

    async fn addressee(&self, lobby: &Lobby, candidate: Candidate) -> Result<Option<Addressee>, Problem> {
        let (subject, vendor, email) = match candidate {
            Candidate::User(Known { id, .. }) => {
                let email = self.db.read_control(move |scope| Ok(people::user(scope, id)?.email)).await?;
                (Subject::User(id), None, email)
            }
            Candidate::Customer(id) => {
                let door = lobby.door(&self.directory, None).await?;
                let email = self.db.read(&door, move |scope| Ok(customers::profile(scope, id)?.email)).await?;
                (Subject::Customer(id), Some(door.vendor_id()), email)
            }
        };
        Ok(email.map(|email| Addressee { subject, vendor, email }))
    }

    /// Changes a password for whoever comes with the mailed token, and ends all sessions that there were.
    pub(super) async fn reset_password(&self, lobby: Lobby, form: ResetPassword) -> Result<(), Problem> {
        let digest = secret::digest(&form.token);
        // By the token, so that nobody can use up what others may try.
        self.limits.admit(Attempt { action: "reset password", vendor: None, name: digest.clone(), address: lobby.address() })?;
        let wanted = digest.clone();
        let token = self.db.read_control(move |scope| Ok(store::find(scope, TokenKind::PasswordReset, &wanted)?)).await?;
        let token = token.ok_or_else(spent)?;
        match token.subject() {
            Some(Subject::User(id)) => {
                let hash = self.passwords.hash(form.new_password.0).await?;
                self.reset_user(&lobby, id, Proof { digest, email: token.email_key }, hash).await
            }
            Some(Subject::Customer(id)) => {
                let door = lobby.door(&self.directory, None).await?;
                if token.vendor != Some(door.vendor_id()) {
                    return Err(spent());
                }
                let hash = self.passwords.hash(form.new_password.0).await?;
                self.reset_customer(&lobby, &door, id, Proof { digest, email: token.email_key }, hash).await
            }
            None => Err(spent()),
        }
    }

    async fn reset_user(&self, lobby: &Lobby, id: UserId, proof: Proof, hash: String) -> Result<(), Problem> {
        let (at, origin, device) = (self.links.host().to_owned(), lobby.origin(themselves(id)), lobby.device());
        self.db
            .write_control(move |scope| {
                let email = people::user(scope, id)?.email;
                if !proof.is_of(email.as_deref())
                    || !store::redeem(scope, &proof.digest)?
                    || !store::replace_password(scope, id, hash.clone())?
                {
                    return Err(spent());
                }
                let subject = Subject::User(id);
                sessions::remember_place(scope, subject, None, &device)?;
                second_factor::forgive(scope, id)?;
                people::revoke_all(scope, subject, None)?;
                store::forget(scope, TokenKind::PasswordReset, subject, None)?;
                audit::note(scope, &origin, Entry::without_values(None, Action::PasswordReset, (Target::User, id.0)));
                letters::tell_of_change(scope, None, &at, email, letters::NEW_PASSWORD)
            })
            .await
    }

    /// The token is used up first, for it is on another plane than the password: should the rest fail, another letter helps.
    /// The password changes before the sessions end, and a session that begins looks at it last: so none outlives it.
    async fn reset_customer(&self, lobby: &Lobby, door: &Anyone, id: CustomerId, proof: Proof, hash: String) -> Result<(), Problem> {
        let email = self.db.read(door, move |scope| Ok(customers::profile(scope, id)?.email)).await?;
        proof.is_of(email.as_deref()).then_some(()).ok_or_else(spent)?;
        let redeemed = self.db.write_control(move |scope| Ok(store::redeem(scope, &proof.digest)?)).await?;
        redeemed.then_some(()).ok_or_else(spent)?;
        let email = self.db.write(door, move |scope| Ok(customers::replace_password(scope, id, hash.clone())?)).await?;
        let (vendor, at, device) = (door.vendor_id(), door.vendor().domain.clone(), lobby.device());
        self.db
            .write_control(move |scope| {
                let subject = Subject::Customer(id);
                people::revoke_all(scope, subject, Some(vendor))?;
                sessions::remember_place(scope, subject, Some(vendor), &device)?;
                store::forget(scope, TokenKind::PasswordReset, subject, Some(vendor))?;
                letters::tell_of_change(scope, Some(vendor), &at, email.clone(), letters::NEW_PASSWORD)
            })
            .await
    }

    /// Notes that mail reaches the user whom the token was mailed to.
    pub(super) async fn verify_email(&self, lobby: Lobby, token: &str) -> Result<(), Problem> {
        let digest = secret::digest(token);
        self.limits.admit(Attempt { action: "verify email", vendor: None, name: digest.clone(), address: lobby.address() })?;
        // Who it is, is known in there only; what request it is, out here.
        let origin = lobby.origin(Actor { kind: ActorKind::Member, id: None });
        self.db
            .write_control(move |scope| {
                let found = store::find(scope, TokenKind::EmailVerification, &digest)?;
                let Some((Subject::User(id), email)) = found.and_then(|token| token.subject().zip(token.email_key)) else {
                    return Err(spent());
                };
                let is_done = store::redeem(scope, &digest)? && store::note_verified(scope, id, &email)?;
                let origin = Origin { actor: themselves(id), ..origin.clone() };
                audit::note(scope, &origin, Entry::without_values(None, Action::EmailVerified, (Target::User, id.0)));
                store::forget(scope, TokenKind::EmailVerification, Subject::User(id), None)?;
                if is_done { Ok(()) } else { Err(spent()) }
            })
            .await
    }

    /// Mails another token that proves the caller's address, unless it is proved.
    pub(super) async fn resend_verification(&self, caller: &Caller<needs::BeUser>) -> Result<(), Problem> {
        caller.in_person()?;
        let Subject::User(id) = caller.subject() else { return Ok(()) };
        let links = self.links.clone();
        self.db
            .write_control(move |scope| {
                let user = people::user(scope, id)?;
                match user.email.filter(|_| user.email_verified_at.is_none()) {
                    Some(email) => ask_to_verify(scope, &links, id, email),
                    None => Ok(()),
                }
            })
            .await
    }
}

/// A mailed token, and the address that it proves, as addresses are compared.
struct Proof {
    digest: String,
    email: Option<String>,
}

impl Proof {
    /// Whether it went to where mail reaches them now.
    fn is_of(&self, email: Option<&str>) -> bool {
        email.map(names::key) == self.email
    }
}

/// Whoever comes with a token that was mailed to a user is that user.
fn themselves(id: UserId) -> Actor {
    Actor { kind: ActorKind::Member, id: Some(id.0) }
}

/// Mails a user a token that proves their address.
pub fn ask_to_verify(scope: &mut Writing<Control>, links: &Links, user: UserId, email: String) -> Result<(), Problem> {
    let addressee = Addressee { subject: Subject::User(user), vendor: None, email };
    send(scope, Matter::EmailVerification, &Place { links, domain: None }, Some(addressee))
}

/// Takes a user's password from them: it is good for nothing from now on, their sessions end, and a letter with a token for another
/// is on its way to them.
pub fn take_password(scope: &mut Writing<Control>, links: &Links, user: UserId, email: Option<String>) -> Result<(), Problem> {
    let subject = Subject::User(user);
    store::take_password(scope, user)?;
    people::revoke_all(scope, subject, None)?;
    store::forget(scope, TokenKind::PasswordReset, subject, None)?;
    let Some(email) = email else { return Ok(()) };
    send(scope, Matter::PasswordTaken, &Place { links, domain: None }, Some(Addressee { subject, vendor: None, email }))
}

/// What a letter with a token is about.
#[derive(Clone, Copy)]
enum Matter {
    PasswordForgotten,
    PasswordTaken,
    EmailVerification,
}

/// Where the letter says that it comes from.
struct Place<'a> {
    links: &'a Links,
    domain: Option<&'a str>,
}

/// Keeps a new token and mails it to the addressee. For nobody, and for who has had enough letters lately, a token that
/// leads nowhere is kept: which takes as long.
fn send(scope: &mut Writing<Control>, matter: Matter, place: &Place<'_>, addressee: Option<Addressee>) -> Result<(), Problem> {
    let (kind, ttl, page, template) = match matter {
        Matter::PasswordForgotten => (TokenKind::PasswordReset, RESET_TTL, "reset-password", Template::PasswordReset),
        Matter::PasswordTaken => (TokenKind::PasswordReset, TAKEN_TTL, "reset-password", Template::PasswordTaken),
        Matter::EmailVerification => (TokenKind::EmailVerification, VERIFICATION_TTL, "verify-email", Template::EmailVerification),
    };
    let token = secret::new();
    let Some(Addressee { subject, vendor, email }) = addressee else {
        return Ok(store::insert(scope, kind, secret::digest(&token), None, ttl)?);
    };
    let owner = Owner { subject, vendor, email_key: names::key(&email) };
    if store::is_flooded(scope, kind, &owner)? {
        return Ok(store::insert(scope, kind, secret::digest(&token), None, ttl)?);
    }
    store::insert(scope, kind, secret::digest(&token), Some(owner), ttl)?;
    let at = place.domain.unwrap_or_else(|| place.links.host());
    let values = json!({ "at": at, "link": place.links.to(page, place.domain, &token), "token": token });
    Ok(mail::send(scope, Letter { vendor, to: email, template, values })?)
}
