//! Which vendor a name on the wire means: the header's, or the host's.

use super::caller::inactive;
use super::store;
use crate::base::code::Code;
use crate::base::domain;
use crate::base::id::VendorId;
use crate::base::money::Currency;
use crate::base::time::{Clock, Timestamp};
use crate::db::{Control, Db, Reading};
use crate::problem::Problem;
use chrono::TimeDelta;
use moka::sync::Cache;
use std::sync::{Arc, PoisonError, RwLock};

/// A vendor, as far as every request needs to know it.
#[derive(Clone, Debug)]
pub struct Vendor {
    /// Its id.
    pub id: VendorId,
    /// The domain of its shop.
    pub domain: String,
    /// What it sells in.
    pub currency: Currency,
    /// Whether it is open; when not, nobody but operators gets in.
    pub is_active: bool,
}

/// How a vendor may be named: by its own domain, or else by its label under the platform's.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Name {
    domain: String,
    label: Option<String>,
}

/// Finds vendors by name, and remembers them until a vendor is made or changed. A change made by this process is seen
/// at once, one made by another instance after [`UNSEEN`].
pub struct Directory {
    db: Db,
    clock: Clock,
    platform_domain: Option<String>,
    own_domains: Vec<String>,
    known: Cache<Name, Known>,
    memory: RwLock<Memory>,
}

/// How long another instance's change may go unseen.
const UNSEEN: TimeDelta = TimeDelta::seconds(1);
/// How many names are remembered.
const MOST_KNOWN: u64 = 100_000;

/// What a name meant when the directory had this version.
#[derive(Clone)]
struct Known {
    version: i64,
    vendor: Option<Arc<Vendor>>,
}

/// The version that was seen last, and when; and how often that was forgotten.
#[derive(Clone, Copy, Default)]
struct Memory {
    seen: Option<(i64, Timestamp)>,
    forgotten: u64,
}

impl Directory {
    /// The vendors of this database; those under `platform_domain` go by their subdomain too. `own_domains` are
    /// the platform's own hosts, which never name a vendor.
    pub fn new(db: Db, clock: Clock, platform_domain: Option<String>, own_domains: Vec<String>) -> Self {
        Self { db, clock, platform_domain, own_domains, known: Cache::new(MOST_KNOWN), memory: RwLock::default() }
    }

    /// The platform's own domain.
    pub fn platform_domain(&self) -> Option<&str> {
        self.platform_domain.as_deref()
    }

    /// Whether this is one of the platform's own hosts.
    pub fn is_own(&self, domain: &str) -> bool {
        self.own_domains.iter().any(|own| own == domain)
    }

    /// Forgets what it knew: a vendor has been made or changed.
    pub fn forget(&self) {
        let mut memory = self.memory.write().unwrap_or_else(PoisonError::into_inner);
        *memory = Memory { seen: None, forgotten: memory.forgotten + 1 };
    }

    /// The vendor that header and host name. A host that is nobody's names none, unless it is a subdomain of the platform.
    pub async fn resolve(&self, header: Option<&str>, host: Option<&str>) -> Result<Option<Arc<Vendor>>, Problem> {
        self.resolve_all(header, host, None).await
    }

    /// The vendor that header, host and path name, of which the path has the label alone: as many as name one must agree.
    pub async fn resolve_all(&self, header: Option<&str>, host: Option<&str>, path: Option<&str>) -> Result<Option<Arc<Vendor>>, Problem> {
        let unknown = |name: &str| Problem::new(Code::UnknownTenant, format!("there is no vendor at {name:?}"));
        let by_header = match header {
            None => None,
            Some(text) => {
                let name = domain::normalise(text).map(|domain| self.name(domain)).ok_or_else(|| unknown(text))?;
                Some(self.find(name).await?.ok_or_else(|| unknown(text))?)
            }
        };
        let by_path = match path {
            None => None,
            Some(text) => {
                let label = domain::normalise(text).filter(|label| !domain::is_public(label)).ok_or_else(|| unknown(text))?;
                Some(self.find(Name { domain: String::new(), label: Some(label) }).await?.ok_or_else(|| unknown(text))?)
            }
        };
        let by_host = match host.and_then(domain::normalise).filter(|domain| !self.is_own(domain)).map(|domain| self.name(domain)) {
            None => None,
            Some(name) if !domain::is_public(&name.domain) => None,
            Some(name) => {
                let is_ours = name.label.is_some();
                match self.find(name).await? {
                    None if is_ours && by_header.is_none() && by_path.is_none() => return Err(unknown(host.unwrap_or_default())),
                    found => found,
                }
            }
        };
        let mut named = [by_header, by_host, by_path].into_iter().flatten();
        let first = named.next();
        if named.any(|other| first.as_ref().is_some_and(|first| first.id != other.id)) {
            let message = "X-Tenant-Domain, Host and the path name different vendors; name one once, or make them agree";
            return Err(Problem::new(Code::TenantConflict, message));
        }
        Ok(first)
    }

    /// The open vendor at this domain.
    pub async fn open_vendor(&self, domain: &str) -> Result<Arc<Vendor>, Problem> {
        let vendor = self.resolve(Some(domain), None).await?.ok_or_else(Problem::not_found)?;
        if vendor.is_active { Ok(vendor) } else { Err(inactive()) }
    }

    fn name(&self, domain: String) -> Name {
        let label = self.platform_domain.as_deref().and_then(|platform| domain.strip_suffix(platform)?.strip_suffix('.'));
        Name { label: label.map(str::to_owned), domain }
    }

    async fn find(&self, name: Name) -> Result<Option<Arc<Vendor>>, Problem> {
        let version = self.version().await?;
        if let Some(known) = self.known.get(&name)
            && known.version == version
        {
            return Ok(known.vendor);
        }
        let wanted = name.clone();
        let read = move |scope: &mut Reading<Control>| {
            // The version first: what is read after it is as new at least.
            let version = store::directory_version(scope)?;
            // What is proved counts for more than what somebody signed up with.
            let found = match store::vendor_by_proven_domain(scope, &wanted.domain)? {
                None => store::vendor_by_domain(scope, &wanted.domain)?,
                found => found,
            };
            let found = match (found, &wanted.label) {
                (None, Some(label)) => store::vendor_by_subdomain(scope, label)?,
                (found, _) => found,
            };
            Ok(Known { version, vendor: found.map(Arc::new) })
        };
        let known = self.db.read_control(read).await?;
        self.known.insert(name, known.clone());
        Ok(known.vendor)
    }

    /// The version that the directory has, or had a moment ago.
    async fn version(&self) -> Result<i64, Problem> {
        let (now, memory) = (self.clock.now(), *self.memory.read().unwrap_or_else(PoisonError::into_inner));
        if let Some((version, at)) = memory.seen
            && (at..at.plus(UNSEEN)).contains(&now)
        {
            return Ok(version);
        }
        let version = self.db.read_control(|scope| Ok(store::directory_version(scope)?)).await?;
        let mut current = self.memory.write().unwrap_or_else(PoisonError::into_inner);
        // What was read before a change of our own says nothing any more.
        if current.forgotten == memory.forgotten {
            current.seen = Some((version, now));
        }
        Ok(version)
    }
}
