//! Tokens: JWT (RFC 7519) signed with HS256. The header's `kid` tells which secret, so that secrets can rotate.

use super::signature;
use crate::base::code::{Code, Refusal};
use crate::base::hex;
use crate::base::id::{CustomerId, SessionId, UserId, VendorId};
use crate::base::text_enum::text_enum;
use crate::base::time::Timestamp;
use chrono::TimeDelta;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use rand::Rng;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Whom the tokens are for: a token made for another service is no good here.
const AUDIENCE: &str = "stoa-api";

text_enum! {
    /// What somebody is, in the claim `role`.
    pub enum Role {
        /// Owns the vendor.
        Owner = "owner",
        /// Works for the vendor.
        Staff = "staff",
        /// Buys at the vendor.
        Customer = "customer",
        /// Runs the platform.
        Operator = "operator",
    }
}

text_enum! {
    /// What a token is good for.
    pub enum TokenType {
        /// Calling the API.
        Access = "access",
        /// Getting new tokens.
        Refresh = "refresh",
    }
}

/// Whom a token speaks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A user: a member or an operator.
    User(UserId),
    /// A customer of the vendor in `tenant_id`.
    Customer(CustomerId),
}

impl Subject {
    /// The claim `sub`, unique over both kinds.
    pub fn claim(self) -> String {
        match self {
            Self::User(id) => format!("user:{id}"),
            Self::Customer(id) => format!("customer:{id}"),
        }
    }

    /// The id, whatever it is of: the claim `user_id`.
    pub fn id(self) -> i64 {
        match self {
            Self::User(UserId(id)) | Self::Customer(CustomerId(id)) => id,
        }
    }
}

/// What a token says. Permissions are not in it: they are read anew for each request.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Claims {
    /// `user:<id>` or `customer:<id>`.
    pub sub: String,
    /// The id alone.
    pub user_id: i64,
    /// What they are.
    pub role: Role,
    /// The vendor they signed in to.
    pub tenant_id: Option<VendorId>,
    /// Its domain.
    pub tenant_domain: Option<String>,
    /// What the token is good for.
    pub token_type: TokenType,
    /// Unique to this token.
    pub jti: String,
    /// The session it belongs to.
    pub sid: SessionId,
    /// Since when it is good, in seconds since 1970.
    pub iat: i64,
    /// Until when.
    pub exp: i64,
    /// Who made it.
    pub iss: String,
    /// Whom it is for.
    pub aud: String,
    /// The operator who has it, and for a while is whom it speaks for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub impersonator: Option<UserId>,
}

impl Claims {
    /// Whom it speaks for.
    pub fn subject(&self) -> Subject {
        if self.role == Role::Customer { Subject::Customer(CustomerId(self.user_id)) } else { Subject::User(UserId(self.user_id)) }
    }
}

/// The token is of no use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Not ours, tampered with, or of the wrong type.
    #[error("the token is not valid; sign in again")]
    Invalid,
    /// Too old.
    #[error("the token has expired; refresh it, or sign in again")]
    Expired,
}

impl Refusal for TokenError {
    fn code(&self) -> Code {
        match self {
            Self::Invalid => Code::InvalidToken,
            Self::Expired => Code::TokenExpired,
        }
    }
}

struct Key {
    kid: String,
    encoding: EncodingKey,
    decoding: DecodingKey,
}

/// The secrets, newest first: it signs, all verify.
pub struct Keys {
    secrets: Vec<Key>,
    issuer: String,
    access_ttl: TimeDelta,
    refresh_ttl: TimeDelta,
}

/// Whom to make tokens for.
#[derive(Clone, Debug)]
pub struct Bearer {
    /// Who.
    pub subject: Subject,
    /// What they are.
    pub role: Role,
    /// At which vendor: id and domain.
    pub tenant: Option<(VendorId, String)>,
    /// In which session.
    pub session: SessionId,
}

impl Keys {
    /// Keys of `secrets`; tokens live as long as the two durations say.
    pub fn new(secrets: &[SecretString], issuer: String, access_ttl: TimeDelta, refresh_ttl: TimeDelta) -> Self {
        signature::choose();
        let key = |secret: &SecretString| {
            let bytes = secret.expose_secret().as_bytes();
            // A fingerprint that tells secrets apart and tells nothing about them.
            let digest = Sha256::digest([b"stoa key id:", bytes].concat());
            let kid = hex::encode(digest.first_chunk::<4>().unwrap_or(&[0; 4]));
            Key { kid, encoding: EncodingKey::from_secret(bytes), decoding: DecodingKey::from_secret(bytes) }
        };
        Self { secrets: secrets.iter().map(key).collect(), issuer, access_ttl, refresh_ttl }
    }

    /// How long an access token is good.
    pub fn access_ttl(&self) -> TimeDelta {
        self.access_ttl
    }

    /// How long a refresh token is good.
    pub fn refresh_ttl(&self) -> TimeDelta {
        self.refresh_ttl
    }

    /// Signs a token; `jti` names it.
    pub fn sign(&self, bearer: &Bearer, token_type: TokenType, jti: String, now: Timestamp) -> Result<String, jsonwebtoken::errors::Error> {
        let ttl = if token_type == TokenType::Access { self.access_ttl } else { self.refresh_ttl };
        self.encode(&self.claims(bearer, token_type, jti, now, ttl))
    }

    /// Signs an access token for an operator who is somebody else for a while.
    pub fn sign_impersonation(
        &self,
        bearer: &Bearer,
        operator: UserId,
        jti: String,
        now: Timestamp,
        ttl: TimeDelta,
    ) -> Result<String, jsonwebtoken::errors::Error> {
        self.encode(&Claims { impersonator: Some(operator), ..self.claims(bearer, TokenType::Access, jti, now, ttl) })
    }

    fn claims(&self, bearer: &Bearer, token_type: TokenType, jti: String, now: Timestamp, ttl: TimeDelta) -> Claims {
        let (tenant_id, tenant_domain) = bearer.tenant.clone().unzip();
        Claims {
            sub: bearer.subject.claim(),
            user_id: bearer.subject.id(),
            role: bearer.role,
            tenant_id,
            tenant_domain,
            token_type,
            jti,
            sid: bearer.session,
            iat: now.seconds(),
            exp: now.plus(ttl).seconds(),
            iss: self.issuer.clone(),
            aud: AUDIENCE.to_owned(),
            impersonator: None,
        }
    }

    fn encode(&self, claims: &Claims) -> Result<String, jsonwebtoken::errors::Error> {
        let key = self.secrets.first().ok_or(jsonwebtoken::errors::ErrorKind::InvalidKeyFormat)?;
        let header = Header { kid: Some(key.kid.clone()), ..Header::new(Algorithm::HS256) };
        jsonwebtoken::encode(&header, claims, &key.encoding)
    }

    /// Reads a token that must be one of ours, for this service, of this type and not expired.
    pub fn verify(&self, token: &str, token_type: TokenType, now: Timestamp) -> Result<Claims, TokenError> {
        let kid = jsonwebtoken::decode_header(token).ok().and_then(|header| header.kid).ok_or(TokenError::Invalid)?;
        let key = self.secrets.iter().find(|key| key.kid == kid).ok_or(TokenError::Invalid)?;
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_audience(&[AUDIENCE]);
        validation.set_issuer(&[&self.issuer]);
        // The time is compared below, with our own clock.
        validation.validate_exp = false;
        let claims = jsonwebtoken::decode::<Claims>(token, &key.decoding, &validation).map_err(|_| TokenError::Invalid)?.claims;
        if claims.token_type != token_type || claims.sub != claims.subject().claim() {
            return Err(TokenError::Invalid);
        }
        if claims.exp <= now.seconds() {
            return Err(TokenError::Expired);
        }
        Ok(claims)
    }
}

/// A name for a token that nobody can guess: 128 random bits.
pub fn random_id() -> String {
    let mut bytes = [0_u8; 16];
    rand::rng().fill_bytes(&mut bytes);
    hex::encode(&bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRETS: [&str; 2] = ["an-old-secret-of-32-characters!!", "a-new-secret-of-32-characters!!!"];

    fn keys(secrets: &[&str]) -> Keys {
        let secrets: Vec<_> = secrets.iter().map(|secret| SecretString::from(*secret)).collect();
        Keys::new(&secrets, "http://stoa.test".to_owned(), TimeDelta::minutes(15), TimeDelta::days(7))
    }

    fn bearer() -> Bearer {
        Bearer {
            subject: Subject::Customer(CustomerId(5)),
            role: Role::Customer,
            tenant: Some((VendorId(1), "vendor1.example.com".to_owned())),
            session: SessionId(9),
        }
    }

    fn noon() -> Timestamp {
        Timestamp::from_micros(1_800_000_000_000_000).unwrap()
    }

    #[test]
    fn a_token_is_read_again_until_it_expires() {
        let keys = keys(&SECRETS);
        let token = keys.sign(&bearer(), TokenType::Access, random_id(), noon()).unwrap();
        let claims = keys.verify(&token, TokenType::Access, noon()).unwrap();
        assert_eq!(claims.subject(), Subject::Customer(CustomerId(5)));
        assert_eq!(claims.tenant_domain.as_deref(), Some("vendor1.example.com"));
        assert!(keys.verify(&token, TokenType::Access, noon().plus(TimeDelta::seconds(899))).is_ok());
        assert_eq!(keys.verify(&token, TokenType::Access, noon().plus(TimeDelta::seconds(900))).unwrap_err(), TokenError::Expired);
        assert_eq!(keys.verify(&token, TokenType::Refresh, noon()).unwrap_err(), TokenError::Invalid);
    }

    #[test]
    fn an_old_secret_still_verifies_until_it_is_dropped() {
        let token = keys(&SECRETS[..1]).sign(&bearer(), TokenType::Access, random_id(), noon()).unwrap();
        let rotated: Vec<_> = SECRETS.iter().rev().copied().collect();
        assert!(keys(&rotated).verify(&token, TokenType::Access, noon()).is_ok());
        assert_eq!(keys(&SECRETS[1..]).verify(&token, TokenType::Access, noon()).unwrap_err(), TokenError::Invalid);
    }

    #[test]
    fn a_token_of_another_issuer_is_refused() {
        let other = Keys { issuer: "http://other.test".to_owned(), ..keys(&SECRETS) };
        let token = other.sign(&bearer(), TokenType::Access, random_id(), noon()).unwrap();
        assert_eq!(keys(&SECRETS).verify(&token, TokenType::Access, noon()).unwrap_err(), TokenError::Invalid);
    }
}
