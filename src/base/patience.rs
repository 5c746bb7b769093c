//! How long a request waits for its turn: for a connection, for the writer, for its password to be hashed. All its waits
//! together count, so that whoever calls has an answer in time, however many turns the request takes and whatever is busy.

use std::cell::Cell;
use std::time::{Duration, Instant};

/// How long that is, in all.
pub const PATIENCE: Duration = Duration::from_secs(4);

tokio::task_local! {
    static LEFT: Cell<Duration>;
}

/// Runs a request that has all its patience yet.
pub async fn fresh<F: Future>(request: F) -> F::Output {
    with(PATIENCE, request).await
}

async fn with<F: Future>(patience: Duration, request: F) -> F::Output {
    LEFT.scope(Cell::new(patience), request).await
}

/// How much the request under way has left. What is no request, such as keeping house, has all of it each time.
pub fn left() -> Duration {
    LEFT.try_with(Cell::get).unwrap_or(PATIENCE)
}

/// Waits for something as long as there is patience; nothing comes back when it is at an end.
pub async fn wait<F: Future>(what: F) -> Option<F::Output> {
    let began = Instant::now();
    let come = tokio::time::timeout(left(), what).await.ok();
    // Outside of a request there is nobody to keep count for.
    let _ = LEFT.try_with(|left| left.set(left.get().saturating_sub(began.elapsed())));
    come
}

#[cfg(test)]
mod tests {
    use super::{Duration, PATIENCE, left, wait, with};
    use std::future::{pending, ready};

    #[tokio::test]
    async fn the_waits_of_a_request_use_up_its_patience_and_nobody_elses() {
        let request = with(Duration::from_millis(20), async {
            assert_eq!(wait(ready(1)).await, Some(1));
            assert_eq!(wait(pending::<()>()).await, None);
            assert_eq!(left(), Duration::ZERO);
            // What is there already costs no patience.
            assert_eq!((wait(pending::<()>()).await, wait(ready(2)).await), (None, Some(2)));
        });
        request.await;
        assert_eq!(left(), PATIENCE);
    }
}
