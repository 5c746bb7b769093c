//! Going from one vendor to another.

use super::model::{Membership, Switch};
use super::store::{self, Place};
use crate::access::{Attempt, Bearer, Caller, Principal, Subject, needs, random_id};
use crate::base::code::Code;
use crate::base::id::UserId;
use crate::base::page::{Cursor, Key, Page};
use crate::db::MayRead;
use crate::http::PageQuery;
use crate::identity::desk::{Desk, token_role};
use crate::identity::model::{IdentityError, TokenPair, VendorRef};
use crate::identity::store::{hold_member, standing_at};
use crate::problem::Problem;

/// Whom the caller's session belongs to.
fn user(caller: &Caller<needs::BeMember>) -> Result<UserId, Problem> {
    let origin = caller.origin();
    match caller.principal() {
        // Neither a key that was made for one vendor nor an operator who was let in there gets into another by it.
        Principal::Member(user, _) if origin.api_key.is_none() && origin.impersonator.is_none() => Ok(user),
        _ => Err(Problem::new(Code::PermissionDenied, "only a member of a team who has signed in can be in several")),
    }
}

impl Desk {
    /// The vendors whose team the caller is in.
    pub(super) async fn memberships(&self, caller: &Caller<needs::BeMember>, query: PageQuery) -> Result<Page<Membership>, Problem> {
        let (user, here) = (user(caller)?, caller.vendor_id());
        let (list, limit) = (format!("memberships:{user}"), query.limit());
        let after = query.after(&list)?.unwrap_or_default();
        let rows = self.db.read_control(move |scope| Ok(store::places(scope, user, after, limit + 1)?)).await?;
        let cursor = |(id, ..): &Place| Cursor { list, key: Key::Number(id.0), id: id.0 };
        Ok(Page::of(rows, limit, cursor, |(id, domain, name, role)| Membership { id, domain, name, role, is_current: id == here }))
    }

    /// Takes the caller's session along to another vendor: its tokens until now are good no more, as after a refresh. It is
    /// not a new session, so that whoever has got hold of an access token cannot make a lasting one of it unnoticed.
    pub(super) async fn switch(&self, caller: &Caller<needs::BeMember>, wish: Switch) -> Result<TokenPair, Problem> {
        let (user, session, subject) = (user(caller)?, caller.session(), caller.subject());
        self.limits.admit(Attempt { action: "switch", vendor: None, name: subject.claim(), address: None })?;
        let to = self.directory.open_vendor(&wish.vendor_domain).await?;
        let (vendor, to, next) = (VendorRef { id: to.id, domain: to.domain.clone() }, to.id, random_id());
        let standing = self.db.read_control(move |scope| Ok(standing_at(scope, user, to)?)).await?;
        let (role, _) = standing.ok_or(IdentityError::NotInTeam)?;
        // All that may fail is done before the old tokens are used up: a caller that has to try again still can.
        let me = self.describe(subject, token_role(&role), Some(vendor.clone())).await?;
        let (role, refresh_id) = (me.role, next.clone());
        self.db
            .write_control(move |scope| {
                if !hold_member(scope, user, to)? {
                    return Err(IdentityError::NotInTeam.into());
                }
                if !store::move_session(scope, session, user, to, &refresh_id)? {
                    return Err(IdentityError::SessionEnded.into());
                }
                Ok(())
            })
            .await?;
        self.tokens(&Bearer { subject: Subject::User(user), role, tenant: Some((vendor.id, vendor.domain)), session }, next, me)
    }
}
