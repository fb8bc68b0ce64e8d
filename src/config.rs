//! Settings: defaults, then file, then environment, then flags; checked once. What comes out is plain values that are
//! safe to use; what the settings do is the business of those who are handed them.
//!
//! Every setting has one key (`asr.workers`), one line in [`table`], one environment name (`VOICECART_ASR_WORKERS`).

mod check;
mod load;
mod show;
pub mod table;

use std::net::SocketAddr;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

pub use load::{Loaded, Origin, Sources};
pub use show::{explain, listing};

/// Everything that can be set. Field order is the order of the printed listing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Where the server listens.
    pub bind: SocketAddr,
    /// Database, search index and audio that is kept at all.
    pub data_dir: PathBuf,
    /// The locale that callers get when they name none; a folder of [`Intents::dir`].
    pub locale: String,
    /// IANA name of the zone the shop keeps its calendar in, or `system`.
    pub time_zone: String,
    pub intents: Intents,
    pub auth: Auth,
    pub alexa: Alexa,
    pub linking: Linking,
    pub wyoming: Wyoming,
    pub shop: Shop,
    pub database: Database,
    pub payment: Payment,
    pub service: Service,
    pub vendure: Vendure,
    pub retention: Retention,
    pub models: Models,
    pub asr: Asr,
    pub trust: Trust,
    pub voice: Voice,
    pub stream: Stream,
    pub deadlines: Deadlines,
    pub limits: Limits,
    pub links: Links,
    pub cors: Cors,
    pub log: Log,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Intents {
    /// One folder for each locale, each with `model.json`, `replies.ftl` and, where there is one, `sentences.tsv`.
    pub dir: PathBuf,
    /// Whether a change of these files is taken up while serving.
    pub watch: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Auth {
    /// Whether the HTTP API asks for a key. Only a server bound to loopback may do without.
    pub required: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Alexa {
    /// Whether requests must carry Amazon's signature.
    pub verify: bool,
    /// Skill ids that are answered; empty answers any.
    pub application_ids: Vec<String>,
    /// A PEM file with one more trusted root; for tests.
    pub extra_root: Option<PathBuf>,
    /// Where certificate chains are fetched from in place of Amazon's store; for tests.
    pub chain_base_override: Option<String>,
    /// Where Alexa's services are asked in place of Amazon's servers; for tests.
    pub services_override: Option<String>,
    /// How far a request's timestamp may be off, in seconds; Amazon allows no more than 150.
    pub tolerance_seconds: u32,
    /// A turn, in milliseconds; Alexa itself gives up after 8,000.
    pub deadline_ms: u64,
    /// Turns worked on at once; one more is told to wait a moment.
    pub max_in_flight: usize,
    /// How long a shopper waits before being told that the answer is coming, in milliseconds.
    pub progress_after_ms: u64,
    /// Whether Alexa is taught, while a session lasts, the names of what is shown and of what the customer bought.
    pub dynamic_entities: bool,
}

/// How shoppers link their account to the Alexa skill: this server as the OAuth 2.0 server of it.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Linking {
    /// The name that Alexa goes by here. Without it accounts are not linked.
    pub client_id: Option<String>,
    /// Alexa's password here, 16 characters or more. Without it the client is public and must use PKCE.
    pub client_secret: Option<String>,
    /// The merchant's vendor id at Amazon: only redirects that end in it are followed. Without it any.
    pub vendor: Option<String>,
    /// Addresses, besides Amazon's, that shoppers may be sent back to; compared to the letter.
    pub redirects: Vec<String>,
    /// Intents that need an account: a stranger is asked to link one first.
    pub needed_for: Vec<String>,
}

/// Home Assistant's voice satellites.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Wyoming {
    /// Where the Wyoming protocol is spoken; usually port 10400. Not at all without it.
    pub bind: Option<SocketAddr>,
    /// Addresses and networks that may connect, for the protocol has no keys; empty allows all.
    pub allow: Vec<String>,
    /// The customer that satellites speak for; the shop's guest without it.
    pub customer: Option<String>,
    /// Open at once.
    pub connections: usize,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Shop {
    /// Whether a new database is filled with the sample shop.
    pub sample: bool,
    /// The customer that callers are when they do not say who they are.
    pub guest: String,
    /// The merchant's pages of questions and answers, as Markdown; `faq` in the data folder without it.
    pub faq_dir: Option<PathBuf>,
    /// Days after its delivery in which a thing can be returned; 0 takes nothing back after that day.
    pub return_days: u32,
}

/// Who is told of what a person or another system of the merchant's must do: invoices, returns, complaints, hand-overs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Service {
    /// Address that is told; without it what is to be told waits in the database.
    pub url: Option<String>,
    /// The environment variable with the secret that signs it.
    pub secret_env: Option<String>,
    /// Names of the API keys that may use `/v1/admin`.
    pub admins: Vec<String>,
}

/// How long what is no longer needed is kept; 0 keeps it for good. What is open, unpaid or not yet told always stays.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Retention {
    /// Silence after which a conversation is forgotten, with all that was said, in hours.
    pub sessions_hours: u32,
    /// Closed complaints, in days.
    pub complaints_days: u32,
    /// Conversations handed over to a person, once closed, in days.
    pub handovers_days: u32,
    /// Notices that were taken, in days.
    pub notices_days: u32,
    /// Why somebody sent something back, once that is settled, in days.
    pub reasons_days: u32,
    /// Who saw or changed what, in days.
    pub audit_days: u32,
}

/// Where the shop and its conversations are kept. Without an address in files of [`Settings::data_dir`], for one server.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Database {
    /// Address of a PostgreSQL database that any number of servers share.
    pub url: Option<String>,
}

/// A Vendure shop whose goods are sold. Without an address the shop is our own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Vendure {
    /// Address of its Admin API.
    pub url: Option<String>,
    /// Administrator that may read products, customers and orders, and make orders.
    pub user: String,
    pub password: Option<String>,
    /// Name that Vendure knows the payment of orders by voice by.
    pub payment: String,
    /// Code of the shipping method; none takes the first that an order may have.
    pub shipping: Option<String>,
    /// How often it is asked what is new, in seconds.
    pub every_seconds: u64,
}

/// Who takes the money. Without a gateway the merchant sends invoices.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Payment {
    /// Address of the gateway; a password for it goes into the address.
    pub url: Option<String>,
    /// Delivery of one order, in hundredths of the shop's currency.
    pub delivery_cents: u32,
    /// Goods for so many hundredths are delivered free; 0 never.
    pub free_delivery_from_cents: u32,
    /// Tax on goods and not in their prices, in percent with two decimals at most.
    pub tax_percent: f32,
    /// The most one order by voice may cost, in whole units of the shop's currency; 0 does not limit.
    pub order_limit: u32,
    /// The most a customer may spend by voice in 24 hours, in whole units; 0 does not limit.
    pub day_limit: u32,
    /// How long the gateway may take to answer within a turn, in milliseconds.
    pub timeout_ms: u64,
    /// This server's address as shoppers' browsers reach it: links to pay begin with it. None are sent without it.
    pub link_url: Option<String>,
    /// Signs the links, 16 characters or more.
    pub link_secret: Option<String>,
    /// How long goods wait for a link to be paid, in minutes.
    pub link_minutes: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Models {
    /// Where speech models lie and are fetched to.
    pub dir: PathBuf,
    /// Base address to fetch models from in place of the one in the manifest.
    pub mirror: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Asr {
    /// A model's name in the manifest; none takes the best one present.
    pub model: Option<String>,
    /// Recognitions side by side; 0 takes as many as there are processors.
    pub workers: u32,
    /// Threads for each recognition; 0 shares the processors among the workers.
    pub threads: u32,
    /// Requests that may wait for a worker; 0 is twice the workers.
    pub queue: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Trust {
    /// Confidence below which nothing was heard, 0.0..=1.0.
    pub reject: f32,
    /// Confidence below which the shopper is asked first, 0.0..=1.0, not below `reject`.
    pub doubt: f32,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Voice {
    /// A voice of the synthesiser, such as `en-us`.
    pub name: String,
    /// Words a minute, 80..=450.
    pub words_per_minute: u32,
    /// 0..=99; 50 is the voice's own.
    pub pitch: u32,
}

/// Conversations held while they are spoken.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Stream {
    /// `relaxed`, `default` or `aggressive`: how long a silence ends an utterance, where a client does not say.
    pub endpointing: String,
    /// Silero's voice detector as a ggml file, to tell voice from other sound; the built-in detector without it.
    pub vad_model: Option<PathBuf>,
    /// Open at once.
    pub connections: usize,
    /// Closed when nothing is sent for this long, in seconds.
    pub idle_seconds: u64,
    /// Longest connection, in seconds.
    pub seconds: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Deadlines {
    /// A whole turn, in milliseconds. Alexa waits 8,000.
    pub turn_ms: u64,
    /// Sending the request line and headers, in milliseconds.
    pub headers_ms: u64,
    /// Sending a body, in milliseconds.
    pub body_ms: u64,
    /// Finishing what is under way at shutdown, in milliseconds.
    pub drain_ms: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Largest audio body, in bytes.
    pub upload_bytes: usize,
    /// Largest JSON body, in bytes.
    pub json_bytes: usize,
    /// Longest audio, in seconds.
    pub audio_seconds: u32,
    /// Longest recording that is only to be written down, in seconds.
    pub transcription_seconds: u32,
    /// Open connections.
    pub connections: usize,
    /// Turns worked on at once; more are refused with 503.
    pub turns: usize,
    /// Requests a minute for each API key; 0 does not limit.
    pub requests_per_minute: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Links {
    /// How long a link to spoken audio works, in seconds.
    pub seconds: u64,
    /// Memory for audio behind links, in bytes; the oldest goes first.
    pub bytes: usize,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Cors {
    /// Web origins that may call from a browser, such as `https://shop.example`; empty allows none.
    pub origins: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// `error`, `warn`, `info`, `debug`, `trace`, or a filter such as `info,voicecart=debug`.
    pub filter: String,
    /// `auto` (words on a terminal, JSON otherwise), `pretty` or `json`.
    pub format: LogFormat,
    /// Whether what shoppers say may be logged, and only at `debug`.
    pub transcripts: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    #[default]
    Auto,
    Pretty,
    Json,
}

#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("cannot read the settings file {path}: {source}")]
    Read { path: String, source: std::io::Error },
    #[error("{path}: {problem}")]
    Syntax { path: String, problem: String },
    #[error("{origin}: there is no setting `{key}`{}", near.map(|n| format!("; did you mean `{n}`?")).unwrap_or_default())]
    Unknown { origin: Origin, key: String, near: Option<&'static str> },
    #[error("{origin}: `{key}` {problem}")]
    Value { origin: Origin, key: String, problem: String },
    #[error("{0}")]
    Invalid(String),
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            bind: SocketAddr::from(([127, 0, 0, 1], 8080)),
            data_dir: "voicecart-data".into(),
            locale: "en-US".into(),
            time_zone: "system".into(),
            intents: Intents::default(),
            auth: Auth::default(),
            alexa: Alexa::default(),
            linking: Linking::default(),
            wyoming: Wyoming::default(),
            shop: Shop::default(),
            database: Database::default(),
            payment: Payment::default(),
            service: Service::default(),
            vendure: Vendure::default(),
            retention: Retention::default(),
            models: Models::default(),
            asr: Asr::default(),
            trust: Trust::default(),
            voice: Voice::default(),
            stream: Stream::default(),
            deadlines: Deadlines::default(),
            limits: Limits::default(),
            links: Links::default(),
            cors: Cors::default(),
            log: Log::default(),
        }
    }
}

impl Default for Intents {
    fn default() -> Self {
        Self { dir: "intents".into(), watch: false }
    }
}

impl Default for Auth {
    fn default() -> Self {
        Self { required: true }
    }
}

impl Default for Alexa {
    fn default() -> Self {
        Self {
            verify: true,
            application_ids: Vec::new(),
            extra_root: None,
            chain_base_override: None,
            services_override: None,
            tolerance_seconds: 150,
            deadline_ms: 6_000,
            max_in_flight: 512,
            progress_after_ms: 1_000,
            dynamic_entities: true,
        }
    }
}

/// The secrets are not for logs.
impl std::fmt::Debug for Payment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Payment").field("link_minutes", &self.link_minutes).finish_non_exhaustive()
    }
}

/// The secret is not for logs.
impl std::fmt::Debug for Linking {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Linking").field("client_id", &self.client_id).finish_non_exhaustive()
    }
}

impl Default for Linking {
    fn default() -> Self {
        // What is about earlier orders, and what costs money.
        let needed = [
            "TrackOrderIntent",
            "OrderHistoryIntent",
            "CancelOrderIntent",
            "ReorderLastIntent",
            "ReorderProductIntent",
            "ReorderUsualIntent",
            "CheckoutIntent",
            "BuyProductIntent",
            "PayByLinkIntent",
            "MyDataIntent",
            "ForgetMeIntent",
            "ChooseAddressIntent",
            "MoveDeliveryIntent",
            "RedirectOrderIntent",
        ];
        Self {
            client_id: None,
            client_secret: None,
            vendor: None,
            redirects: Vec::new(),
            needed_for: needed.map(String::from).to_vec(),
        }
    }
}

impl Default for Wyoming {
    fn default() -> Self {
        Self { bind: None, allow: Vec::new(), customer: None, connections: 64 }
    }
}

impl Default for Shop {
    fn default() -> Self {
        Self { sample: true, guest: "ada".into(), faq_dir: None, return_days: 30 }
    }
}

impl Default for Vendure {
    fn default() -> Self {
        Self {
            url: None,
            user: "superadmin".into(),
            password: None,
            payment: "voicecart".into(),
            shipping: None,
            every_seconds: 60,
        }
    }
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            sessions_hours: 24,
            complaints_days: 730,
            handovers_days: 365,
            notices_days: 30,
            reasons_days: 730,
            audit_days: 365,
        }
    }
}

impl Default for Payment {
    fn default() -> Self {
        // Well within a turn, so that a slow gateway is told of in words.
        Self {
            url: None,
            delivery_cents: 0,
            free_delivery_from_cents: 0,
            tax_percent: 0.0,
            order_limit: 0,
            day_limit: 0,
            timeout_ms: 3_000,
            link_url: None,
            link_secret: None,
            link_minutes: 60,
        }
    }
}

impl Default for Models {
    fn default() -> Self {
        Self { dir: "models".into(), mirror: None }
    }
}

impl Default for Trust {
    fn default() -> Self {
        Self { reject: 0.35, doubt: 0.6 }
    }
}

impl Default for Voice {
    fn default() -> Self {
        Self { name: "en-us".into(), words_per_minute: 175, pitch: 50 }
    }
}

impl Default for Stream {
    fn default() -> Self {
        Self { endpointing: "default".into(), vad_model: None, connections: 256, idle_seconds: 60, seconds: 3_600 }
    }
}

impl Default for Deadlines {
    fn default() -> Self {
        Self { turn_ms: 6_000, headers_ms: 10_000, body_ms: 20_000, drain_ms: 10_000 }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            // 30 s of 48 kHz stereo float, with room for headers.
            upload_bytes: 12 << 20,
            json_bytes: 64 << 10,
            audio_seconds: 30,
            transcription_seconds: 600,
            connections: 1_024,
            turns: 64,
            requests_per_minute: 600,
        }
    }
}

impl Default for Links {
    fn default() -> Self {
        Self { seconds: 300, bytes: 64 << 20 }
    }
}

impl Default for Log {
    fn default() -> Self {
        Self { filter: "info".into(), format: LogFormat::Auto, transcripts: false }
    }
}
