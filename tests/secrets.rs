//! What must not be written down, looked for after a real run of the program with everything logged that can be: the PIN
//! a shopper says, in digits and in words, in the log, the databases and what is printed.

#![allow(clippy::unwrap_used, clippy::expect_used)] // a test: helpers outside #[test] functions too

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

const SAID: &[&str] = &["8317", "eight three one seven", "2946", "two nine four six"];

fn run(folder: &Path, args: &[&str], input: &str) -> (bool, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_voicecart"));
    command.args(args).env("VOICECART_DATA_DIR", folder.join("data")).env_remove("VOICECART_CONFIG");
    // The operator allows everything.
    command.env("VOICECART_LOG_FILTER", "trace").env("VOICECART_LOG_TRANSCRIPTS", "true");
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let out = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    (out.status.success(), text(&out.stdout), text(&out.stderr))
}

fn holds(place: &str, bytes: &[u8]) {
    for said in SAID {
        let found = bytes.windows(said.len()).position(|w| w.eq_ignore_ascii_case(said.as_bytes()));
        // Digits inside a longer number (a time, an id) are not the PIN.
        let alone = |at: usize| {
            let around = [at.checked_sub(1), Some(at + said.len())];
            !around.into_iter().flatten().any(|i| bytes.get(i).is_some_and(u8::is_ascii_alphanumeric))
        };
        if let Some(at) = found.filter(|at| alone(*at)) {
            let from = at.saturating_sub(80);
            panic!("{place} holds {said:?}: ...{}", String::from_utf8_lossy(&bytes[from..at + said.len()]));
        }
    }
}

fn files(folder: &Path, seen: &mut u32) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, seen);
        } else {
            *seen += 1;
            holds(&path.display().to_string(), &std::fs::read(&path).unwrap());
        }
    }
}

#[test]
fn a_spoken_pin_is_nowhere_to_be_found() {
    let folder = tempfile::tempdir().unwrap();
    // Makes the sample shop.
    assert!(run(folder.path(), &["ask", "help"], "").0);
    let (set, _, error) = run(folder.path(), &["pin", "set", "ada"], "8317\n");
    assert!(set, "{error}");
    assert!(!run(folder.path(), &["pin", "set", "nobody-of-that-name"], "8317\n").0);
    assert!(!run(folder.path(), &["pin", "set", "ada"], "1111\n").0, "a PIN that is guessed first");

    let turns = "buy bananas\nyes\ntwo nine four six\nmy pin is 2946\neight three one seven\nbuy coffee beans\nyes\nno\n\
                 eight three one seven\nwhere is my order\n";
    let (done, said, log) = run(folder.path(), &["ask", "--verbose"], turns);
    assert!(done, "{log}");
    assert!(said.contains("You can try"), "the wrong PIN was refused: {said}");
    assert!(said.contains("Ordered:"), "the right one was taken: {said}");
    assert!(log.contains("TRACE") || log.contains("DEBUG"), "nothing was logged: {log}");
    holds("what was printed", said.as_bytes());
    holds("the log", log.as_bytes());
    let mut seen = 0;
    files(&folder.path().join("data"), &mut seen);
    assert!(seen >= 2, "the databases were read");
}

/// What is said, shown and sent in the run of everything; none of it may be in a log or a metric.
const NAME: &str = "Zelda Quibbleworth";
const MAIL: &str = "zelda.quibbleworth@mailbox.example";
const STREET: &str = "77 Wyvern Terrace, Larkspur";
const PHONE: &str = "+15550107788";
const USER: &str = "amzn1.ask.account.QUIBBLE77";
const PERSON: &str = "amzn1.ask.person.QUIBBLE88";
const CUSTOMER: &str = "quibbleworth-1";
const SESSION: &str = "session-of-quibbleworth";
const PASSWORD: &str = "grue-in-the-cellar";
const CLIENT_SECRET: &str = "plover-egg-of-the-client";
const COMPLAINT: &str = "the courier shouted plugh at my cockatoo";
const UNSAID: &str = "frobnicate my gazebo";
const STRAY: &str = "vc_strayKeyOfQuibbleworth0123456789abcdefghijk";

/// The program as a server, with its log in a file.
struct Serving {
    process: std::process::Child,
    address: String,
    log: std::path::PathBuf,
}

impl Serving {
    fn start(folder: &Path) -> Self {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let log = folder.join("log");
        let process = Command::new(env!("CARGO_BIN_EXE_voicecart"))
            .arg("serve")
            .env_remove("VOICECART_CONFIG")
            .env("VOICECART_DATA_DIR", folder.join("data"))
            .env("VOICECART_BIND", format!("127.0.0.1:{port}"))
            .env("VOICECART_LOG_FILTER", "trace")
            .env("VOICECART_ALEXA_VERIFY", "false")
            .env("VOICECART_LINKING_CLIENT_ID", "alexa")
            .env("VOICECART_LINKING_CLIENT_SECRET", CLIENT_SECRET)
            .env("VOICECART_LINKING_VENDOR", "M1TESTS")
            .env("VOICECART_SERVICE_ADMINS", "demo")
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(&log).unwrap())
            .spawn()
            .unwrap();
        Self { process, address: format!("http://127.0.0.1:{port}"), log }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_of_everything_leaves_nobody_in_the_log_or_the_metrics() {
    use serde_json::{Value, json};

    let _ = rustls::crypto::ring::default_provider().install_default();
    let folder = tempfile::tempdir().unwrap();
    assert!(run(folder.path(), &["ask", "help"], "").0);
    let customer = json!({
        "id": CUSTOMER, "name": NAME, "email": MAIL, "addresses": [["home", STREET], ["cellar", "3 Twisty Passage"]],
        "identities": [format!("tel:{PHONE}"), format!("api:{CUSTOMER}")],
    });
    let (customers, orders) = (folder.path().join("customers.jsonl"), folder.path().join("orders.jsonl"));
    std::fs::write(&customers, format!("{customer}\n")).unwrap();
    std::fs::write(&orders, "").unwrap();
    let path = |p: &Path| p.to_str().unwrap().to_owned();
    let (imported, _, error) =
        run(folder.path(), &["orders", "import", &path(&orders), "--customers", &path(&customers)], "");
    assert!(imported, "{error}");
    assert!(run(folder.path(), &["pin", "set", CUSTOMER], "8317\n").0);
    let login = ["login", "set", CUSTOMER, "--name", MAIL];
    assert!(run(folder.path(), &login, &format!("{PASSWORD}\n")).0);

    let server = Serving::start(folder.path());
    let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let url = |path: &str| format!("{}{path}", server.address);
    let began = std::time::Instant::now();
    while !client.get(url("/readyz")).send().await.is_ok_and(|r| r.status().is_success()) {
        assert!(began.elapsed() < std::time::Duration::from_secs(60), "not ready: {}", path(&server.log));
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let key = std::fs::read_to_string(folder.path().join("data/demo-key")).unwrap().trim().to_owned();

    // Typed: a purchase with a wrong and a right PIN, an address, a complaint, somebody else's business, a person.
    let mut said = Vec::new();
    let turns = [
        "buy bananas",
        "send it to my cellar",
        "yes",
        "two nine four six",
        "8317",
        "where is my order",
        "i want to complain",
        COMPLAINT,
        UNSAID,
        "i am allergic to peanuts",
        "i want to talk to a person",
        "send me the invoice",
    ];
    for words in turns {
        let body = json!({ "text": words, "session": SESSION, "customer": CUSTOMER });
        let answer = client.post(url("/v1/text")).bearer_auth(&key).json(&body).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{words}");
        let answer: Value = answer.json().await.unwrap();
        said.push(answer["speech"]["text"].as_str().unwrap().to_owned());
    }
    assert!(said.iter().any(|s| s.contains("Ordered:")), "{said:?}");
    assert!(said.iter().any(|s| s.contains("word for word")), "{said:?}");
    // Spoken.
    let mut heard = Vec::new();
    for clip in ["01-find-almond-milk-clean.wav", "02-do-you-have-any-coffee-beans-clean.wav"] {
        let audio = std::fs::read(format!("audio-fixtures/{clip}")).unwrap();
        let path = format!("/v1/voice?audio=none&session={SESSION}-voice&customer={CUSTOMER}");
        let answer = client.post(url(&path)).bearer_auth(&key).body(audio).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        let answer: Value = answer.json().await.unwrap();
        heard.extend(answer["transcript"]["text"].as_str().filter(|t| t.split(' ').count() > 2).map(str::to_owned));
    }
    assert!(!heard.is_empty(), "nothing was heard");
    // Linked, and by Alexa, with the token, a person's voice, and slots.
    let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    let back = "https://layla.amazon.com/api/skill/link/M1TESTS";
    let sign_in = async |password: &str| {
        let form = [
            ("response_type", "code"),
            ("client_id", "alexa"),
            ("redirect_uri", back),
            ("state", "xyz"),
            ("scope", "shop"),
            ("code_challenge", challenge),
            ("code_challenge_method", "S256"),
            ("login", MAIL),
            ("password", password),
        ];
        post_form(&client, &url("/oauth/authorize"), &form).await
    };
    assert_ne!(sign_in("wrong-grue").await.status(), 303);
    let answer = sign_in(PASSWORD).await;
    assert_eq!(answer.status(), 303);
    let location = url::Url::parse(answer.headers()["location"].to_str().unwrap()).unwrap();
    let code = location.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned();
    let form = [
        ("grant_type", "authorization_code"),
        ("code", &*code),
        ("redirect_uri", back),
        ("code_verifier", verifier),
        ("client_id", "alexa"),
        ("client_secret", CLIENT_SECRET),
    ];
    let tokens: Value = post_form(&client, &url("/oauth/token"), &form).await.json().await.unwrap();
    let (access, refresh) = (tokens["access_token"].as_str().unwrap(), tokens["refresh_token"].as_str().unwrap());
    let mut spoken = Vec::new();
    for (n, (intent, slots)) in [
        ("OrderHistoryIntent", json!({})),
        ("SearchProductIntent", json!({"Query": {"name": "Query", "value": "sprocketed zeugma"}})),
        ("ComplaintIntent", json!({"Words": {"name": "Words", "value": COMPLAINT}})),
        ("PinIntent", json!({"Pin": {"name": "Pin", "value": "8317"}})),
    ]
    .into_iter()
    .enumerate()
    {
        let user = json!({"userId": USER, "accessToken": access});
        let request = json!({"version": "1.0",
            "context": {"System": {"application": {"applicationId": "amzn1.ask.skill.test"}, "user": user,
                "person": {"personId": PERSON}, "device": {"deviceId": "amzn1.ask.device.QUIBBLE99"}}},
            "session": {"new": n == 0, "sessionId": format!("{SESSION}-alexa"), "user": {"userId": USER},
                "application": {"applicationId": "amzn1.ask.skill.test"}},
            "request": {"type": "IntentRequest", "requestId": format!("quibble-request-{n}"), "locale": "en-US",
                "timestamp": jiff::Timestamp::now().to_string(), "intent": {"name": intent, "slots": slots}}});
        let answer = client.post(url("/alexa")).json(&request).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        let answer: Value = answer.json().await.unwrap();
        spoken.push(answer["response"].to_string());
    }
    assert!(spoken[0].contains("bananas"), "the linked account was known: {spoken:?}");
    // The merchant's people look, give out and change.
    for path in ["/v1/admin/handovers", "/v1/admin/audit", &format!("/v1/customers/{CUSTOMER}/data")] {
        let answer = client.get(url(path)).bearer_auth(&key).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        answer.text().await.unwrap();
    }
    // Everything that can go wrong says what was sent to whoever sent it, at most.
    let answer = client.post(url("/v1/text")).bearer_auth(STRAY).json(&json!({"text": UNSAID})).send().await.unwrap();
    assert_eq!(answer.status(), 401);
    let broken = format!("{{\"text\": \"{UNSAID}\", \"customer\": \"{CUSTOMER}");
    let wrong: [(&str, String); 5] = [
        ("/v1/text", broken.clone()),
        ("/v1/text", json!({"text": UNSAID, "customer": format!("{NAME} {MAIL}")}).to_string()),
        ("/v1/text", json!({"text": COMPLAINT.repeat(400)}).to_string()),
        ("/alexa", broken),
        ("/oauth/token", format!("grant_type=refresh_token&refresh_token={refresh}x&client_id=alexa&client_secret=no")),
    ];
    for (path, body) in wrong {
        let kind = if path.starts_with("/oauth") { "application/x-www-form-urlencoded" } else { "application/json" };
        let sent =
            client.post(url(path)).bearer_auth(&key).header("content-type", kind).body(body).send().await.unwrap();
        assert!(sent.status().is_client_error(), "{path}: {}", sent.status());
    }
    let sound =
        client.post(url("/v1/voice")).bearer_auth(&key).body(COMPLAINT.as_bytes().to_vec()).send().await.unwrap();
    assert!(sound.status().is_client_error());
    for path in
        [format!("/v1/customers/{MAIL}/data"), format!("/nowhere/{CUSTOMER}?token={access}"), format!("/pay/{access}")]
    {
        let sent = client.get(url(&path)).bearer_auth(&key).send().await.unwrap();
        assert!(sent.status().is_client_error(), "{path}");
    }
    // A link that is none is told of on a page.
    let page = client.get(url("/pay/none")).send().await.unwrap();
    assert_eq!(page.status(), 410);
    assert!(page.text().await.unwrap().contains("This link has ended"));
    let metrics = client.get(url("/metrics")).bearer_auth(&key).send().await.unwrap().text().await.unwrap();
    assert!(metrics.contains("voicecart"), "{metrics}");
    // The upkeep writes and tells in its own time.
    tokio::time::sleep(std::time::Duration::from_secs(6)).await;
    let log = std::fs::read_to_string(&server.log).unwrap();
    drop(server);
    assert!(log.contains("DEBUG") && log.len() > 50_000, "hardly anything was logged: {} bytes", log.len());

    let mut secrets: Vec<&str> = vec![
        NAME,
        "Quibbleworth",
        MAIL,
        "mailbox.example",
        STREET,
        "Wyvern",
        "Twisty",
        PHONE,
        "5550107788",
        USER,
        PERSON,
        "QUIBBLE",
        CUSTOMER,
        SESSION,
        PASSWORD,
        "wrong-grue",
        CLIENT_SECRET,
        COMPLAINT,
        "plugh",
        "cockatoo",
        UNSAID,
        "gazebo",
        STRAY,
        "sprocketed",
        "zeugma",
        &key,
        &code,
        access,
        refresh,
        verifier,
        "allergic to peanuts",
    ];
    secrets.extend(turns.iter().filter(|t| t.split(' ').count() > 2));
    secrets.extend(heard.iter().map(String::as_str));
    for (place, text) in [("the log", &log), ("the metrics", &metrics)] {
        let small = text.to_lowercase();
        let found: Vec<String> = secrets
            .iter()
            .filter_map(|secret| {
                let at = small.find(&secret.to_lowercase())?;
                let line = small[..at].rfind('\n').map_or(0, |n| n + 1);
                Some(format!("{secret:?} in: {}", small[line..].chars().take(400).collect::<String>()))
            })
            .collect();
        assert!(found.is_empty(), "{place} holds\n{}", found.join("\n"));
        holds(place, text.as_bytes());
    }
}

async fn post_form(client: &reqwest::Client, url: &str, form: &[(&str, &str)]) -> reqwest::Response {
    let body: String = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    let request = client.post(url).header("content-type", "application/x-www-form-urlencoded");
    request.body(body).send().await.unwrap()
}
