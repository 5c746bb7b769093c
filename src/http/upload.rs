//! [`Upload`]: a file that is sent as a body, larger than a body may be: it waits in memory, or if it is large on the disk,
//! until all of it has come.

use crate::base::code::Code;
use crate::http::header;
use crate::problem::Problem;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use actix_web::{FromRequest, HttpRequest, dev::Payload, web};
use futures_util::future::LocalBoxFuture;
use futures_util::{StreamExt, TryFutureExt};
use std::io::{self, Seek, Write};
use std::time::Duration;
use tempfile::SpooledTempFile;

/// How much of a file waits in memory.
const IN_MEMORY: usize = 4 * 1024 * 1024;
/// How much is written to the disk at once.
const PIECE: usize = 256 * 1024;
/// How long a file may take to arrive.
pub const ARRIVAL: Duration = Duration::from_mins(5);

/// How large a file may be, in bytes.
#[derive(Clone, Copy, Debug)]
pub struct UploadLimit(pub u64);

/// A file of `text/csv`, whole, at its beginning.
pub struct Upload(pub SpooledTempFile);

impl FromRequest for Upload {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let limit = request.app_data::<web::Data<UploadLimit>>().map_or(0, |limit| limit.0);
        let allowed = check(request, limit);
        let payload = web::Payload::from_request(request, payload).map_err(Problem::internal);
        Box::pin(async move {
            allowed?;
            let too_slow = |_| Problem::new(Code::RequestTimeout, "the file has not arrived; send it again, and faster");
            tokio::time::timeout(ARRIVAL, receive(payload.await?, limit)).await.map_err(too_slow)?.map(Self)
        })
    }
}

/// What can be said before any of it has come.
fn check(request: &HttpRequest, limit: u64) -> Result<(), Problem> {
    let text = |name| Ok::<_, Problem>(header::only(request.headers(), name)?.and_then(|value| value.to_str().ok()).unwrap_or_default());
    let essence = text(&CONTENT_TYPE)?.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if essence != "text/csv" {
        return Err(Problem::new(Code::UnsupportedMediaType, "send the file as text/csv"));
    }
    if !["", "identity"].contains(&text(&CONTENT_ENCODING)?.to_ascii_lowercase().as_str()) {
        return Err(Problem::new(Code::UnsupportedMediaType, "send the file as it is, without Content-Encoding"));
    }
    if text(&CONTENT_LENGTH)?.parse().is_ok_and(|length: u64| length > limit) {
        return Err(too_large(limit));
    }
    Ok(())
}

fn too_large(limit: u64) -> Problem {
    Problem::new(Code::PayloadTooLarge, format!("the file may have at most {} MiB; send it in parts", limit / (1024 * 1024)))
}

async fn receive(mut payload: web::Payload, limit: u64) -> Result<SpooledTempFile, Problem> {
    let unreadable = |_| Problem::new(Code::InvalidCsv, "the file could not be read to its end");
    let (mut file, mut piece, mut received) = (SpooledTempFile::new(IN_MEMORY), Vec::new(), 0);
    while let Some(bytes) = payload.next().await {
        let bytes = bytes.map_err(unreadable)?;
        received += bytes.len() as u64;
        if received > limit {
            return Err(too_large(limit));
        }
        piece.extend_from_slice(&bytes);
        if piece.len() >= PIECE {
            file = store(file, std::mem::take(&mut piece)).await?;
        }
    }
    store(file, piece).await
}

/// Adds to the file, off the async threads. What was written is read from the beginning.
async fn store(mut file: SpooledTempFile, piece: Vec<u8>) -> Result<SpooledTempFile, Problem> {
    let failed = |error: &io::Error| {
        let code = if error.kind() == io::ErrorKind::StorageFull { Code::StorageFull } else { Code::StorageFailed };
        tracing::error!(%error, "an upload could not be kept");
        Problem::new(code, "there is no room for a file of this size; send it in parts").retry_after(30)
    };
    let written = web::block(move || -> io::Result<SpooledTempFile> {
        file.seek(io::SeekFrom::End(0))?;
        file.write_all(&piece)?;
        file.rewind()?;
        Ok(file)
    });
    written.await.map_err(Problem::internal)?.map_err(|error| failed(&error))
}
