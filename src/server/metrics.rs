//! Counters for Prometheus.

use crate::db::Activity;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use std::time::Duration;

/// What a request is counted under: never anything that a caller can make up.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Request {
    method: &'static str,
    route: String,
    status: u16,
}

/// Upper bounds of the histogram, in seconds.
const BOUNDS: [f64; 12] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 2.5, 10.0];

type Durations = Family<Vec<(&'static str, String)>, Histogram, fn() -> Histogram>;

/// The server's counters.
pub(super) struct Metrics {
    registry: Registry,
    requests: Family<Request, Counter>,
    durations: Durations,
    connections: Gauge,
    idle: Gauge,
    commits: Gauge,
    writes: Gauge,
}

impl Metrics {
    pub(super) fn new() -> Self {
        let mut registry = Registry::with_prefix("stoa");
        let requests = Family::default();
        let durations = Durations::new_with_constructor(|| Histogram::new(BOUNDS));
        let [connections, idle, commits, writes] = [(); 4].map(|()| Gauge::default());
        registry.register("http_requests", "Requests answered", requests.clone());
        registry.register("http_request_duration_seconds", "How long they took", durations.clone());
        registry.register("db_connections", "Database connections open", connections.clone());
        registry.register("db_connections_idle", "Of these, unused", idle.clone());
        registry.register("db_writer_commits", "Commits of the SQLite writer", commits.clone());
        registry.register("db_writer_writes", "Writes in these commits", writes.clone());
        Self { registry, requests, durations, connections, idle, commits, writes }
    }

    /// Counts a request.
    pub(super) fn count(&self, method: &str, route: Option<String>, status: u16, took: Duration) {
        let route = route.unwrap_or_else(|| "none".to_owned());
        self.durations.get_or_create(&vec![("route", route.clone())]).observe(took.as_secs_f64());
        self.requests.get_or_create(&Request { method: known(method), route, status }).inc();
    }

    pub(super) fn render(&self, activity: Activity) -> Result<String, std::fmt::Error> {
        self.connections.set(activity.connections.into());
        self.idle.set(activity.idle.into());
        self.commits.set(activity.commits.cast_signed());
        self.writes.set(activity.writes.cast_signed());
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

fn known(method: &str) -> &'static str {
    let methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"];
    methods.into_iter().find(|name| *name == method).unwrap_or("OTHER")
}
