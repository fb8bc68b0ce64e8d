//! The table of settings: one line for each key, from which the environment names, the parsing of text into values and
//! the explanations are made. Knows no values.

/// One setting.
#[derive(Debug)]
pub struct Setting {
    /// Dotted path into [`Settings`](super::Settings).
    pub key: &'static str,
    pub kind: Kind,
    /// One line for people.
    pub about: &'static str,
}

/// How text from the environment or a flag is read, and how the value is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `true` or `false`, `1` or `0`, `yes` or `no`, `on` or `off`.
    Flag,
    Whole,
    Number,
    Text,
    /// Text that may be absent; empty means absent.
    MaybeText,
    /// As `MaybeText`; a name and password inside it are never shown.
    MaybeUrl,
    /// As `MaybeText`; never shown.
    Secret,
    /// Separated by commas.
    List,
}

/// What every environment name begins with.
pub const PREFIX: &str = "VOICECART_";

impl Setting {
    /// `asr.workers` is `VOICECART_ASR_WORKERS`.
    pub fn env(&self) -> String {
        format!("{PREFIX}{}", self.key.replace('.', "_").to_ascii_uppercase())
    }
}

pub fn find(key: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|s| s.key == key)
}

pub fn find_env(name: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|s| s.env() == name)
}

/// The key most like `key`, if any is like it at all.
pub fn near(key: &str) -> Option<&'static str> {
    let leaf = |k: &str| k.rsplit('.').next().unwrap_or(k).to_owned();
    SETTINGS
        .iter()
        .map(|s| {
            let whole = strsim::normalized_damerau_levenshtein(key, s.key);
            // `workers` alone, or `whisper.workers`, still points to `asr.workers`.
            let last = strsim::normalized_damerau_levenshtein(&leaf(key), &leaf(s.key)) - 0.1;
            (whole.max(last), s.key)
        })
        .filter(|(score, _)| *score >= 0.6)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, key)| key)
}

macro_rules! settings {
    ($($key:literal $kind:ident $about:literal;)*) => {
        pub static SETTINGS: &[Setting] = &[$(Setting { key: $key, kind: Kind::$kind, about: $about }),*];
    };
}

settings! {
    "bind" Text "address and port to listen on";
    "data_dir" Text "folder of the database and the search index";
    "locale" Text "locale of callers that name none; a folder of intents.dir";
    "time_zone" Text "zone of the shop's calendar, such as Europe/Berlin, or system";
    "intents.dir" Text "folder with one folder of intents and replies for each locale";
    "intents.watch" Flag "take up changes of intents, replies and webhooks while serving";
    "auth.required" Flag "ask for an API key; false only on a loopback address";
    "alexa.verify" Flag "accept only requests signed by Amazon";
    "alexa.application_ids" List "skill ids that are answered; empty answers any";
    "alexa.extra_root" MaybeText "PEM file with one more trusted root, for tests";
    "alexa.chain_base_override" MaybeUrl "address to fetch certificate chains from, for tests";
    "alexa.services_override" MaybeUrl "address asked in place of Alexa's services, for tests";
    "alexa.tolerance_seconds" Whole "how far a request's timestamp may be off, 0 to 150";
    "alexa.deadline_ms" Whole "a turn for Alexa, in milliseconds, 500 to 7500";
    "alexa.max_in_flight" Whole "turns for Alexa worked on at once";
    "alexa.progress_after_ms" Whole "wait before a shopper is told that the answer is coming, in milliseconds";
    "alexa.dynamic_entities" Flag "teach Alexa, for a session, the names of what is shown and was bought";
    "linking.client_id" MaybeText "client id of account linking, as Alexa's developer console has it; empty is off";
    "linking.client_secret" Secret "client secret of account linking; empty makes the client public, with PKCE";
    "linking.vendor" MaybeText "your vendor id at Amazon, the last part of Alexa's redirect addresses; empty takes any";
    "linking.redirects" List "more addresses that a shopper who signed in may be sent back to";
    "linking.needed_for" List "intents for which a stranger must link an account first";
    "wyoming.bind" MaybeText "address and port for Home Assistant's satellites, such as 0.0.0.0:10400; empty is off";
    "wyoming.allow" List "addresses and networks of satellites; empty allows all";
    "wyoming.customer" MaybeText "customer that satellites speak for; empty is shop.guest";
    "wyoming.connections" Whole "satellites connected at once";
    "shop.sample" Flag "fill a new database with the sample shop";
    "shop.guest" Text "customer that unknown callers are";
    "database.url" MaybeUrl "PostgreSQL that servers share, such as postgres://user:password@host/name; none is a file";
    "shop.faq_dir" MaybeText "folder of Markdown pages that answer questions; empty is faq in data_dir";
    "shop.return_days" Whole "days after its delivery in which a thing can be returned, 0 to 3650";
    "payment.url" MaybeUrl "address of the payment gateway; none sends invoices";
    "payment.delivery_cents" Whole "delivery of one order, in hundredths of the currency";
    "payment.free_delivery_from_cents" Whole "goods for so much are delivered free, in hundredths; 0 never";
    "payment.tax_percent" Number "tax that comes on top of the prices, in percent, 0 to 50";
    "payment.order_limit" Whole "most that one order by voice may cost, in whole units; 0 does not limit";
    "payment.day_limit" Whole "most that a customer may spend by voice in 24 hours, in whole units; 0 does not limit";
    "payment.link_url" MaybeUrl "this server as shoppers' browsers reach it, such as https://voice.example; empty sends no links to pay";
    "payment.link_secret" Secret "signs the links to pay; 16 characters or more";
    "payment.link_minutes" Whole "minutes that goods wait for a link to be paid, 5 to 10080";
    "payment.timeout_ms" Whole "the gateway's answer within a turn, in milliseconds, 100 to 60000";
    "service.url" MaybeUrl "address that is told of invoices, returns, complaints and hand-overs; none waits";
    "service.secret_env" MaybeText "environment variable with the secret that signs what service.url is told";
    "vendure.url" MaybeUrl "Admin API of a Vendure shop whose goods are sold; none is a shop of our own";
    "vendure.user" Text "administrator that Voicecart signs in to Vendure as";
    "vendure.password" Secret "that administrator's password";
    "vendure.payment" Text "name of the payment of orders by voice in Vendure";
    "vendure.shipping" MaybeText "code of Vendure's shipping method; none takes the first that an order may have";
    "vendure.every_seconds" Whole "how often Vendure is asked what is new, in seconds, 1 to 86400";
    "service.admins" List "names of the API keys that may use /v1/admin; empty allows none";
    "retention.sessions_hours" Whole "silence after which a conversation is forgotten, in hours, 1 to 720";
    "retention.complaints_days" Whole "closed complaints are kept, in days; 0 for good";
    "retention.handovers_days" Whole "closed hand-overs with their conversations are kept, in days; 0 for good";
    "retention.notices_days" Whole "notices that were taken are kept, in days; 0 for good";
    "retention.reasons_days" Whole "why something was returned is kept once it is settled, in days; 0 for good";
    "retention.audit_days" Whole "who saw or changed what is kept, in days; 0 for good";
    "models.dir" Text "folder of the speech models";
    "models.mirror" MaybeUrl "address to fetch models from in place of the manifest's";
    "asr.model" MaybeText "speech model by name; empty takes the best one present";
    "asr.workers" Whole "recognitions side by side; 0 takes as many as there are processors";
    "asr.threads" Whole "threads for each recognition; 0 shares the processors";
    "asr.queue" Whole "requests that may wait for a worker; 0 is twice the workers";
    "trust.reject" Number "confidence below which nothing was heard, 0 to 1";
    "trust.doubt" Number "confidence below which the shopper is asked first, 0 to 1";
    "voice.name" Text "voice of the synthesiser";
    "voice.words_per_minute" Whole "speed of speech, 80 to 450";
    "voice.pitch" Whole "pitch of speech, 0 to 99";
    "stream.endpointing" Text "patience of live conversations: relaxed, default or aggressive";
    "stream.vad_model" MaybeText "ggml file of Silero's voice detector for live sound; empty is the built-in detector";
    "stream.connections" Whole "live conversations open at once";
    "stream.idle_seconds" Whole "a live conversation is closed when nothing is sent for so long";
    "stream.seconds" Whole "longest live connection, in seconds";
    "deadlines.turn_ms" Whole "a whole turn, in milliseconds";
    "deadlines.headers_ms" Whole "receiving the headers of a request, in milliseconds";
    "deadlines.body_ms" Whole "receiving the body of a request, in milliseconds";
    "deadlines.drain_ms" Whole "finishing what is under way at shutdown, in milliseconds";
    "limits.upload_bytes" Whole "largest audio body, in bytes";
    "limits.json_bytes" Whole "largest JSON body, in bytes";
    "limits.audio_seconds" Whole "longest audio, in seconds";
    "limits.transcription_seconds" Whole "longest recording to be written down, in seconds";
    "limits.connections" Whole "connections open at once";
    "limits.turns" Whole "turns worked on at once; more are refused";
    "limits.requests_per_minute" Whole "requests a minute for each API key; 0 does not limit";
    "links.seconds" Whole "how long a link to spoken audio works, in seconds";
    "links.bytes" Whole "memory for audio behind links, in bytes";
    "cors.origins" List "web origins that may call from a browser";
    "log.filter" Text "error, warn, info, debug, trace, or a filter";
    "log.format" Text "auto, pretty or json";
    "log.transcripts" Flag "log what shoppers say, at debug";
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::config::{Settings, load};

    #[test]
    fn every_field_has_a_line_and_every_line_a_field() {
        let mut full = Settings::default();
        full.alexa.extra_root = Some("root.pem".into());
        full.alexa.chain_base_override = Some("http://localhost".into());
        full.alexa.services_override = Some("http://localhost".into());
        full.linking.client_id = Some("alexa".into());
        full.linking.client_secret = Some("sesame".into());
        full.linking.vendor = Some("M1".into());
        full.wyoming.bind = Some(full.bind);
        full.database.url = Some("postgres://localhost/shop".into());
        full.payment.url = Some("https://pay.example".into());
        full.payment.link_url = Some("https://voice.example".into());
        full.payment.link_secret = Some("sixteen letters!".into());
        full.service.url = Some("https://desk.example".into());
        full.vendure.url = Some("https://shop.example/admin-api".into());
        full.vendure.password = Some("sesame".into());
        full.vendure.shipping = Some("standard".into());
        full.service.secret_env = Some("DESK_SECRET".into());
        full.shop.faq_dir = Some("faq".into());
        full.stream.vad_model = Some("silero.bin".into());
        full.wyoming.customer = Some("ada".into());
        full.models.mirror = Some("https://mirror.example".into());
        full.asr.model = Some("tiny.en".into());
        let fields: BTreeSet<String> = load::flatten(&toml::Table::try_from(&full).unwrap()).into_keys().collect();
        let lines: BTreeSet<String> = SETTINGS.iter().map(|s| s.key.to_owned()).collect();
        assert_eq!(fields, lines);
    }

    #[test]
    fn environment_names_are_distinct() {
        let names: BTreeSet<String> = SETTINGS.iter().map(Setting::env).collect();
        assert_eq!(names.len(), SETTINGS.len());
        for (name, key) in [
            ("VOICECART_BIND", "bind"),
            ("VOICECART_DATA_DIR", "data_dir"),
            ("VOICECART_AUTH_REQUIRED", "auth.required"),
            ("VOICECART_ALEXA_VERIFY", "alexa.verify"),
            ("VOICECART_WYOMING_BIND", "wyoming.bind"),
            ("VOICECART_ASR_WORKERS", "asr.workers"),
        ] {
            assert_eq!(find_env(name).map(|s| s.key), Some(key), "{name}");
        }
    }

    #[test]
    fn near_keys() {
        for (wrong, right) in [
            ("asr.worker", Some("asr.workers")),
            ("workers", Some("asr.workers")),
            ("alexa.verfy", Some("alexa.verify")),
            ("datadir", Some("data_dir")),
            ("zzzzzzzz", None),
        ] {
            assert_eq!(near(wrong), right, "{wrong}");
        }
    }
}
