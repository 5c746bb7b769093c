//! Which vendor a name on the wire means: the header's, or the host's.

use super::store;
use crate::base::code::Code;
use crate::base::domain;
use crate::base::id::VendorId;
use crate::base::money::Currency;
use crate::db::Db;
use crate::problem::Problem;
use moka::sync::Cache;
use std::sync::Arc;
use std::time::Duration;

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

/// Finds vendors by name. What it found it remembers for a few seconds; a change made by this process is seen at once.
pub struct Directory {
    db: Db,
    platform_domain: Option<String>,
    own_domains: Vec<String>,
    known: Cache<Name, Option<Arc<Vendor>>>,
}

/// How long another instance's change may go unseen.
const MEMORY: Duration = Duration::from_secs(2);

impl Directory {
    /// The vendors of this database; those under `platform_domain` go by their subdomain too. `own_domains` are
    /// the platform's own hosts, which never name a vendor.
    pub fn new(db: Db, platform_domain: Option<String>, own_domains: Vec<String>) -> Self {
        Self { db, platform_domain, own_domains, known: Cache::builder().max_capacity(10_000).time_to_live(MEMORY).build() }
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
        self.known.invalidate_all();
    }

    /// The vendor that header and host name. A host that is nobody's names none, unless it is a subdomain of the platform.
    pub async fn resolve(&self, header: Option<&str>, host: Option<&str>) -> Result<Option<Arc<Vendor>>, Problem> {
        let unknown = |name: &str| Problem::new(Code::UnknownTenant, format!("there is no vendor at {name:?}"));
        let by_header = match header {
            None => None,
            Some(text) => {
                let name = domain::normalise(text).map(|domain| self.name(domain)).ok_or_else(|| unknown(text))?;
                Some(self.find(name).await?.ok_or_else(|| unknown(text))?)
            }
        };
        let by_host = match host.and_then(domain::normalise).filter(|domain| !self.is_own(domain)).map(|domain| self.name(domain)) {
            None => None,
            Some(name) if !domain::is_public(&name.domain) => None,
            Some(name) => {
                let is_ours = name.label.is_some();
                match self.find(name).await? {
                    None if is_ours && by_header.is_none() => return Err(unknown(host.unwrap_or_default())),
                    found => found,
                }
            }
        };
        match (by_header, by_host) {
            (Some(header), Some(host)) if header.id != host.id => {
                Err(Problem::new(Code::TenantConflict, "X-Tenant-Domain and Host name different vendors; send one, or make them agree"))
            }
            (header, host) => Ok(header.or(host)),
        }
    }

    fn name(&self, domain: String) -> Name {
        let label = self.platform_domain.as_deref().and_then(|platform| domain.strip_suffix(platform)?.strip_suffix('.'));
        Name { label: label.map(str::to_owned), domain }
    }

    async fn find(&self, name: Name) -> Result<Option<Arc<Vendor>>, Problem> {
        if let Some(known) = self.known.get(&name) {
            return Ok(known);
        }
        let wanted = name.clone();
        let found = self
            .db
            .read_control(move |scope| {
                Ok(match (store::vendor_by_domain(scope, &wanted.domain)?, &wanted.label) {
                    (None, Some(label)) => store::vendor_by_subdomain(scope, label)?,
                    (found, _) => found,
                })
            })
            .await?
            .map(Arc::new);
        self.known.insert(name, found.clone());
        Ok(found)
    }
}
