//! How the gate lets a program in by an API key: with what the key may do, and of that what its maker may at this moment.
//!
//! The key and its maker's standing are read for every request anew, in one statement, so that whatever shuts either out
//! does so at once.

use super::caller::{Identity, Principal};
use super::directory::{Directory, Vendor};
use super::gate::check_tenant;
use super::limits::Limits;
use super::permission::Permissions;
use super::store;
use super::token::{Claims, Role, TokenType};
use crate::base::code::Code;
use crate::base::id::{ApiKeyId, SessionId, UserId, VendorId};
use crate::base::secret;
use crate::base::time::{Clock, Timestamp};
use crate::db::Db;
use crate::problem::Problem;
use chrono::TimeDelta;
use moka::sync::Cache;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

/// What every key begins with, and no token does.
pub const API_KEY_MARK: &str = "sk_";
/// How often it is written down that a key was used.
const NOTED_EVERY: TimeDelta = TimeDelta::minutes(1);
/// How many keys are remembered as noted.
const MOST_NOTED: u64 = 100_000;

/// A key that is good, and whose it is.
#[derive(Clone, Debug)]
pub(super) struct KeyHolder {
    pub id: ApiKeyId,
    pub vendor: VendorId,
    pub domain: String,
    pub maker: UserId,
    /// What the key was made for.
    pub granted: Permissions,
    /// What its maker may do now.
    pub makers: Permissions,
    pub last_used_at: Option<Timestamp>,
}

/// Lets programs in.
pub struct Turnstile {
    db: Db,
    directory: Arc<Directory>,
    clock: Clock,
    limits: Limits,
    noted: Cache<ApiKeyId, Timestamp>,
}

impl Turnstile {
    /// One for the keys in this database; nobody is slowed down when not `limited`.
    pub fn new(db: Db, directory: Arc<Directory>, clock: Clock, limited: bool) -> Self {
        let limits = Limits::new(clock.clone(), limited);
        let noted = Cache::builder().max_capacity(MOST_NOTED).time_to_live(Duration::from_hours(1)).build();
        Self { db, directory, clock, limits, noted }
    }

    /// Who calls by this key, at the vendor that the request names: when it names none, at the key's own, which is then
    /// put in its place, or else the refusal.
    pub(super) async fn admit(
        &self,
        key: &str,
        vendor: &mut Result<Option<Arc<Vendor>>, Problem>,
        address: Option<IpAddr>,
    ) -> Result<Identity, Problem> {
        let admitted = self.look_at(key, vendor, address).await;
        if let (Err(refusal), Ok(None)) = (&admitted, &vendor) {
            *vendor = Err(refusal.clone());
        }
        admitted
    }

    async fn look_at(
        &self,
        key: &str,
        vendor: &mut Result<Option<Arc<Vendor>>, Problem>,
        address: Option<IpAddr>,
    ) -> Result<Identity, Problem> {
        let digest = secret::digest(key);
        let Some(holder) = self.db.read_control(move |scope| Ok(store::key_holder(scope, &digest)?)).await? else {
            self.limits.admit_guess(address)?;
            return Err(Problem::new(Code::InvalidToken, "this is no API key, or one that was revoked or has expired"));
        };
        self.limits.admit_key(holder.id)?;
        if matches!(vendor, Ok(None)) {
            *vendor = self.directory.resolve(Some(&holder.domain), None).await;
        }
        let claims = claims(&holder, self.clock.now());
        if let Ok(Some(vendor)) = vendor {
            check_tenant(&claims, vendor)?;
        }
        let principal = Principal::Member(holder.maker, holder.granted.and(holder.makers));
        self.note_use(&holder);
        Ok(Identity { claims, principal, impersonator: None, api_key: Some(holder.id) })
    }

    /// Has it written down that the key was used, once a minute at the most, and after the request was let in.
    fn note_use(&self, holder: &KeyHolder) {
        let (id, now) = (holder.id, self.clock.now());
        let is_fresh = |at: Timestamp| at.plus(NOTED_EVERY) > now;
        if holder.last_used_at.is_some_and(is_fresh) || self.noted.get(&id).is_some_and(is_fresh) {
            return;
        }
        self.noted.insert(id, now);
        let db = self.db.clone();
        actix_web::rt::spawn(async move {
            if let Err(problem) = db.write_control(move |scope| Ok(store::note_key_use(scope, id)?)).await {
                tracing::warn!(%problem, key = id.0, "it was not written down that an API key was used");
            }
        });
    }
}

/// What a token for the key would say. There is none, and no session: what asks for either is not for keys.
fn claims(holder: &KeyHolder, now: Timestamp) -> Claims {
    Claims {
        sub: format!("key:{}", holder.id),
        user_id: holder.maker.0,
        role: Role::Staff,
        tenant_id: Some(holder.vendor),
        tenant_domain: Some(holder.domain.clone()),
        token_type: TokenType::Access,
        jti: String::new(),
        sid: SessionId(0),
        iat: now.seconds(),
        exp: now.seconds(),
        iss: String::new(),
        aud: String::new(),
        impersonator: None,
    }
}
