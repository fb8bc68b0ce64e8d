//! Brings a model's weights into the models folder: resumed where a try broke off, compared with the checksum, and
//! under their final name only when whole.

use std::path::{Path, PathBuf};
use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::{CONTENT_RANGE, RANGE};
use tokio::io::AsyncWriteExt;

use super::{Model, checksum};

/// How far a download is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    pub received: u64,
    /// Absent when neither manifest nor server says.
    pub total: Option<u64>,
}

#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    #[error("the model {0} is part of the program and need not be fetched")]
    NothingToFetch(String),
    #[error(
        "{url} cannot be reached ({reason}). Without a network, bring the file from another machine and put it at \
         {put}; `voicecart models verify` then checks it. A mirror is set with `models.mirror`."
    )]
    Offline { url: String, reason: String, put: String },
    #[error("{url} answered {status}: {advice}")]
    Refused { url: String, status: u16, advice: &'static str },
    #[error("{url} broke off after {received} bytes ({reason}); the same command goes on from there")]
    BrokeOff { url: String, received: u64, reason: String },
    #[error("{url} sent {received} bytes of {expected}; what came was removed")]
    WrongSize { url: String, received: u64, expected: u64 },
    #[error("what {url} sent has the checksum {found}, not {expected}; it was removed")]
    WrongChecksum { url: String, found: String, expected: String },
    #[error("{path}: {source}")]
    Disk { path: String, source: std::io::Error },
}

/// Time a server may take to answer, and to send the next piece.
const PATIENCE: Duration = Duration::from_secs(30);

/// Downloads `model` into `folder` and returns where it lies. `mirror` replaces everything of the manifest's address
/// before the file's name. What an earlier try left in `FILE.part` is kept and continued.
pub async fn fetch(
    model: &Model,
    folder: &Path,
    mirror: Option<&str>,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<PathBuf, FetchError> {
    let url = match (mirror, &model.url) {
        (_, None) => return Err(FetchError::NothingToFetch(model.name.clone())),
        (Some(base), Some(_)) => format!("{}/{}", base.trim_end_matches('/'), model.file),
        (None, Some(url)) => url.clone(),
    };
    let target = folder.join(&model.file);
    let part = folder.join(format!("{}.part", model.file));
    let disk = |path: &Path, source| FetchError::Disk { path: path.display().to_string(), source };
    tokio::fs::create_dir_all(folder).await.map_err(|e| disk(folder, e))?;

    let kept = tokio::fs::metadata(&part).await.map_or(0, |m| m.len());
    let mut received = kept;
    // A part that is already whole has only to be checked: asking for the bytes after the end is an error.
    if model.bytes != Some(kept) || kept == 0 {
        received = download(&url, &target, &part, kept, model.bytes, progress).await?;
    }
    if let Some(expected) = model.bytes.filter(|b| *b != received) {
        tokio::fs::remove_file(&part).await.map_err(|e| disk(&part, e))?;
        return Err(FetchError::WrongSize { url, received, expected });
    }
    if let Some(expected) = model.sha256.clone() {
        let path = part.clone();
        let sum = tokio::task::spawn_blocking(move || checksum(&path, &mut |_| ())).await;
        let found = sum.map_err(std::io::Error::other).flatten().map_err(|e| disk(&part, e))?;
        if !found.eq_ignore_ascii_case(&expected) {
            tokio::fs::remove_file(&part).await.map_err(|e| disk(&part, e))?;
            return Err(FetchError::WrongChecksum { url, found, expected });
        }
    }
    tokio::fs::rename(&part, &target).await.map_err(|e| disk(&target, e))?;
    Ok(target)
}

/// Appends to `part` from byte `kept` on and returns its length.
async fn download(
    url: &str,
    target: &Path,
    part: &Path,
    kept: u64,
    known: Option<u64>,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<u64, FetchError> {
    let offline = |e: reqwest::Error| FetchError::Offline {
        url: url.into(),
        reason: innermost(&e),
        put: target.display().to_string(),
    };
    let disk = |source| FetchError::Disk { path: part.display().to_string(), source };
    // One of the process's TLS providers has to be the default; whoever came first stays.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder()
        .connect_timeout(PATIENCE)
        .read_timeout(PATIENCE)
        .user_agent(concat!("voicecart/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(offline)?;
    let mut request = client.get(url);
    if kept > 0 {
        request = request.header(RANGE, format!("bytes={kept}-"));
    }
    let mut response = request.send().await.map_err(offline)?;
    let status = response.status();
    if status == StatusCode::RANGE_NOT_SATISFIABLE {
        // What is kept is longer than what is there: it belongs to another file.
        tokio::fs::remove_file(part).await.map_err(disk)?;
        return Err(refused(url, status, "what an earlier try had left was removed; try again"));
    }
    if !status.is_success() {
        let advice = match status.as_u16() {
            404 | 410 => "no such file there; check the mirror's address",
            401 | 403 => "it may not be read without permission; choose a mirror with `models.mirror`",
            429 | 500.. => "try again later",
            _ => "choose a mirror with `models.mirror`",
        };
        return Err(refused(url, status, advice));
    }
    // A server that ignores `Range` sends everything, from the start; one that sends another range than was asked
    // for would leave a hole.
    let starts = response.headers().get(CONTENT_RANGE).and_then(|v| v.to_str().ok()).and_then(range_start);
    let resumed = status == StatusCode::PARTIAL_CONTENT && starts == Some(kept);
    if status == StatusCode::PARTIAL_CONTENT && !resumed {
        return Err(refused(url, status, "it sent another part than was asked for; choose a mirror"));
    }
    let mut received = if resumed { kept } else { 0 };
    let total = known.or_else(|| response.content_length().map(|n| n + received));
    let mut options = tokio::fs::OpenOptions::new();
    let options = options.create(true).write(true).append(resumed).truncate(!resumed);
    let mut file = options.open(part).await.map_err(disk)?;
    progress(Progress { received, total });
    let result = loop {
        match response.chunk().await {
            Ok(Some(bytes)) => {
                file.write_all(&bytes).await.map_err(disk)?;
                received += bytes.len() as u64;
                progress(Progress { received, total });
                if known.is_some_and(|k| received > k) {
                    break Ok(received);
                }
            }
            Ok(None) => break Ok(received),
            Err(e) => break Err(FetchError::BrokeOff { url: url.into(), received, reason: innermost(&e) }),
        }
    };
    // What came is kept for the next try, so it must be on the disk before that is promised.
    file.sync_all().await.map_err(disk)?;
    result
}

fn refused(url: &str, status: StatusCode, advice: &'static str) -> FetchError {
    FetchError::Refused { url: url.into(), status: status.as_u16(), advice }
}

/// The first byte of `bytes 100-199/200`.
fn range_start(header: &str) -> Option<u64> {
    header.strip_prefix("bytes ")?.split('-').next()?.trim().parse().ok()
}

/// The last cause of an error: "connection refused" rather than "error sending request".
fn innermost(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};
    use wiremock::matchers::{header, method, path};
    use wiremock::{Mock, MockServer, ResponseTemplate};

    use super::*;

    const BODY: &[u8] = b"weights weights weights weights";

    fn model() -> Model {
        Model {
            url: Some("https://example.invalid/m.bin".into()),
            bytes: Some(BODY.len() as u64),
            sha256: Some(hex::encode(Sha256::digest(BODY))),
            ..Model::unlisted(Path::new("m.bin"))
        }
    }

    async fn server(answer: ResponseTemplate) -> MockServer {
        let server = MockServer::start().await;
        Mock::given(method("GET")).and(path("/m.bin")).respond_with(answer).mount(&server).await;
        server
    }

    #[tokio::test]
    async fn whole_and_checked() {
        let (folder, server) =
            (tempfile::tempdir().unwrap(), server(ResponseTemplate::new(200).set_body_bytes(BODY)).await);
        let mut seen = Vec::new();
        let at = fetch(&model(), folder.path(), Some(&server.uri()), &mut |p| seen.push(p)).await.unwrap();
        assert_eq!(std::fs::read(&at).unwrap(), BODY);
        let end = BODY.len() as u64;
        assert_eq!(seen.last(), Some(&Progress { received: end, total: Some(end) }));
        assert!(!folder.path().join("m.bin.part").exists());
    }

    /// A server that cuts the first answer off after `cut` bytes and serves ranges properly afterwards.
    async fn cutting(cut: usize) -> String {
        use tokio::io::AsyncReadExt;
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let uri = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move {
            let mut first = true;
            while let Ok((mut socket, _)) = listener.accept().await {
                let mut buffer = vec![0; 4096];
                let n = socket.read(&mut buffer).await.unwrap();
                let request = String::from_utf8_lossy(&buffer[..n]).to_ascii_lowercase();
                let from = request.split("range: bytes=").nth(1).and_then(|r| r.split('-').next()?.parse().ok());
                let (status, from) = from.map_or(("200 OK", 0), |f: usize| ("206 Partial Content", f));
                let end = BODY.len();
                let head = format!(
                    "HTTP/1.1 {status}\r\nContent-Length: {}\r\nContent-Range: bytes {from}-{}/{end}\r\n\r\n",
                    end - from,
                    end - 1
                );
                socket.write_all(head.as_bytes()).await.unwrap();
                socket.write_all(&BODY[from..if first { cut } else { end }]).await.unwrap();
                first = false;
            }
        });
        uri
    }

    #[tokio::test]
    async fn a_cut_download_goes_on_where_it_stopped() {
        let (folder, uri) = (tempfile::tempdir().unwrap(), cutting(10).await);
        let first = fetch(&model(), folder.path(), Some(&uri), &mut |_| ()).await;
        assert!(matches!(first, Err(FetchError::BrokeOff { received: 10, .. })), "{first:?}");
        assert!(!folder.path().join("m.bin").exists(), "half a file has the whole one's name");
        let mut seen = Vec::new();
        let at = fetch(&model(), folder.path(), Some(&uri), &mut |p| seen.push(p.received)).await.unwrap();
        assert_eq!(std::fs::read(at).unwrap(), BODY);
        assert_eq!(seen.first(), Some(&10), "the ten bytes were fetched again");
    }

    #[tokio::test]
    async fn a_server_without_ranges_starts_again() {
        let (folder, server) =
            (tempfile::tempdir().unwrap(), server(ResponseTemplate::new(200).set_body_bytes(BODY)).await);
        std::fs::write(folder.path().join("m.bin.part"), &BODY[..10]).unwrap();
        let at = fetch(&model(), folder.path(), Some(&server.uri()), &mut |_| ()).await.unwrap();
        assert_eq!(std::fs::read(at).unwrap(), BODY);
    }

    #[tokio::test]
    async fn another_part_than_asked_for_is_not_glued_on() {
        let folder = tempfile::tempdir().unwrap();
        let answer = ResponseTemplate::new(206).insert_header("Content-Range", "bytes 0-30/31").set_body_bytes(BODY);
        let server = MockServer::start().await;
        Mock::given(header("range", "bytes=10-")).respond_with(answer).mount(&server).await;
        std::fs::write(folder.path().join("m.bin.part"), &BODY[..10]).unwrap();
        let result = fetch(&model(), folder.path(), Some(&server.uri()), &mut |_| ()).await;
        assert!(matches!(result, Err(FetchError::Refused { status: 206, .. })), "{result:?}");
    }

    #[tokio::test]
    async fn a_wrong_file_is_refused_and_removed() {
        for body in [&b"weights weights weights WEIGHTS"[..], b"short", b"much longer than it should have been, by far"]
        {
            let (folder, server) =
                (tempfile::tempdir().unwrap(), server(ResponseTemplate::new(200).set_body_bytes(body)).await);
            let result = fetch(&model(), folder.path(), Some(&server.uri()), &mut |_| ()).await;
            let expected = matches!(result, Err(FetchError::WrongChecksum { .. } | FetchError::WrongSize { .. }));
            assert!(expected, "{result:?}");
            assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        }
    }

    #[tokio::test]
    async fn not_there_and_offline() {
        let folder = tempfile::tempdir().unwrap();
        let server = server(ResponseTemplate::new(404)).await;
        let missing = fetch(&model(), folder.path(), Some(&server.uri()), &mut |_| ()).await;
        assert!(matches!(missing, Err(FetchError::Refused { status: 404, .. })), "{missing:?}");
        let closed = {
            let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
            format!("http://{}", listener.local_addr().unwrap())
        };
        let error = fetch(&model(), folder.path(), Some(&closed), &mut |_| ()).await.unwrap_err();
        let put = folder.path().join("m.bin").display().to_string();
        assert!(matches!(&error, FetchError::Offline { put: p, .. } if *p == put), "{error:?}");
        let embedded = Model { url: None, ..model() };
        let nothing = fetch(&embedded, folder.path(), None, &mut |_| ()).await;
        assert!(matches!(nothing, Err(FetchError::NothingToFetch(_))));
    }
}
