//! The composition root: builds every stage from the settings and ties them together. The server, the command line and
//! the tests all start here, so what is tried is what runs.

mod absent;
mod faq;
mod first;
mod learning;
mod places;
mod reload;
mod stages;
mod vendure;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::asr::Recognizer;
use crate::audio::decode;
use crate::audio::detector::Detectors;
use crate::clock::{Clock, Ids, RandomIds, SystemClock};
use crate::config::Settings;
use crate::dialogue::sessions::shared::SharedSessions;
use crate::dialogue::sessions::sql::SqlSessions;
use crate::dialogue::{Dialogue, SessionId, SessionStore};
use crate::edge::alexa::{self, Alexa};
use crate::edge::keys::{KeyRing, Known};
use crate::edge::linking::Linking;
use crate::edge::wyoming::House;
use crate::edge::{self, Doors, Part, Resolve};
use crate::language::{Term, Understander};
use crate::reply::Phrases;
use crate::shop::connectors::gateway::HttpGateway;
use crate::shop::connectors::sql::Limits;
use crate::shop::connectors::sql::{Retention, Terms};
use crate::shop::connectors::vendure::Admin;
use crate::shop::paylink::PayLinks;
use crate::shop::{Catalogue, CustomerId, Customers, Guarded, RequestId, SqlShop, sample};
use crate::store::{Store, grants, keys};
use crate::tts::{Synthesizer, VoiceSettings};
use crate::turn::{Caller, Spine, Stages, Trust, Words};
use crate::webhook::Webhooks;
use crate::webhook::notices::Notices;

pub use first::new_key;
pub use places::{locale as locale_folder, shipped};

/// How soon a change of the catalogue by another process is noticed.
const UPKEEP_EVERY: Duration = Duration::from_secs(5);
const TIDY_EVERY: Duration = Duration::from_secs(3_600);

/// What understands and what words, ready for one locale.
type Language = (Arc<Understander>, Arc<Phrases>);

/// Everything, built and ready.
pub struct App {
    pub settings: Arc<Settings>,
    pub spine: Arc<Spine>,
    pub store: Store,
    catalogue: Catalogue,
    shop: SqlShop,
    customers: Customers,
    keys: Arc<KeyRing>,
    resolve: Resolve,
    linking: Option<Arc<Linking>>,
    /// Where the goods are from, unless the shop is our own.
    vendure: Option<Arc<Admin>>,
    /// Conversations that outlive their request.
    pub lasting: edge::Lasting,
    /// Who is told of what the merchant has to do; none where nobody is.
    notices: Option<Arc<Notices>>,
    /// Set on the first start with the sample shop.
    demo_key: Option<(String, PathBuf)>,
}

impl App {
    /// Builds all stages, the slow ones side by side. The first start makes the data folder, the sample shop and a
    /// demonstration key.
    pub async fn build(settings: &Settings) -> anyhow::Result<Self> {
        Self::with(settings, true, clock(settings)?, Arc::new(RandomIds), None).await
    }

    /// As [`build`](Self::build) but without loading a speech model, for typed turns only.
    pub async fn build_without_ears(settings: &Settings) -> anyhow::Result<Self> {
        Self::with(settings, false, clock(settings)?, Arc::new(RandomIds), None).await
    }

    /// For typed turns at a given time with given ids, so that a conversation comes out the same again. What takes
    /// long, learning the language, is shared with an earlier replay of the same shop.
    pub async fn build_for_replay(
        settings: &Settings,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn Ids>,
        earlier: Option<&Self>,
    ) -> anyhow::Result<Self> {
        let language = earlier.map(|app| {
            let words = app.spine.words();
            (words.understander.clone(), words.phrases.clone())
        });
        Self::with(settings, false, clock, ids, language).await
    }

    async fn with(
        settings: &Settings,
        ears: bool,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn Ids>,
        taught: Option<Language>,
    ) -> anyhow::Result<Self> {
        let settings = Arc::new(settings.clone());
        // Whoever needs a thread gets one at once; the database opens meanwhile.
        let hearing = {
            let settings = settings.clone();
            tokio::task::spawn_blocking(move || {
                if !ears {
                    return Ok((Detectors::default(), stages::no_ears()));
                }
                // The small one first: a wrong setting is told of at once.
                anyhow::Ok((stages::detectors(&settings)?, stages::ears(&settings)?))
            })
        };
        let language = {
            let folder = places::locale(&settings)?;
            let taught = taught.clone();
            tokio::task::spawn_blocking(move || -> anyhow::Result<(Language, Webhooks)> {
                let language = match taught {
                    Some(language) => language,
                    None => (Arc::new(Understander::load(&folder)?), Arc::new(Phrases::load(&folder)?)),
                };
                let known = |intent: &str| language.0.model().intent(intent).is_some();
                let webhooks = Webhooks::load(&folder, known, |name| std::env::var(name).ok())?;
                Ok((language, webhooks))
            })
        };
        let voice = VoiceSettings {
            voice: settings.voice.name.clone(),
            words_per_minute: settings.voice.words_per_minute,
            pitch: settings.voice.pitch,
        };
        let synthesizer = {
            let voice = voice.clone();
            tokio::task::spawn_blocking(move || stages::voice(&voice))
        };

        let store = first::open_store(&settings).await?;
        let mut fresh = false;
        if settings.shop.sample
            && settings.vendure.url.is_none()
            && let Some(loaded) = sample::load(&store, clock.as_ref()).await?
        {
            tracing::info!(products = loaded.products, orders = loaded.orders, "the sample shop was loaded");
            faq::write_sample(&settings)?;
            fresh = true;
        }
        let catalogue = Catalogue::open(store.clone()).await?;
        let shop = SqlShop::new(catalogue.clone(), clock.clone(), ids.clone());
        if fresh {
            // A few hundred orders: whoever tries the sample shop hears at once what they teach.
            shop.learn_tastes().await?;
        }
        let most = |units: u32| (units > 0).then(|| i64::from(units) * 100);
        let limits =
            Limits { per_order: most(settings.payment.order_limit), per_day: most(settings.payment.day_limit) };
        let terms = Terms {
            delivery: i64::from(settings.payment.delivery_cents),
            free_from: Some(i64::from(settings.payment.free_delivery_from_cents)).filter(|from| *from > 0),
            tax: (settings.payment.tax_percent * 100.0).round() as u32,
            return_days: settings.shop.return_days,
        };
        let days = |days: u32| (days > 0).then_some(days);
        let retention = Retention {
            complaints: days(settings.retention.complaints_days),
            handovers: days(settings.retention.handovers_days),
            notices: days(settings.retention.notices_days),
            reasons: days(settings.retention.reasons_days),
            audit: days(settings.retention.audit_days),
        };
        let shop = shop.limited(limits).on_terms(terms).keeping(retention);
        let shop = match &settings.payment.url {
            Some(url) => {
                let patience = Duration::from_millis(settings.payment.timeout_ms);
                shop.paid_by(Arc::new(HttpGateway::new(url, patience).context("payment.url")?))
            }
            None => shop,
        };
        let vendure = vendure::admin(&settings)?;
        let shop = match &vendure {
            Some(admin) => shop.paid_by(Arc::new(vendure::counter(&settings, admin.clone(), store.clone()))),
            None => shop,
        };
        let shop = match (&settings.payment.link_url, &settings.payment.link_secret) {
            (Some(base), Some(secret)) => {
                let lasts = SignedDuration::from_mins(settings.payment.link_minutes.into());
                shop.linked(PayLinks::new(base, secret, lasts))
            }
            _ => shop,
        };
        // What is left of a turn is for saying that the shop did not answer.
        let patience = Duration::from_millis(settings.deadlines.turn_ms) * 4 / 5;
        shop.set_faq(faq::load(&settings)?);
        let customers = Customers::new(store.clone(), clock.clone(), ids.clone());
        let resolve = resolver(customers.clone());
        let linking = Linking::new(&settings.linking, store.clone(), customers.clone(), clock.clone()).map(Arc::new);
        let demo_key = first::demo_key(&settings, &store).await?;
        let keys = Arc::new(key_ring(store.clone()).await?);
        let lapse = Duration::from_secs(u64::from(settings.retention.sessions_hours) * 3_600);
        let sessions: Arc<dyn SessionStore> = match SharedSessions::of(&store, lapse) {
            Some(shared) => Arc::new(shared),
            None => Arc::new(SqlSessions::open(&settings.data_dir.join("sessions.db"), lapse).await?),
        };

        let notices = notices(&settings)?;
        let ((understander, phrases), webhooks) = language.await.context("loading the language stopped")??;
        if taught.is_none() {
            teach(&understander, &catalogue, &shop).await?;
        }
        let (detectors, recognizer): (_, Arc<dyn Recognizer>) =
            hearing.await.context("loading the speech model stopped")??;
        if ears {
            teach_ears(&recognizer, &understander).await?;
        }
        let synthesizer: Arc<dyn Synthesizer> = synthesizer.await.context("loading the voice stopped")??;
        let stages = Stages {
            recognizer,
            dialogue: Dialogue,
            shop: Arc::new(Guarded::new(Arc::new(shop.clone()), patience)),
            sessions,
            synthesizer,
            detectors,
            words: Words { understander, phrases, webhooks: Arc::new(webhooks) },
        };
        let trust = Trust { reject: settings.trust.reject, doubt: settings.trust.doubt };
        let spine = Arc::new(Spine::new(stages, voice, trust, clock, ids));
        Ok(Self {
            settings,
            spine,
            store,
            catalogue,
            shop,
            customers,
            keys,
            resolve,
            linking,
            vendure,
            lasting: edge::Lasting::default(),
            notices,
            demo_key,
        })
    }

    /// The HTTP doors, ready to be served.
    pub fn router(&self) -> anyhow::Result<edge::Routes> {
        let (spine, settings) = (self.spine.clone(), self.settings.clone());
        let alexa = Alexa::new(&settings.alexa, spine.clone(), self.resolve.clone())?;
        let alexa = match &self.linking {
            Some(linking) => alexa.linked(linking.clone()),
            None => alexa,
        };
        let doors = Doors::new(
            spine,
            settings,
            self.keys.clone(),
            self.resolve.clone(),
            self.readiness(),
            self.lasting.clone(),
            self.shop.clone(),
            self.customers.clone(),
        );
        let linking = self.linking.clone().map(edge::linking::routes);
        Ok(edge::router(Arc::new(doors), alexa::routes(Arc::new(alexa)), linking))
    }

    /// What satellites need, ready to be served.
    pub fn house(&self) -> Arc<House> {
        let (spine, settings) = (self.spine.clone(), self.settings.clone());
        Arc::new(House { spine, settings, resolve: self.resolve.clone(), lasting: self.lasting.clone() })
    }

    /// Who asks, for a turn that comes in by the command line.
    pub async fn caller(
        &self,
        customer: Option<&str>,
        session: Option<SessionId>,
        speak: bool,
    ) -> anyhow::Result<Caller> {
        let name = customer.unwrap_or(&self.settings.shop.guest);
        // Checked before it becomes part of an identity.
        CustomerId::new(name).context("--customer")?;
        Ok(Caller {
            session,
            customer: (self.resolve)(format!("api:{name}")).await?,
            locale: self.settings.locale.clone(),
            request: RequestId::new(&self.spine.ids.next())?,
            deadline: Instant::now() + Duration::from_millis(self.settings.deadlines.turn_ms),
            speak,
            door: Default::default(),
        })
    }

    /// What audio a caller may send.
    pub fn audio_limits(&self) -> decode::Limits {
        decode::Limits {
            max_bytes: self.settings.limits.upload_bytes,
            max_seconds: self.settings.limits.audio_seconds as f32,
            min_seconds: edge::SHORTEST,
        }
    }

    pub fn model(&self) -> String {
        self.spine.recognizer.model().to_owned()
    }

    /// The demonstration key and the file it is kept in, while it is valid.
    pub fn demo_key(&self) -> Option<(&str, &PathBuf)> {
        self.demo_key.as_ref().map(|(key, path)| (key.as_str(), path))
    }

    /// What has to be done now and then while serving, and once more at the end: key use is written down, payments left
    /// in the middle are finished, lapsed offers are dropped, and a changed catalogue is taught to the understander.
    pub fn upkeep(&self, stop: CancellationToken) -> JoinHandle<()> {
        let (settings, notices) = (self.settings.clone(), self.notices.clone());
        let (keys, store, shop) = (self.keys.clone(), self.store.clone(), self.shop.clone());
        let clock = self.spine.clock.clone();
        let (catalogue, spine) = (self.catalogue.clone(), self.spine.clone());
        tokio::spawn(async move {
            let (mut taught, mut tidied) = (catalogue.version(), None::<Instant>);
            let mut pages = faq::Watched::new(&settings);
            let learning = learning::begin(shop.clone(), stop.clone());
            while !stop.is_cancelled() {
                let _ = tokio::time::timeout(UPKEEP_EVERY, stop.cancelled()).await;
                let work = async {
                    let used = keys.take_used();
                    if !used.is_empty() {
                        keys::touch(&store, &used).await?;
                    }
                    catalogue.refresh().await?;
                    // A page that cannot be read aloud is reported, and the pages before it go on answering.
                    let changed = pages.changed()?;
                    let edited = changed.is_some();
                    if let Some(pages) = changed {
                        shop.set_faq(pages);
                        tracing::info!("the pages of questions and answers changed; they were read again");
                    }
                    if edited || catalogue.version() != taught {
                        taught = catalogue.version();
                        teach(&spine.understander(), &catalogue, &shop).await?;
                        teach_ears(&spine.recognizer, &spine.understander()).await?;
                        tracing::info!("the catalogue changed; its names were learnt");
                    }
                    shop.write_audit().await?;
                    shop.finish_payments().await?;
                    shop.finish_refunds().await?;
                    shop.notice_arrivals().await?;
                    if let Some(notices) = &notices {
                        tell(&shop, notices).await?;
                    }
                    if tidied.is_none_or(|t| t.elapsed() >= TIDY_EVERY) {
                        tidied = Some(Instant::now());
                        shop.tidy().await?;
                        grants::tidy(&store, clock.now()).await?;
                    }
                    anyhow::Ok(())
                };
                if let Err(error) = work.await {
                    tracing::warn!(%error, "upkeep failed and will be tried again");
                }
            }
            // Left in the middle, it changes nothing that is read.
            learning.abort();
        })
    }

    /// Brings what is new in Vendure while serving, where the goods are from there.
    pub fn mirror(&self, stop: CancellationToken) -> Option<JoinHandle<()>> {
        let admin = self.vendure.clone()?;
        Some(vendure::follow(&self.settings, admin, self.store.clone(), self.spine.clock.clone(), stop))
    }

    /// Follows changes of the locale's folder while serving, where `intents.watch` says so.
    pub fn watch(&self, stop: CancellationToken) -> anyhow::Result<()> {
        if !self.settings.intents.watch {
            return Ok(());
        }
        let folder = places::locale(&self.settings)?;
        reload::watch(folder, self.spine.clone(), self.catalogue.clone(), self.shop.clone(), stop)
    }

    /// Finishes writing and closes the database.
    pub async fn close(&self) {
        if let Err(error) = self.shop.write_audit().await {
            tracing::warn!(%error, "the last entries of the audit log were not written");
        }
        self.store.close().await;
    }

    fn readiness(&self) -> edge::Readiness {
        let (store, recognizer) = (self.store.clone(), self.spine.recognizer.clone());
        Arc::new(move || {
            let (store, recognizer) = (store.clone(), recognizer.clone());
            Box::pin(async move {
                let model = recognizer.model();
                let ready = !model.is_empty();
                let detail = if ready { model } else { absent::NO_MODEL };
                let ears = Part { name: "speech model", ready, detail: detail.to_owned() };
                let database = match store.health().await {
                    Ok(health) => {
                        let detail = format!("schema {}, {} kB", health.schema, health.bytes / 1_000);
                        Part { name: "database", ready: true, detail }
                    }
                    Err(error) => {
                        tracing::error!(%error, "the database did not answer");
                        Part { name: "database", ready: false, detail: "it does not answer; see the log".into() }
                    }
                };
                vec![ears, database]
            })
        })
    }
}

/// Opens the database of these settings, making folder and file where needed.
pub async fn open_store(settings: &Settings) -> anyhow::Result<Store> {
    first::open_store(settings).await
}

/// The machine's clock, in the shop's zone.
pub fn clock(settings: &Settings) -> anyhow::Result<Arc<dyn Clock>> {
    let zone = match settings.time_zone.as_str() {
        "system" => TimeZone::system(),
        name => TimeZone::get(name).with_context(|| format!("time_zone {name:?}"))?,
    };
    Ok(Arc::new(SystemClock::new(zone)))
}

/// Gives the understander the names of what the shop sells, and of what its pages are about.
async fn teach(understander: &Understander, catalogue: &Catalogue, shop: &SqlShop) -> anyhow::Result<()> {
    let names = catalogue.terms().await?;
    let names = names.into_iter().map(|n| Term { kind: n.kind.into(), id: n.id, name: n.name });
    let topics = shop.topics().into_iter().map(|t| Term { kind: "PolicyTopic".into(), id: t.clone(), name: t });
    let terms = names.chain(topics).collect();
    understander.teach(terms);
    Ok(())
}

/// Has the recogniser know what is said to this shop.
async fn teach_ears(recognizer: &Arc<dyn Recognizer>, understander: &Arc<Understander>) -> anyhow::Result<()> {
    let (recognizer, understander) = (recognizer.clone(), understander.clone());
    let learn = tokio::task::spawn_blocking(move || recognizer.learn(&understander.sayings()));
    learn.await.context("learning what is said to the shop stopped")
}

/// Who is told of what the merchant has to do.
fn notices(settings: &Settings) -> anyhow::Result<Option<Arc<Notices>>> {
    let Some(url) = &settings.service.url else { return Ok(None) };
    let name = settings.service.secret_env.clone().unwrap_or_default();
    let secret = std::env::var(&name).ok().map(SecretString::from);
    Ok(Some(Arc::new(Notices::new(url, &name, secret).context("service.url")?)))
}

/// Tells what waits to be told; what is not taken is tried again later.
async fn tell(shop: &SqlShop, notices: &Notices) -> anyhow::Result<()> {
    for notice in shop.notices().await? {
        let taken = notices.tell(&notice.id, &notice.kind, &notice.customer, &notice.body, Timestamp::now()).await;
        shop.told(&notice, taken).await?;
    }
    Ok(())
}

fn resolver(customers: Customers) -> Resolve {
    let customers = Arc::new(customers);
    Arc::new(move |identity| {
        let customers = customers.clone();
        Box::pin(async move { customers.resolve(&identity).await })
    })
}

async fn key_ring(store: Store) -> anyhow::Result<KeyRing> {
    let list = move || {
        let store = store.clone();
        let listed = async move {
            let rows = keys::list(&store).await.map_err(|e| e.to_string())?;
            let valid = rows.into_iter().filter(|k| k.revoked.is_none());
            Ok(valid.map(|k| Known { id: k.id, name: k.name, hash: k.hash }).collect())
        };
        Box::pin(listed) as futures::future::BoxFuture<'static, Result<Vec<Known>, String>>
    };
    KeyRing::open(Box::new(list)).await.map_err(anyhow::Error::msg)
}
