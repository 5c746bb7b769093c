//! Asking the DNS for proof.

use crate::access::Limits;
use crate::base::code::{Code, Refusal};
use futures_util::future::BoxFuture;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig, ResolverOpts};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError as Answer, NetError};
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::{Name, RData, Record, RecordType};
use hickory_resolver::{ResolverBuilder, TokioResolver};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// How long one question waits for its answer.
const ONCE: Duration = Duration::from_secs(1);
/// How long all of it may take, whoever does not answer.
const ALL: Duration = Duration::from_millis(3500);

/// Looks up the texts that stand at a name of the DNS.
pub trait Resolver: Send + Sync {
    /// The TXT records of a name; none when there is no such name.
    fn texts(&self, name: String) -> BoxFuture<'_, Result<Vec<String>, DnsError>>;
}

/// The DNS did not say anything, good or bad.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the DNS does not answer for this domain at the moment; try again")]
pub struct DnsError(String);

impl Refusal for DnsError {
    fn code(&self) -> Code {
        Code::DnsUnavailable
    }

    fn retry_after(&self) -> Option<u64> {
        Some(10)
    }
}

/// The DNS: by these servers, or when there are none, those of this machine.
pub struct Dns(pub Vec<SocketAddr>);

impl Dns {
    fn builder(&self) -> Result<ResolverBuilder<TokioRuntimeProvider>, NetError> {
        if self.0.is_empty() {
            return TokioResolver::builder_tokio();
        }
        let server = |address: &SocketAddr| {
            let mut server = NameServerConfig::udp_and_tcp(address.ip());
            server.connections = vec![ConnectionConfig::udp(), ConnectionConfig::tcp()];
            server.connections.iter_mut().for_each(|connection| connection.port = address.port());
            server
        };
        let config = ResolverConfig::from_name_servers(self.0.iter().map(server).collect());
        Ok(TokioResolver::builder_with_config(config, TokioRuntimeProvider::default()))
    }

    /// Asks anew each time: what was kept may be from before the record was there.
    async fn ask(&self, name: &str) -> Result<Vec<String>, NetError> {
        let mut builder = self.builder()?;
        let options: &mut ResolverOpts = builder.options_mut();
        (options.timeout, options.attempts, options.cache_size) = (ONCE, 2, 0);
        options.use_hosts_file = ResolveHosts::Never;
        // With its final dot, so that nothing is put behind it.
        let found = match builder.build()?.lookup(format!("{name}."), RecordType::TXT).await {
            Ok(found) => found,
            Err(NetError::Dns(Answer::NoRecordsFound(none))) if is_sure(none.response_code) => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        Ok(texts_at(found.query().name(), found.answers()))
    }
}

/// The texts at a name, or where it is said to be an alias of: what stands at other names was not asked for.
fn texts_at(name: &Name, records: &[Record]) -> Vec<String> {
    let (mut names, mut texts) = (vec![name], Vec::new());
    for record in records {
        match &record.data {
            RData::CNAME(alias) if names.contains(&&record.name) => names.push(&alias.0),
            RData::TXT(text) if names.contains(&&record.name) => {
                texts.push(String::from_utf8_lossy(&text.txt_data.concat()).into_owned());
            }
            _ => {}
        }
    }
    texts
}

/// Whether the DNS says that there is nothing, as against that it cannot say.
fn is_sure(code: ResponseCode) -> bool {
    matches!(code, ResponseCode::NoError | ResponseCode::NXDomain)
}

impl Resolver for Dns {
    fn texts(&self, name: String) -> BoxFuture<'_, Result<Vec<String>, DnsError>> {
        Box::pin(async move {
            let found = tokio::time::timeout(ALL, self.ask(&name)).await;
            let error = match found {
                Ok(Ok(texts)) => return Ok(texts),
                Ok(Err(error)) => error.to_string(),
                Err(_) => "no answer in time".to_owned(),
            };
            tracing::info!(name, error, "the DNS could not be asked");
            Err(DnsError(error))
        })
    }
}

/// Who is asked for proof, and how often.
pub struct Prover {
    /// The DNS.
    pub resolver: Arc<dyn Resolver>,
    /// How often one domain may be asked for.
    pub limits: Limits,
}
