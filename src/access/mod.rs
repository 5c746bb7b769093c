//! Who is calling, at which vendor, and may they.
//!
//! The gate (a middleware) finds the vendor and the caller of every request under `/api`. A handler says in its
//! signature whom it serves: [`Caller`]`<P>` is somebody with the permission `P` at this vendor, [`Anyone`] is whoever
//! came to this vendor's door, [`Lobby`] is a request that needs no vendor, [`Operator`] is who runs the platform. The first
//! two are the only keys to a vendor's data: forgetting the check means not having the database.

mod api_key;
mod caller;
mod directory;
mod first_password;
mod gate;
mod limits;
mod operator;
mod origin;
mod password;
mod permission;
mod signature;
mod store;
mod token;

pub use api_key::{API_KEY_MARK, Turnstile};
pub use caller::{Anyone, Caller, Device, Identity, Itself, Lobby, Principal, lacking};
pub use directory::{Directory, Vendor};
pub use gate::{Gate, NamedInPath, check_tenant, gate};
pub use limits::{Attempt, Limits, network};
pub use operator::Operator;
pub use origin::{Actor, ActorKind, Origin};
pub use password::Passwords;
pub use permission::{BuiltinRole, Permission, Permissions, Requirement, needs};
pub use token::{Bearer, Claims, Keys, Role, Subject, TokenError, TokenType, random_id};
