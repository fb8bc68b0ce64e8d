//! `alexa doctor`: sends an endpoint what Amazon's certification sends, and says for each request whether the answer
//! would pass. Looks at the door from outside only.
//!
//! Any endpoint can be asked to refuse. To see it accept, it must trust the doctor: start it with
//! `alexa.extra_root` set to the file of [`Options::write_root`] and `alexa.chain_base_override` to
//! `http://` and the address of [`Options::serve_chain`]. The file may be written after the start.

mod cases;
pub mod forge;
mod rsa;
pub mod sample;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::response::IntoResponse;
use http::{StatusCode, Uri};
use jiff::Timestamp;

use cases::{Case, Chains, Expect};
use forge::{Authority, Leaf, Signer};
use sample::Patient;

/// What to examine and how.
#[derive(Clone, Debug)]
pub struct Options {
    /// The endpoint, such as `http://127.0.0.1:8080/alexa`.
    pub url: String,
    /// The skill that the endpoint serves; without it, no request for another skill is tried.
    pub application_id: Option<String>,
    /// Serve the doctor's certificate chains here while the examination lasts.
    pub serve_chain: Option<SocketAddr>,
    /// Write the doctor's root certificate here first.
    pub write_root: Option<PathBuf>,
}

/// One line of the report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub case: String,
    pub expected: &'static str,
    pub got: String,
    pub pass: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    pub rows: Vec<Row>,
    /// What was not examined, and how to have it examined.
    pub notes: Vec<String>,
}

impl Report {
    pub fn passed(&self) -> bool {
        self.rows.iter().all(|row| row.pass)
    }
}

#[derive(Debug, thiserror::Error)]
pub enum DoctorError {
    #[error("--serve-chain and --write-root belong together: the endpoint needs both the chain and its root")]
    HalfASeam,
    #[error("cannot serve certificate chains on {0}: {1}")]
    Serve(SocketAddr, std::io::Error),
    #[error("cannot write the root certificate to {0}: {1}")]
    Write(PathBuf, std::io::Error),
    #[error("cannot set up the HTTP client: {0}")]
    Client(reqwest::Error),
    #[error("{url} does not answer ({reason}); is the server running?")]
    Unreachable { url: String, reason: reqwest::Error },
    #[error("cannot make a key or a certificate: {0}")]
    Key(String),
}

impl From<rcgen::Error> for DoctorError {
    fn from(error: rcgen::Error) -> Self {
        Self::Key(error.to_string())
    }
}

/// Examines an endpoint; `progress` is told how many of how many requests are done.
pub async fn examine(options: &Options, mut progress: impl FnMut(usize, usize)) -> Result<Report, DoctorError> {
    let seam = match (&options.serve_chain, &options.write_root) {
        (Some(address), Some(path)) => Some((*address, path.clone())),
        (None, None) => None,
        _ => return Err(DoctorError::HalfASeam),
    };
    let now = Timestamp::now();
    let visit = ulid::Ulid::generate().to_string();
    let application_id = options.application_id.clone().unwrap_or_else(|| "amzn1.ask.skill.voicecart-doctor".into());
    let patient = Patient { application_id, visit };
    let (signer, stranger) = keys().await?;
    let mut report = Report::default();
    let cases = match seam {
        None => {
            report.notes.push(
                "Only refusals were examined. To see valid requests accepted, run the endpoint with alexa.extra_root \
                 and alexa.chain_base_override, and the doctor with --write-root and --serve-chain."
                    .into(),
            );
            cases::refusals(&signer, &stranger, cases::AMAZONS, &patient, now)?
        }
        Some((address, path)) => {
            let (root, chains, files) = practice(&signer, &patient.visit, now)?;
            tokio::fs::write(&path, root).await.map_err(|e| DoctorError::Write(path, e))?;
            serve(address, files).await?;
            if options.application_id.is_none() {
                report.notes.push("Give --application-id to see requests for another skill refused.".into());
            }
            let mut cases = cases::refusals(&signer, &stranger, &chains.good, &patient, now)?;
            cases.extend(cases::trusted(&signer, &chains, &patient, now, options.application_id.is_some())?);
            cases
        }
    };
    let client = client()?;
    let all = cases.len();
    for (done, case) in cases.into_iter().enumerate() {
        report.rows.push(try_one(&client, &options.url, case).await?);
        progress(done + 1, all);
    }
    Ok(report)
}

/// Two keys, made beside the runtime: finding primes takes a second of work.
async fn keys() -> Result<(Signer, Signer), DoctorError> {
    let (one, two) = (tokio::task::spawn_blocking(Signer::new), tokio::task::spawn_blocking(Signer::new));
    let gone = |e: tokio::task::JoinError| DoctorError::Key(e.to_string());
    Ok((one.await.map_err(gone)??, two.await.map_err(gone)??))
}

/// The root to trust, the addresses of chains good and bad, and what lies at each path.
fn practice(
    signer: &Signer,
    visit: &str,
    now: Timestamp,
) -> Result<(String, Chains, HashMap<String, String>), DoctorError> {
    let trusted = Authority::new("Voicecart doctor root", now)?;
    let older = Authority::new("Voicecart doctor older root", now)?;
    let mut files = HashMap::new();
    let mut put = |name: &str, pem: String| {
        // A new name each visit: the endpoint may still have the last one's chains.
        let path = format!("/echo.api/doctor-{visit}-{name}.pem");
        let url = format!("https://s3.amazonaws.com{path}");
        files.insert(path, pem);
        url
    };
    // As Amazon does it: the trusted root stands in the middle of what is sent.
    let good = trusted.issue(signer, &Leaf::default())? + &trusted.cross_signed_by(&older)?;
    let of = |leaf: Leaf| trusted.issue(signer, &leaf);
    let chains = Chains {
        good: put("good", good),
        other_name: put("name", of(Leaf { name: "evil.example".into(), ..Leaf::default() })?),
        expired: put("expired", of(Leaf { days: (-5, -1), ..Leaf::default() })?),
        not_yet: put("tomorrow", of(Leaf { days: (1, 5), ..Leaf::default() })?),
        not_for_signing: put("usage", of(Leaf { signs: false, ..Leaf::default() })?),
        unknown_root: put("root", older.issue(signer, &Leaf::default())?),
        not_pem: put("junk", "This is not a certificate.".into()),
        missing: format!("https://s3.amazonaws.com/echo.api/doctor-{visit}-missing.pem"),
    };
    Ok((trusted.root_pem(), chains, files))
}

/// Serves these files until the runtime ends.
async fn serve(address: SocketAddr, files: HashMap<String, String>) -> Result<(), DoctorError> {
    let listener = tokio::net::TcpListener::bind(address).await.map_err(|e| DoctorError::Serve(address, e))?;
    let router = Router::new().fallback(file).with_state(Arc::new(files));
    tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, router).await {
            tracing::error!(%error, "the doctor's chains are no longer served");
        }
    });
    Ok(())
}

async fn file(State(files): State<Arc<HashMap<String, String>>>, uri: Uri) -> impl IntoResponse {
    match files.get(uri.path()) {
        Some(pem) => (StatusCode::OK, pem.clone()),
        None => (StatusCode::NOT_FOUND, String::new()),
    }
}

fn client() -> Result<reqwest::Client, DoctorError> {
    let roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let tls = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|e| DoctorError::Key(e.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .timeout(Duration::from_secs(20))
        .build()
        .map_err(DoctorError::Client)
}

async fn try_one(client: &reqwest::Client, url: &str, case: Case) -> Result<Row, DoctorError> {
    let mut request = client.post(url).header("Content-Type", "application/json;charset=UTF-8").body(case.body);
    for (name, value) in case.headers {
        request = request.header(name, value);
    }
    let unreachable = |reason| DoctorError::Unreachable { url: url.to_owned(), reason };
    let answer = request.send().await.map_err(unreachable)?;
    let status = answer.status().as_u16();
    let body = answer.bytes().await.map_err(unreachable)?;
    let fault = cases::judge(case.expect, status, &body).err();
    let expected = match case.expect {
        Expect::Refused => "HTTP 400",
        Expect::Answered(_) => "HTTP 200 and a legal answer",
    };
    let pass = fault.is_none();
    Ok(Row { case: case.name, expected, got: fault.unwrap_or_else(|| format!("HTTP {status}")), pass })
}
