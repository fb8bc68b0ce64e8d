//! The verifier against real certificate chains over real HTTP: every rule of Amazon's, each broken alone.

#![allow(clippy::unwrap_used, clippy::expect_used)] // helpers outside #[test] functions too

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use http::{HeaderMap, HeaderName, HeaderValue, Uri};
use jiff::{Timestamp, tz::TimeZone};
use voicecart::clock::Clock;
use voicecart::edge::alexa::AlexaSettings;
use voicecart::edge::alexa::doctor::forge::{Authority, Leaf, Signer};
use voicecart::edge::alexa::envelope::Envelope;
use voicecart::edge::alexa::verify::{Refusal, Verifier};

/// Making RSA keys is slow; one pair serves all tests.
static SIGNER: LazyLock<Signer> = LazyLock::new(|| Signer::new().unwrap());
static STRANGER: LazyLock<Signer> = LazyLock::new(|| Signer::new().unwrap());

const DAY: i64 = 86_400;
const BODY: &[u8] = "{\"words\":\"grüner Tee お茶 ☕\"}".as_bytes();

/// A clock that is set by hand.
struct Watch(AtomicI64);

impl Watch {
    fn set() -> Arc<Self> {
        let noon = "2026-06-10T12:00:00Z".parse::<Timestamp>().unwrap();
        Arc::new(Self(AtomicI64::new(noon.as_second())))
    }

    fn pass(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::Relaxed);
    }
}

impl Clock for Watch {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(self.0.load(Ordering::Relaxed)).unwrap()
    }

    fn zone(&self) -> TimeZone {
        TimeZone::UTC
    }
}

/// What lies at a path.
#[derive(Clone)]
enum File {
    Pem(String),
    Redirect(String),
    Slow(String),
    Endless,
}

/// Where chains are fetched from.
#[derive(Default)]
struct Files {
    at: Mutex<HashMap<String, File>>,
    fetched: AtomicUsize,
}

struct Bench {
    files: Arc<Files>,
    address: SocketAddr,
    watch: Arc<Watch>,
    trusted: Authority,
    older: Authority,
    verifier: Verifier,
    _root: tempfile::NamedTempFile,
}

impl Bench {
    async fn new() -> Self {
        let watch = Watch::set();
        let (trusted, older) =
            (Authority::new("Trusted", watch.now()).unwrap(), Authority::new("Older", watch.now()).unwrap());
        let root = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(root.path(), trusted.root_pem()).unwrap();
        let files = Arc::new(Files::default());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().fallback(serve).with_state(files.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let settings = AlexaSettings {
            extra_root: Some(root.path().to_owned()),
            chain_base_override: Some(format!("http://{address}")),
            ..AlexaSettings::default()
        };
        let verifier = Verifier::new(&settings, watch.clone()).unwrap();
        Self { files, address, watch, trusted, older, verifier, _root: root }
    }

    /// Puts a file up and gives the address that a request would name.
    fn put(&self, name: &str, file: File) -> String {
        self.files.at.lock().unwrap().insert(format!("/echo.api/{name}"), file);
        format!("https://s3.amazonaws.com/echo.api/{name}")
    }

    fn chain(&self, name: &str, leaf: Leaf) -> String {
        self.put(name, File::Pem(self.trusted.issue(&SIGNER, &leaf).unwrap()))
    }

    async fn verify(&self, url: &str) -> Result<(), Refusal> {
        let signature = SIGNER.sign(BODY).unwrap();
        let headers = headers(&[("SignatureCertChainUrl", url), ("Signature-256", &signature)]);
        self.verifier.signature(&headers, BODY).await
    }

    fn fetched(&self) -> usize {
        self.files.fetched.load(Ordering::Relaxed)
    }
}

async fn serve(State(files): State<Arc<Files>>, uri: Uri) -> Response {
    files.fetched.fetch_add(1, Ordering::Relaxed);
    let file = files.at.lock().unwrap().get(uri.path()).cloned();
    let answer = Response::builder();
    match file {
        Some(File::Pem(pem)) => answer.body(Body::from(pem)).unwrap(),
        Some(File::Redirect(to)) => answer.status(302).header("Location", to).body(Body::empty()).unwrap(),
        Some(File::Slow(pem)) => {
            tokio::time::sleep(Duration::from_secs(8)).await;
            answer.body(Body::from(pem)).unwrap()
        }
        Some(File::Endless) => {
            let piece = || Ok::<_, std::io::Error>("-----BEGIN CERTIFICATE-----\n".repeat(100));
            let pieces = futures::stream::repeat_with(piece);
            answer.body(Body::from_stream(pieces)).unwrap()
        }
        None => answer.status(404).body(Body::empty()).unwrap(),
    }
}

fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
        headers.append(name, HeaderValue::from_str(value).unwrap());
    }
    headers
}

#[tokio::test]
async fn a_chain_is_good_wherever_the_trusted_root_stands_in_it() {
    let bench = Bench::new().await;
    let leaf = || bench.trusted.issue(&SIGNER, &Leaf::default()).unwrap();
    let crossed = bench.trusted.cross_signed_by(&bench.older).unwrap();
    for (name, pem) in [
        ("without-root", leaf()),
        ("root-last", leaf() + &bench.trusted.root_pem()),
        ("root-in-the-middle", leaf() + &crossed),
        ("strangers-between", {
            let other = bench.older.issue(&STRANGER, &Leaf::default()).unwrap();
            leaf() + &other + &crossed
        }),
        ("text-around", format!("subject=...\n{}\nthe end\n", leaf())),
    ] {
        let url = bench.put(name, File::Pem(pem));
        assert_eq!(bench.verify(&url).await, Ok(()), "{name}");
    }
    let name = Leaf { name: "Echo-API.amazon.com".into(), ..Leaf::default() };
    assert_eq!(bench.verify(&bench.chain("capitals", name)).await, Ok(()));
}

#[tokio::test]
async fn every_fault_of_a_chain_is_refused() {
    let bench = Bench::new().await;
    let leaf = Leaf::default;
    let pem = |leaf: Leaf| File::Pem(bench.trusted.issue(&SIGNER, &leaf).unwrap());
    let many = bench.trusted.issue(&SIGNER, &leaf()).unwrap().repeat(6);
    let middle_only = {
        let both = bench.trusted.issue(&SIGNER, &leaf()).unwrap();
        both.split_inclusive("-----END CERTIFICATE-----\n").nth(1).unwrap_or_default().to_owned()
    };
    let leaf_only = {
        let both = bench.trusted.issue(&SIGNER, &leaf()).unwrap();
        both.split_inclusive("-----END CERTIFICATE-----").next().unwrap_or_default().to_owned() + "\n"
    };
    for (name, file, expected) in [
        ("expired", pem(Leaf { days: (-5, -1), ..leaf() }), "chain_time"),
        ("tomorrow", pem(Leaf { days: (1, 5), ..leaf() }), "chain_time"),
        ("other-name", pem(Leaf { name: "evil.example".into(), ..leaf() }), "chain_name"),
        ("wildcard", pem(Leaf { name: "*.amazon.com".into(), ..leaf() }), "chain_name"),
        ("longer-name", pem(Leaf { name: "echo-api.amazon.com.evil.example".into(), ..leaf() }), "chain_name"),
        ("not-for-signing", pem(Leaf { signs: false, ..leaf() }), "chain"),
        ("other-root", File::Pem(bench.older.issue(&SIGNER, &leaf()).unwrap()), "chain_untrusted"),
        ("no-middle", File::Pem(leaf_only), "chain_untrusted"),
        ("an-authority-as-leaf", File::Pem(middle_only), "chain"),
        ("too-many", File::Pem(many), "chain"),
        ("empty", File::Pem(String::new()), "chain"),
        ("not-pem", File::Pem("hello".into()), "chain"),
        ("broken", File::Pem("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n".into()), "chain"),
        ("endless", File::Endless, "chain_fetch"),
    ] {
        let url = bench.put(name, file);
        assert_eq!(bench.verify(&url).await.unwrap_err().label(), expected, "{name}");
    }
    let missing = "https://s3.amazonaws.com/echo.api/missing";
    assert_eq!(bench.verify(missing).await.unwrap_err().label(), "chain_fetch");
}

#[tokio::test]
async fn redirects_are_not_followed_and_nobody_waits_for_a_slow_server() {
    let bench = Bench::new().await;
    let good = bench.chain("good", Leaf::default());
    let path = good.trim_start_matches("https://s3.amazonaws.com");
    let url = bench.put("moved", File::Redirect(format!("http://{}{path}", bench.address)));
    assert_eq!(bench.verify(&url).await.unwrap_err().label(), "chain_fetch");
    let slow = bench.put("slow", File::Slow(bench.trusted.issue(&SIGNER, &Leaf::default()).unwrap()));
    let began = std::time::Instant::now();
    assert_eq!(bench.verify(&slow).await.unwrap_err().label(), "chain_fetch");
    assert!(began.elapsed() < Duration::from_secs(6), "{:?}", began.elapsed());
}

#[tokio::test]
async fn one_address_is_fetched_once() {
    let bench = Bench::new().await;
    let url = bench.chain("good", Leaf { days: (-2, 3), ..Leaf::default() });
    let all = futures::future::join_all((0..50).map(|_| bench.verify(&url))).await;
    assert!(all.iter().all(Result::is_ok));
    for same in ["HTTPS://S3.amazonaws.com:443/echo.api/good", "https://s3.amazonaws.com/x/../echo.api/good"] {
        assert_eq!(bench.verify(same).await, Ok(()));
    }
    assert_eq!(bench.fetched(), 1, "one address, however it is written");

    let missing = "https://s3.amazonaws.com/echo.api/missing";
    let all = futures::future::join_all((0..50).map(|_| bench.verify(missing))).await;
    assert!(all.iter().all(Result::is_err));
    assert_eq!(bench.fetched(), 2, "a failure is remembered for a while");

    for n in 0..200 {
        let refused = bench.verify(&format!("https://s3.amazonaws.com/echo.api/made-up-{n}")).await;
        assert!(refused.is_err());
    }
    let before = bench.fetched();
    assert_eq!(bench.verify(&url).await, Ok(()));
    assert_eq!(bench.fetched(), before, "a flood of made-up addresses does not push the good chain out");
}

#[tokio::test]
async fn a_kept_chain_is_fetched_again_after_a_day_and_never_outlives_its_leaf() {
    let bench = Bench::new().await;
    let url = bench.chain("good", Leaf { days: (-2, 2), ..Leaf::default() });
    assert_eq!(bench.verify(&url).await, Ok(()));
    bench.watch.pass(DAY - 60);
    assert_eq!(bench.verify(&url).await, Ok(()));
    assert_eq!(bench.fetched(), 1);
    bench.watch.pass(120);
    assert_eq!(bench.verify(&url).await, Ok(()));
    assert_eq!(bench.fetched(), 2, "a day is over");
    // Noon of the tenth, a day and a minute on: the leaf ends at midnight.
    bench.watch.pass(DAY / 2);
    assert_eq!(bench.verify(&url).await, Err(Refusal::OutOfTime));
}

#[tokio::test]
async fn headers_and_signatures_are_read_strictly() {
    let bench = Bench::new().await;
    let url = bench.chain("good", Leaf::default());
    let (good, other) = (SIGNER.sign(BODY).unwrap(), STRANGER.sign(BODY).unwrap());
    let (chain, signature) = ("SignatureCertChainUrl", "Signature-256");
    let short = good.get(..8).unwrap_or_default();
    for (pairs, expected) in [
        (vec![(chain, url.as_str()), (signature, good.as_str())], None),
        (vec![("signaturecertchainurl", &url), ("SIGNATURE-256", &good)], None),
        (vec![], Some("no_chain_url")),
        (vec![(signature, &good)], Some("no_chain_url")),
        (vec![(chain, ""), (signature, &good)], Some("no_chain_url")),
        (vec![(chain, &url)], Some("no_signature")),
        (vec![(chain, &url), (signature, "")], Some("no_signature")),
        (vec![(chain, &url), ("Signature", &good)], Some("no_signature")),
        (vec![(chain, &url), (signature, "***")], Some("signature_encoding")),
        (vec![(chain, &url), (signature, short)], Some("signature")),
        (vec![(chain, &url), (signature, &other)], Some("signature")),
        (vec![(chain, &url), (signature, &good), (signature, &good)], Some("header_twice")),
        (vec![(chain, &url), (chain, &url), (signature, &good)], Some("header_twice")),
        (vec![(chain, "https://evil.example/echo.api/good"), (signature, &good)], Some("chain_url")),
    ] {
        let result = bench.verifier.signature(&headers(&pairs), BODY).await;
        assert_eq!(result.err().map(|r| r.label()), expected, "{pairs:?}");
    }
    let pairs = headers(&[(chain, &url), (signature, &good)]);
    let mut changed = BODY.to_vec();
    for at in 0..BODY.len() {
        changed[at] ^= 1;
        assert_eq!(bench.verifier.signature(&pairs, &changed).await, Err(Refusal::Signature), "byte {at}");
        changed[at] ^= 1;
    }
    // The same JSON, written otherwise, is not the same message.
    let written: serde_json::Value = serde_json::from_slice(BODY).unwrap();
    let otherwise = serde_json::to_vec_pretty(&written).unwrap();
    assert_eq!(bench.verifier.signature(&pairs, &otherwise).await, Err(Refusal::Signature));
}

#[tokio::test]
async fn the_skill_and_the_time_are_checked() {
    let watch = Watch::set();
    let settings = |ids: &[&str], verify| AlexaSettings {
        application_ids: ids.iter().map(|s| (*s).to_owned()).collect(),
        verify,
        ..AlexaSettings::default()
    };
    let one = |ids: &[&str]| Verifier::new(&settings(ids, true), watch.clone()).unwrap();
    let fresh = r#""request":{"type":"LaunchRequest","timestamp":"2026-06-10T12:01:00Z"}"#;
    let stale = r#""request":{"type":"LaunchRequest","timestamp":"2026-06-10T11:00:00Z"}"#;
    let never = r#""request":{"type":"LaunchRequest"}"#;
    let system = |id: &str| format!(r#""context":{{"System":{{"application":{{"applicationId":"{id}"}}}}}}"#);
    let session = |id: &str| format!(r#""session":{{"application":{{"applicationId":"{id}"}}}}"#);
    for (ids, body, expected) in [
        (vec![], format!("{{{fresh}}}"), None),
        (vec![], format!("{{{stale}}}"), Some("stale")),
        (vec![], format!("{{{never}}}"), Some("no_timestamp")),
        (vec!["a"], format!("{{{fresh},{}}}", system("a")), None),
        (vec!["a", "b"], format!("{{{fresh},{}}}", system("b")), None),
        (vec!["a"], format!("{{{fresh},{}}}", session("a")), None),
        (vec!["a"], format!("{{{fresh},{},{}}}", system("a"), session("b")), None),
        (vec!["a"], format!("{{{fresh},{},{}}}", system("b"), session("a")), Some("application")),
        (vec!["a"], format!("{{{fresh},{}}}", system("b")), Some("application")),
        (vec!["a"], format!("{{{fresh}}}"), Some("application")),
    ] {
        let envelope = Envelope::parse(body.as_bytes()).unwrap();
        assert_eq!(one(&ids).contents(&envelope).err().map(|r| r.label()), expected, "{ids:?} {body}");
    }
    // Without verification the clock does not matter, the skill still does.
    let lax = Verifier::new(&settings(&["a"], false), watch.clone()).unwrap();
    let read = |body: &str| lax.contents(&Envelope::parse(body.as_bytes()).unwrap());
    assert_eq!(read(&format!("{{{stale},{}}}", system("a"))), Ok(()));
    assert_eq!(read(&format!("{{{stale},{}}}", system("b"))), Err(Refusal::Application));
    assert_eq!(lax.signature(&HeaderMap::new(), b"anything").await, Ok(()));
}
