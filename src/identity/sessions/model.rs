//! A session, as its owner sees it.

use crate::base::id::SessionId;
use crate::base::time::Timestamp;
use crate::identity::VendorRef;
use serde::Serialize;
use utoipa::ToSchema;

/// A session: one sign-in, on one device, until it is ended or not used for long.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Session {
    /// The session's id.
    pub id: SessionId,
    /// Whether it is the one that this request belongs to.
    pub is_current: bool,
    /// The vendor it is at; none for an operator's.
    pub vendor: Option<VendorRef>,
    /// The network address it was last used from to sign in or refresh.
    #[schema(example = "203.0.113.7")]
    pub address: Option<String>,
    /// What that device said it was.
    #[schema(example = "Mozilla/5.0 (X11; Linux x86_64)")]
    pub user_agent: Option<String>,
    /// When it began.
    pub created_at: Timestamp,
    /// When its tokens were last refreshed.
    pub last_used_at: Timestamp,
    /// When it ends unless it is used.
    pub expires_at: Timestamp,
}
