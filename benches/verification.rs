//! Verifying one signed Alexa request whose chain is known: headers and body to "Alexa sent it, just now". Beside it, how
//! long the RSA signature alone takes, which nobody can save.

#![allow(clippy::unwrap_used, clippy::expect_used)] // a measurement, not the server

use std::hint::black_box;
use std::sync::Arc;

use criterion::Criterion;
use http::HeaderMap;
use voicecart::clock::SystemClock;
use voicecart::config::Alexa;
use voicecart::edge::alexa::doctor::forge::{Authority, Leaf, Signer};
use voicecart::edge::alexa::doctor::sample::{self, Patient};
use voicecart::edge::alexa::envelope::Envelope;
use voicecart::edge::alexa::verify::Verifier;

fn main() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let now = jiff::Timestamp::now();
    let (authority, signer) = (Authority::new("bench", now).unwrap(), Signer::new().unwrap());
    let chain = authority.issue(&signer, &Leaf::default()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("root.pem");
    std::fs::write(&root, authority.root_pem()).unwrap();

    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
    let settings = Alexa {
        extra_root: Some(root),
        chain_base_override: Some(format!("http://{}", listener.local_addr().unwrap())),
        application_ids: vec!["amzn1.ask.skill.bench".into()],
        ..Alexa::default()
    };
    let store = axum::Router::new().fallback(move || async move { chain });
    runtime.spawn(async move { axum::serve(listener, store).await });

    let patient = Patient { application_id: "amzn1.ask.skill.bench".into(), visit: "bench".into() };
    let body = sample::request("IntentRequest", &patient, now).to_string();
    let mut headers = HeaderMap::new();
    let address = "https://s3.amazonaws.com/echo.api/echo-api-cert-bench.pem";
    headers.insert("signaturecertchainurl", address.parse().unwrap());
    headers.insert("signature-256", signer.sign(body.as_bytes()).unwrap().parse().unwrap());
    let verifier = Verifier::new(&settings, Arc::new(SystemClock::new(jiff::tz::TimeZone::UTC))).unwrap();
    let verify = async || {
        verifier.signature(&headers, body.as_bytes()).await.unwrap();
        verifier.contents(&Envelope::parse(body.as_bytes()).unwrap()).unwrap();
    };
    // Once, so that the chain is known, as it is from the second request on.
    runtime.block_on(verify());
    let mut criterion = Criterion::default().configure_from_args();
    criterion.bench_function("verify a signed request, chain known", |b| {
        b.iter(|| futures::executor::block_on(black_box(verify())));
    });
    criterion.final_summary();
}
