//! Running the server until it is asked to stop.

use super::{State, app};
use crate::config::Settings;
use actix_web::HttpServer;
use std::net::TcpListener;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// How long readiness fails before the server stops listening, so that a load balancer notices.
const DRAIN: Duration = Duration::from_millis(500);
/// How long requests under way have to finish.
const GRACE_SECONDS: u64 = 30;

/// Serves on `listener` until the process is asked to stop, then finishes what is under way.
pub async fn run(settings: &Settings, state: State, listener: TcpListener) -> std::io::Result<()> {
    let shared = state.clone();
    let serving = HttpServer::new(move || app(shared.clone()))
        .workers(settings.workers)
        .client_request_timeout(Duration::from_secs(10))
        .client_disconnect_timeout(Duration::from_secs(5))
        .keep_alive(Duration::from_secs(75))
        .shutdown_timeout(GRACE_SECONDS)
        .disable_signals()
        .listen(listener)?
        .run();
    let handle = serving.handle();
    let stopping = async move {
        asked_to_stop().await;
        tracing::info!("stopping: finishing the requests under way");
        state.draining().store(true, Ordering::Relaxed);
        tokio::time::sleep(DRAIN).await;
        handle.stop(true).await;
    };
    let (outcome, ()) = futures_util::future::join(serving, stopping).await;
    outcome
}

/// From now on a limit on the size of files (`ulimit -f`) fails a write, and its caller is told, instead of ending the
/// process.
pub fn outlive_file_limits() -> std::io::Result<()> {
    // To listen to the signal is enough: its default, which is to end the process, no longer holds.
    #[cfg(unix)]
    drop(tokio::signal::unix::signal(tokio::signal::unix::SignalKind::from_raw(libc::SIGXFSZ))?);
    Ok(())
}

/// Ends at the first SIGTERM or SIGINT.
async fn asked_to_stop() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    if let Ok(mut terminate) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt => {}
        }
        return;
    }
    drop(interrupt.await);
}
