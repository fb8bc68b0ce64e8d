//! Lets a refused caller hear why. A request may be answered before its body has arrived (no key, too large); closing
//! the connection on the rest would reset it, and the caller would see a broken pipe instead of the refusal. So what is
//! left of a body is read and thrown away first, within bounds.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, BodyDataStream, Bytes};
use axum::extract::Request;
use axum::response::Response;
use futures::stream::{Fuse, Stream, StreamExt};
use http::{HeaderMap, header};

use super::intake::promised;

/// What fits into the socket's buffers arrives without being read.
const SMALL: u64 = 16 * 1024;
/// Bytes thrown away at most. Whoever sends more to a server that has refused it is cut off.
const MOST: usize = 32 << 20;
const PATIENCE: Duration = Duration::from_secs(5);

/// A body that can still be read to its end when its reader has dropped it.
#[derive(Clone)]
struct Rest(Arc<Mutex<Fuse<BodyDataStream>>>);

impl Stream for Rest {
    type Item = Result<Bytes, axum::Error>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).poll_next_unpin(cx)
    }
}

pub async fn drain<F>(request: Request, next: impl FnOnce(Request) -> F) -> Response
where
    F: Future<Output = Response>,
{
    if !worth_it(request.headers()) {
        return next(request).await;
    }
    let (parts, body) = request.into_parts();
    let mut rest = Rest(Arc::new(Mutex::new(body.into_data_stream().fuse())));
    let response = next(Request::from_parts(parts, Body::from_stream(rest.clone()))).await;
    if response.status().is_client_error() || response.status().is_server_error() {
        let read = async {
            let mut thrown = 0;
            while let Some(Ok(chunk)) = rest.next().await {
                thrown += chunk.len();
                if thrown > MOST {
                    break;
                }
            }
        };
        let _ = tokio::time::timeout(PATIENCE, read).await;
    }
    response
}

/// A caller that waits for `100 Continue` has sent nothing yet, and reading would ask it to.
fn worth_it(headers: &HeaderMap) -> bool {
    let waits = headers.contains_key(header::EXPECT);
    !waits && promised(headers).map_or_else(|| headers.contains_key(header::TRANSFER_ENCODING), |n| n > SMALL)
}
