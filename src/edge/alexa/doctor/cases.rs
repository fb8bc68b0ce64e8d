//! What certification sends, and what it wants back: a key and its chains in, a list of [`Case`]s out.

use jiff::{Timestamp, ToSpan};
use serde_json::Value;

use super::DoctorError;
use super::forge::Signer;
use super::sample::{self, Patient};
use crate::edge::alexa::envelope::{Class, KINDS, class, response};

/// One request to send.
pub struct Case {
    pub name: String,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
    pub expect: Expect,
}

/// What has to come back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    /// HTTP 400 and nothing else.
    Refused,
    /// HTTP 200 with an envelope that this class of request allows.
    Answered(Class),
}

/// Chains for the address in the header, by what is wrong with them.
pub struct Chains {
    pub good: String,
    pub other_name: String,
    pub expired: String,
    pub not_yet: String,
    pub not_for_signing: String,
    pub unknown_root: String,
    pub not_pem: String,
    pub missing: String,
}

const CHAIN_URL: &str = "SignatureCertChainUrl";
const SIGNATURE: &str = "Signature-256";
/// Where a chain of Amazon's lies; what is signed by somebody else must not pass for it.
pub const AMAZONS: &str = "https://s3.amazonaws.com/echo.api/echo-api-cert-12-ats.pem";

/// The requests that every endpoint must refuse, whatever chain it trusts. `chain` is an address that the endpoint can
/// fetch a chain from; only the first rule broken is wrong in each.
pub fn refusals(signer: &Signer, stranger: &Signer, chain: &str, patient: &Patient, now: Timestamp) -> Built {
    let body = launch(patient, now)?;
    let signature = signer.sign(&body)?;
    let signed = |url: &str| vec![(CHAIN_URL, url.to_owned()), (SIGNATURE, signature.clone())];
    let refused =
        |name: &str, headers| Case { name: name.into(), headers, body: body.clone(), expect: Expect::Refused };
    let file = chain.rsplit('/').next().unwrap_or_default();
    let with = |text: &str| text.replace("FILE", file);
    let mut cases = vec![
        refused("no headers at all", vec![]),
        refused("no signature header", vec![(CHAIN_URL, chain.into())]),
        refused("empty signature", vec![(CHAIN_URL, chain.into()), (SIGNATURE, String::new())]),
        refused("only the old SHA-1 header", vec![(CHAIN_URL, chain.into()), ("Signature", signature.clone())]),
        refused("signature is not base64", vec![(CHAIN_URL, chain.into()), (SIGNATURE, "not base64!".into())]),
        refused("signature is too short", vec![(CHAIN_URL, chain.into()), (SIGNATURE, "AAAA".into())]),
        refused("no certificate URL header", vec![(SIGNATURE, signature.clone())]),
        refused("empty certificate URL", signed("")),
    ];
    for (name, url) in [
        ("http", "http://s3.amazonaws.com/echo.api/FILE"),
        ("another host", "https://not.amazonaws.example/echo.api/FILE"),
        ("a host that only begins alike", "https://s3.amazonaws.com.evil.example/echo.api/FILE"),
        ("a host behind a user name", "https://s3.amazonaws.com@evil.example/echo.api/FILE"),
        ("another folder", "https://s3.amazonaws.com/invalid.path/FILE"),
        ("the folder in another case", "https://s3.amazonaws.com/EcHo.aPi/FILE"),
        ("a path that climbs out of the folder", "https://s3.amazonaws.com/echo.api/../evil/FILE"),
        ("an encoded path that climbs out", "https://s3.amazonaws.com/echo.api/%2e%2e%2fevil/FILE"),
        ("another port", "https://s3.amazonaws.com:563/echo.api/FILE"),
        ("the folder in the query", "https://s3.amazonaws.com/?/echo.api/FILE"),
        ("no scheme", "s3.amazonaws.com/echo.api/FILE"),
    ] {
        cases.push(refused(&format!("certificate URL: {name}"), signed(&with(url))));
    }
    let foreign = vec![(CHAIN_URL, AMAZONS.to_owned()), (SIGNATURE, signature.clone())];
    cases.push(refused("signed with an incorrect certificate", foreign));
    let strange = vec![(CHAIN_URL, chain.to_owned()), (SIGNATURE, stranger.sign(&body)?)];
    cases.push(refused("invalid signature", strange));
    let mut tampered = refused("body changed after signing", signed(chain));
    tampered.body.push(b' ');
    cases.push(tampered);
    let stamped = |name: &str, at: Timestamp| sign(signer, chain, name, launch(patient, at)?, Expect::Refused);
    let shift = |seconds: i64| now.checked_add(seconds.seconds()).unwrap_or(now);
    cases.push(stamped("timestamp 160 s ago", shift(-160))?);
    cases.push(stamped("timestamp an hour ago", shift(-3_600))?);
    cases.push(stamped("timestamp 160 s ahead", shift(160))?);
    let mut without = sample::request("LaunchRequest", patient, now);
    if let Some(request) = without.get_mut("request").and_then(Value::as_object_mut) {
        request.remove("timestamp");
    }
    cases.push(sign(signer, chain, "no timestamp", bytes(&without)?, Expect::Refused)?);
    cases.push(sign(signer, chain, "signed, but not JSON", b"{\"request\":".to_vec(), Expect::Refused)?);
    Ok(cases)
}

/// The requests that need an endpoint told to trust the doctor: bad chains, and everything that must be answered.
pub fn trusted(signer: &Signer, chains: &Chains, patient: &Patient, now: Timestamp, one_skill: bool) -> Built {
    let mut cases = Vec::new();
    for (name, chain) in [
        ("a certificate for another name", &chains.other_name),
        ("an expired certificate", &chains.expired),
        ("a certificate of tomorrow", &chains.not_yet),
        ("a certificate that may not sign", &chains.not_for_signing),
        ("a certificate of an unknown root", &chains.unknown_root),
        ("a chain that is not PEM", &chains.not_pem),
        ("a chain that is not there", &chains.missing),
    ] {
        cases.push(sign(signer, chain, name, launch(patient, now)?, Expect::Refused)?);
    }
    if one_skill {
        let other = Patient { application_id: "amzn1.ask.skill.of-somebody-else".into(), ..patient.clone() };
        cases.push(sign(signer, &chains.good, "another skill's request", launch(&other, now)?, Expect::Refused)?);
    }

    let file = chains.good.rsplit('/').next().unwrap_or_default();
    for (name, url) in [
        ("valid: as Amazon writes it", format!("https://s3.amazonaws.com/echo.api/{file}")),
        ("valid: scheme and host in capitals", format!("HTTPS://S3.AMAZONAWS.COM/echo.api/{file}")),
        ("valid: port 443", format!("https://s3.amazonaws.com:443/echo.api/{file}")),
        ("valid: dots in the path", format!("https://s3.amazonaws.com/echo.api/../echo.api/./{file}")),
    ] {
        cases.push(sign(signer, &url, name, launch(patient, now)?, Expect::Answered(Class::Opens))?);
    }
    let mut foreign = sample::request("IntentRequest", patient, now);
    if let Some(intent) = foreign.pointer_mut("/request/intent").and_then(Value::as_object_mut) {
        intent.insert("name".into(), "SearchProductIntent".into());
        let query = serde_json::json!({"Query": {"name": "Query", "value": "grüner Tee お茶 ☕", "confirmationStatus": "NONE"}});
        intent.insert("slots".into(), query);
    }
    if let Some(request) = foreign.get_mut("request").and_then(Value::as_object_mut) {
        request.insert("requestId".into(), format!("amzn1.echo-api.request.doctor.{}.wide", patient.visit).into());
    }
    let wide = Expect::Answered(Class::Intent);
    cases.push(sign(signer, &chains.good, "valid: letters of several bytes", bytes(&foreign)?, wide)?);
    for kind in KINDS.iter().map(|(kind, _)| *kind).chain(["Unheard.OfRequest"]) {
        let body = bytes(&sample::request(kind, patient, now))?;
        cases.push(sign(signer, &chains.good, &format!("valid: {kind}"), body, Expect::Answered(class(kind)))?);
    }
    let late = now.checked_sub(3_000.seconds()).unwrap_or(now);
    let event = "AlexaSkillEvent.SkillDisabled";
    let body = bytes(&sample::request(event, patient, late))?;
    cases.push(sign(signer, &chains.good, "valid: an event 50 minutes late", body, Expect::Answered(class(event)))?);
    Ok(cases)
}

pub type Built = Result<Vec<Case>, DoctorError>;

fn sign(signer: &Signer, chain: &str, name: &str, body: Vec<u8>, expect: Expect) -> Result<Case, DoctorError> {
    let headers = vec![(CHAIN_URL, chain.to_owned()), (SIGNATURE, signer.sign(&body)?)];
    Ok(Case { name: name.to_owned(), headers, body, expect })
}

fn launch(patient: &Patient, at: Timestamp) -> Result<Vec<u8>, DoctorError> {
    bytes(&sample::request("LaunchRequest", patient, at))
}

fn bytes(value: &Value) -> Result<Vec<u8>, DoctorError> {
    serde_json::to_vec(value).map_err(|e| DoctorError::Key(e.to_string()))
}

/// What is wrong with an answer, if anything.
pub fn judge(expect: Expect, status: u16, body: &[u8]) -> Result<(), String> {
    let class = match (expect, status) {
        (Expect::Refused, 400) => return Ok(()),
        (Expect::Answered(class), 200) => class,
        (_, status) => return Err(format!("HTTP {status}")),
    };
    if body.len() > response::RESPONSE_BYTES {
        return Err(format!("{} bytes, over Alexa's 24 kB", body.len()));
    }
    let json: Value = serde_json::from_slice(body).map_err(|_| "an answer that is not JSON".to_owned())?;
    let answer = json.get("response").and_then(Value::as_object).ok_or("no response object")?;
    if json.get("version").and_then(Value::as_str) != Some("1.0") {
        return Err("no version 1.0".into());
    }
    let allowed: &[&str] = match class {
        Class::Opens | Class::Intent | Class::Continues => {
            let ssml = answer.get("outputSpeech").and_then(|s| s.get("ssml")).and_then(Value::as_str);
            let ssml = ssml.ok_or("nothing to say")?;
            if !(ssml.starts_with("<speak") && ssml.ends_with("</speak>")) {
                return Err("speech that is not SSML".into());
            }
            return Ok(());
        }
        Class::CanFulfill => &["canFulfillIntent"],
        Class::Api => &["apiResponse"],
        // More of a list that the skill may or may not have.
        Class::Scrolls => {
            return match answer.keys().find(|key| *key != "directives") {
                Some(key) => Err(format!("{key}, which is not allowed here")),
                None => Ok(()),
            };
        }
        Class::Ends | Class::Fault | Class::Silent => &[],
    };
    match answer.keys().find(|key| !allowed.contains(&key.as_str())) {
        Some(key) => Err(format!("{key}, which is not allowed here")),
        None if allowed.iter().all(|key| answer.contains_key(*key)) => Ok(()),
        None => Err("an empty response".into()),
    }
}
