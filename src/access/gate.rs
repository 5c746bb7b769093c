//! The gate: the middleware in front of `/api` that finds out which vendor is meant and who is calling.
//!
//! It refuses nothing itself; it notes what it found, and the handler's own types decide ([`super::caller`]).

use super::api_key::{API_KEY_MARK, Turnstile};
use super::caller::{Device, Identity, Principal};
use super::directory::{Directory, Vendor};
use super::store;
use super::token::{Claims, Keys, Role, Subject, TokenType};
use crate::base::code::{Code, cut};
use crate::base::id::UserId;
use crate::base::time::Clock;
use crate::db::Db;
use crate::http::header;
use crate::problem::Problem;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{AUTHORIZATION, HOST, HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, web};
use ipnet::IpNet;
use std::net::IpAddr;
use std::sync::Arc;

/// What the gate needs to know.
pub struct Gate {
    /// The database.
    pub db: Db,
    /// The vendors.
    pub directory: Arc<Directory>,
    /// The secrets.
    pub keys: Arc<Keys>,
    /// The time.
    pub clock: Clock,
    /// How programs are let in, by their keys.
    pub turnstile: Turnstile,
    /// Whose word on the caller's address is taken.
    pub trusted_proxies: Vec<IpNet>,
}

/// The vendor's label, where the path had it.
#[derive(Clone, Debug)]
pub struct NamedInPath(pub String);

/// What the gate found out about a request.
#[derive(Clone, Debug)]
pub(super) struct Arrival {
    pub vendor: Result<Option<Arc<Vendor>>, Problem>,
    pub identity: Result<Option<Identity>, Problem>,
    pub device: Device,
    /// The operator whom this is in truth, whatever becomes of the request.
    pub impersonator: Option<UserId>,
}

/// Refuses the token of another vendor. An operator's is of none.
pub fn check_tenant(claims: &Claims, vendor: &Vendor) -> Result<(), Problem> {
    // By its id alone: the domain is what the vendor went by when somebody signed in, and it may go by another now.
    let is_own = claims.tenant_id == Some(vendor.id);
    if is_own || claims.role == Role::Operator {
        return Ok(());
    }
    Err(Problem::new(Code::TenantMismatch, "this token belongs to another vendor; sign in to this one"))
}

/// The middleware.
pub async fn gate(request: ServiceRequest, next: Next<impl MessageBody>) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let gate = request.app_data::<web::Data<Gate>>().cloned().ok_or_else(|| Problem::internal("no gate"))?;
    let arrival = gate.receive(&request).await;
    if let Ok(Some(vendor)) = &arrival.vendor {
        tracing::Span::current().record("vendor", vendor.id.0);
    }
    let impersonator = arrival.impersonator;
    if let Some(operator) = impersonator {
        tracing::Span::current().record("impersonator", operator.0);
    }
    request.extensions_mut().insert(arrival);
    let mut response = next.call(request).await?;
    if let Some(operator) = impersonator {
        response.headers_mut().insert(X_IMPERSONATED_BY, HeaderValue::from(operator.0));
    }
    Ok(response)
}

/// What an operator who is somebody else leaves alone: what would outlast that, or lead elsewhere. Passwords, addresses, second
/// factors, sessions and other vendors' doors are all under the first, and only seen there, not changed.
const OUT_OF_REACH: [&str; 5] = ["/api/auth/", "/api/api-keys", "/api/team/", "/api/invitations/", "/api/vendor/domains"];

fn is_out_of_reach(request: &ServiceRequest) -> bool {
    // As the router reads it, however it was written.
    let path = request.match_info().as_str();
    !request.method().is_safe() && OUT_OF_REACH.iter().any(|place| path.starts_with(place))
}

/// What a header says; what is no text is nobody's name and no token.
fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, Problem> {
    let value = header::only(headers, name)?;
    Ok(value.map(|value| std::str::from_utf8(value.as_bytes()).unwrap_or("\u{fffd}")))
}

/// The token or the key in an `Authorization`.
fn bearer(authorization: &str) -> Result<&str, Problem> {
    let (_, token) = authorization
        .split_once(' ')
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .ok_or_else(|| Problem::new(Code::InvalidToken, "Authorization must be: Bearer, a space, an access token"))?;
    Ok(token.trim())
}

/// How much is kept of what a device says it is.
const LONGEST_AGENT: usize = 200;
const X_TENANT_DOMAIN: HeaderName = HeaderName::from_static("x-tenant-domain");
const X_IMPERSONATED_BY: HeaderName = HeaderName::from_static("x-impersonated-by");
const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

impl Gate {
    async fn receive(&self, request: &ServiceRequest) -> Arrival {
        let headers = request.headers();
        let mut vendor = self.vendor(request).await;
        let forwarded: Vec<_> = headers.get_all(&X_FORWARDED_FOR).filter_map(|line| line.to_str().ok()).collect();
        let address = self.address(request.peer_addr().map(|peer| peer.ip()), &forwarded.join(","));
        let mut identity = match text(headers, &AUTHORIZATION).and_then(|text| text.map(bearer).transpose()) {
            Ok(None) => Ok(None),
            Ok(Some(key)) if key.starts_with(API_KEY_MARK) => self.turnstile.admit(key, &mut vendor, address).await.map(Some),
            Ok(Some(token)) => self.identify(token, vendor.as_ref().ok().and_then(Option::as_deref)).await,
            Err(refusal) => Err(refusal),
        };
        let impersonator = identity.as_ref().ok().and_then(Option::as_ref).and_then(|identity| identity.impersonator);
        if impersonator.is_some() && is_out_of_reach(request) {
            identity = Err(Problem::new(Code::ImpersonationLimited, "this is for the member alone, not for an operator in their place"));
        }
        let user_agent =
            headers.get(&USER_AGENT).and_then(|text| text.to_str().ok()).map(|text| Arc::from(cut(text.to_owned(), LONGEST_AGENT)));
        Arrival { vendor, identity, device: Device { address, user_agent }, impersonator }
    }

    /// Whom the request is for. A host in its target counts for more than the header (RFC 9112, 3.2.2).
    async fn vendor(&self, request: &ServiceRequest) -> Result<Option<Arc<Vendor>>, Problem> {
        let named = text(request.headers(), &X_TENANT_DOMAIN)?;
        let host = match request.uri().host() {
            None => text(request.headers(), &HOST)?,
            target => target,
        };
        let path = request.extensions().get::<NamedInPath>().map(|NamedInPath(label)| label.clone());
        self.directory.resolve_all(named, host, path.as_deref()).await
    }

    /// The caller's address: the last one in `X-Forwarded-For` that no trusted proxy vouches for. A proxy may have added
    /// a line of its own, so all lines count as one.
    fn address(&self, peer: Option<IpAddr>, forwarded: &str) -> Option<IpAddr> {
        let is_trusted = |address: &IpAddr| self.trusted_proxies.iter().any(|network| network.contains(address));
        // On a socket for both families, IPv4 comes in the clothes of IPv6.
        let mut address = peer?.to_canonical();
        for hop in forwarded.rsplit(',') {
            match hop.trim().parse::<IpAddr>() {
                Ok(hop) if is_trusted(&address) => address = hop.to_canonical(),
                _ => break,
            }
        }
        Some(address)
    }

    async fn identify(&self, token: &str, vendor: Option<&Vendor>) -> Result<Option<Identity>, Problem> {
        let claims = self.keys.verify(token, TokenType::Access, self.clock.now())?;
        // Compared before the session is: a token of another vendor is told so, whatever became of its session.
        if let Some(vendor) = vendor {
            check_tenant(&claims, vendor)?;
        }
        let principal = self.principal(&claims).await?;
        let impersonator = self.impersonator(&claims).await?;
        Ok(Some(Identity { claims, principal, impersonator, api_key: None }))
    }

    /// The operator who has this token, if it is one's, and they still may.
    async fn impersonator(&self, claims: &Claims) -> Result<Option<UserId>, Problem> {
        let (Some(operator), session) = (claims.impersonator, claims.sid) else { return Ok(None) };
        let may = self.db.read_control(move |scope| Ok(store::may_impersonate(scope, session, operator)?)).await?;
        if may { Ok(Some(operator)) } else { Err(Problem::new(Code::SessionEnded, "this impersonation has ended")) }
    }

    /// Reads, for every request anew, whether the session is alive and what it allows now.
    async fn principal(&self, claims: &Claims) -> Result<Principal, Problem> {
        let ended = || Problem::new(Code::SessionEnded, "this session has ended; sign in again");
        let (session, role, tenant, subject) = (claims.sid, claims.role, claims.tenant_id, claims.subject());
        let found = self
            .db
            .read_control(move |scope| {
                Ok(match (subject, tenant) {
                    (Subject::Customer(customer), Some(vendor)) => {
                        store::is_customer(scope, session, customer, vendor)?.then_some(Principal::Customer(customer))
                    }
                    (Subject::User(user), _) if role == Role::Operator => {
                        store::is_operator(scope, session, user)?.then_some(Principal::Operator(user))
                    }
                    (Subject::User(user), Some(vendor)) => {
                        store::member_permissions(scope, session, user, vendor)?.map(|permissions| Principal::Member(user, permissions))
                    }
                    _ => None,
                })
            })
            .await?;
        found.ok_or_else(ended)
    }
}
