//! A thousand requests that nobody would send: valid envelopes with members dropped, retyped, nested and blown up, and
//! bytes flipped. Each must be answered within the rules or refused as malformed; the server must stay well.

use fastrand::Rng;
use futures::{StreamExt, stream};
use serde_json::{Value, json};
use voicecart::edge::alexa::doctor::sample::{self, Patient};
use voicecart::edge::alexa::envelope::{KINDS, response, ssml};

use crate::support::Server;

/// The same mutants every time: a failure names its number.
const SEED: u64 = 20_261_123;
const MUTANTS: usize = 1_000;
const AT_ONCE: usize = 8;

pub async fn no_mutant_gets_more_than_an_answer(server: &Server) {
    let mut rng = Rng::with_seed(SEED);
    let bases = bases();
    let bodies: Vec<Vec<u8>> = (0..MUTANTS).map(|n| mutant(&bases[n % bases.len()], &mut rng)).collect();
    let (mut answered, mut refused) = (0, 0);
    let mut all = stream::iter(bodies.into_iter().enumerate())
        .map(|(n, body)| async move {
            let answer = server.client.post(server.url("/alexa")).body(body.clone()).send().await.unwrap();
            let (status, bytes) = (answer.status().as_u16(), answer.bytes().await.unwrap());
            (n, body, status, bytes)
        })
        .buffer_unordered(AT_ONCE);
    while let Some((n, body, status, bytes)) = all.next().await {
        let shown =
            || format!("mutant {n} of seed {SEED}: {}", String::from_utf8_lossy(&body[..body.len().min(2_000)]));
        match status {
            200 => {
                if let Err(why) = legal(&bytes) {
                    panic!("{why}: {}\n{}", String::from_utf8_lossy(&bytes), shown());
                }
                answered += 1;
            }
            400 | 413 => refused += 1,
            other => panic!("HTTP {other} for {}", shown()),
        }
    }
    assert!(answered > MUTANTS / 2 && refused > MUTANTS / 20, "{answered} answered, {refused} refused");
    assert!(server.is_well().await);
    println!("{answered} mutants answered, {refused} refused");
}

/// One request of every type, and intents with all that slots can hold.
fn bases() -> Vec<Value> {
    let patient = Patient { application_id: "amzn1.ask.skill.test".into(), visit: "mutants".into() };
    let now = jiff::Timestamp::now();
    let mut out: Vec<Value> = KINDS.iter().map(|(kind, _)| sample::request(kind, &patient, now)).collect();
    for (name, slots) in [
        ("SearchProductIntent", json!({"Query": slot("coffee"), "MaxPrice": slot("10"), "Color": slot("black")})),
        ("AddToBasketIntent", json!({"Product": many(), "Quantity": slot("2")})),
        ("BuyProductIntent", json!({"Product": slot("bananas"), "Quantity": slot("?")})),
        ("AMAZON.YesIntent", json!({})),
        ("TrackOrderIntent", json!({"OrderNumber": slot("58672"), "Date": slot("2026-W48")})),
        ("RefineSearchIntent", json!({"SortOrder": slot("cheapest"), "Feature": slot("organic")})),
        ("SetQuantityIntent", json!({"Quantity": slot("99999999999999999999")})),
        ("ChooseResultIntent", json!({"Ordinal": slot("-1"), "Number": slot("0")})),
    ] {
        let mut request = sample::request("IntentRequest", &patient, now);
        request["request"]["intent"] = json!({"name": name, "confirmationStatus": "NONE", "slots": slots});
        // Most of what is said is an intent.
        out.extend(std::iter::repeat_n(request, 6));
    }
    out
}

fn slot(value: &str) -> Value {
    json!({"name": "S", "value": value, "confirmationStatus": "NONE", "source": "USER",
        "resolutions": resolutions(value), "slotValue": {"type": "Simple", "value": value, "resolutions": resolutions(value)}})
}

fn many() -> Value {
    let one = |v: &str| json!({"type": "Simple", "value": v, "resolutions": resolutions(v)});
    json!({"name": "S", "confirmationStatus": "NONE", "slotValue": {"type": "List", "values": [one("milk"), one("eggs")]}})
}

fn resolutions(value: &str) -> Value {
    json!({"resolutionsPerAuthority": [
        {"authority": "amzn1.er-authority.echo-sdk.amzn1.ask.skill.x.Product", "status": {"code": "ER_SUCCESS_NO_MATCH"}},
        {"authority": "amzn1.er-authority.echo-sdk.dynamic.amzn1.ask.skill.x.Product",
         "status": {"code": "ER_SUCCESS_MATCH"}, "values": [{"value": {"name": value, "id": value}}]}]})
}

fn mutant(base: &Value, rng: &mut Rng) -> Vec<u8> {
    let mut value = base.clone();
    // No two mutants are the same request sent again.
    if let Some(id) = value.pointer_mut("/request/requestId") {
        *id = format!("mutant-{}", rng.u64(..)).into();
    }
    for _ in 0..rng.usize(1..=4) {
        let mut places = Vec::new();
        gather(&value, String::new(), &mut places);
        let place = places[rng.usize(..places.len())].clone();
        let other = value.pointer(&places[rng.usize(..places.len())]).cloned().unwrap_or_default();
        match rng.u8(0..4) {
            0 => drop_member(&mut value, &place),
            1 => {
                if let Some(spot) = value.pointer_mut(&place) {
                    *spot = other;
                }
            }
            2 => {
                if let Some(Value::Object(members)) = value.pointer_mut(&place) {
                    members.insert(odd_text(rng), odd(rng));
                }
            }
            _ => {
                if let Some(spot) = value.pointer_mut(&place) {
                    *spot = odd(rng);
                }
            }
        }
    }
    let mut bytes = value.to_string().into_bytes();
    if rng.u8(0..10) == 0 {
        for _ in 0..rng.usize(1..4) {
            let at = rng.usize(..bytes.len());
            bytes[at] = rng.u8(..);
        }
    }
    if rng.u8(0..40) == 0 {
        bytes.truncate(rng.usize(..bytes.len()));
    }
    bytes
}

fn odd(rng: &mut Rng) -> Value {
    match rng.u8(0..12) {
        0 => Value::Null,
        1 => rng.bool().into(),
        2 => rng.i64(..).into(),
        3 => json!(1e308),
        4 => json!([]),
        5 => json!({}),
        6 => nested(rng.usize(1..100), json!("deep")),
        7 => "x".repeat(rng.usize(1..200_000)).into(),
        8 => vec![json!({"value": "v"}); rng.usize(1..5_000)].into(),
        9 => json!({"name": odd_text(rng), "value": odd_text(rng)}),
        _ => odd_text(rng).into(),
    }
}

fn nested(depth: usize, core: Value) -> Value {
    (0..depth).fold(core, |inner, n| if n % 2 == 0 { json!([inner]) } else { json!({"values": inner}) })
}

fn odd_text(rng: &mut Rng) -> String {
    let texts = [
        "",
        " ",
        "?",
        "null",
        "-1",
        "0",
        "NaN",
        "true",
        "<speak>",
        "&amp;&",
        "]]>",
        "'; drop table orders; --",
        "\u{0}",
        "\u{202e}right to left",
        "😀😀😀",
        "ﬁ",
        "İ",
        "a\u{301}",
        "../../etc/passwd",
        "{Product}",
        "$(id)",
        "2026-13-45",
        "IntentRequest",
        "AMAZON.YesIntent",
        "ER_SUCCESS_MATCH",
        "amzn1.ask.account.X",
    ];
    texts[rng.usize(..texts.len())].to_owned()
}

fn drop_member(value: &mut Value, place: &str) {
    let Some((parent, name)) = place.rsplit_once('/') else { return };
    match value.pointer_mut(parent) {
        Some(Value::Object(members)) => {
            members.shift_remove(name);
        }
        Some(Value::Array(list)) => {
            if let Ok(at) = name.parse::<usize>()
                && at < list.len()
            {
                list.remove(at);
            }
        }
        _ => {}
    }
}

fn gather(value: &Value, place: String, places: &mut Vec<String>) {
    match value {
        Value::Object(members) => members.iter().for_each(|(n, v)| gather(v, format!("{place}/{n}"), places)),
        Value::Array(list) => {
            list.iter().take(20).enumerate().for_each(|(n, v)| gather(v, format!("{place}/{n}"), places))
        }
        _ => {}
    }
    places.push(place);
}

/// Amazon's rules for a response that hold whatever was asked.
fn legal(bytes: &[u8]) -> Result<(), String> {
    if bytes.len() > response::RESPONSE_BYTES {
        return Err(format!("{} bytes", bytes.len()));
    }
    let json: Value = serde_json::from_slice(bytes).map_err(|e| e.to_string())?;
    let answer = json["response"].as_object().ok_or("no response")?;
    let known =
        ["outputSpeech", "reprompt", "card", "directives", "shouldEndSession", "canFulfillIntent", "apiResponse"];
    if let Some(odd) = answer.keys().find(|k| !known.contains(&k.as_str())) {
        return Err(format!("{odd} is no member of a response"));
    }
    for speech in ["/response/outputSpeech/ssml", "/response/reprompt/outputSpeech/ssml"] {
        let Some(said) = json.pointer(speech).and_then(Value::as_str) else { continue };
        // What is well-formed and short enough passes unchanged.
        if ssml::fit(said, "", response::SPEECH_CHARS) != said {
            return Err(format!("{speech} is too long or not well-formed"));
        }
    }
    if json.pointer("/response/outputSpeech").is_some() && !json["response"]["shouldEndSession"].is_boolean() {
        return Err("speech without shouldEndSession".into());
    }
    let card = json.pointer("/response/card").map_or(0, |c| c.to_string().encode_utf16().count());
    if card > response::CARD_CHARS + 200 {
        return Err(format!("a card of {card} characters"));
    }
    Ok(())
}
