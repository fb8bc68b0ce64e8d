//! Whisper behind [`Recognizer`]: one model in memory, a pool of threads that each own a state of it. The only folder
//! that knows whisper.cpp.

mod decoder;
mod engine;

use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;
use futures::future::BoxFuture;
use tokio::sync::oneshot;
use whisper_rs::{WhisperContext, WhisperContextParameters};

use self::engine::Engine;
use super::models::{Chosen, EMBEDDED, Weights};
use super::pieces::Pieces;
use super::prior::Prior;
use super::queue::{Job, Queue};
use super::{AsrError, Bias, Recognizer, Transcript};
use crate::audio::Samples;

/// How many recognitions run side by side, and how many may wait.
#[derive(Clone, Debug, PartialEq)]
pub struct PoolOptions {
    /// Recognitions at the same time.
    pub workers: usize,
    /// Threads that each of them uses.
    pub threads: usize,
    /// Requests that may wait while every worker is busy.
    pub queue: usize,
}

impl Default for PoolOptions {
    /// One worker for each core with one thread each: for clips of a few seconds two threads on one clip save less
    /// than two clips side by side.
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self { workers: cores, threads: 1, queue: 4 * cores }
    }
}

/// A recogniser whose threads end when it is dropped.
pub struct WhisperPool {
    queue: Arc<Queue<Request>>,
    closing: Arc<AtomicBool>,
    workers: Vec<JoinHandle<()>>,
    model: String,
    official: bool,
    pieces: Arc<Pieces>,
    /// What people say to this shop. Official models do without.
    prior: Arc<ArcSwapOption<Prior>>,
}

struct Request {
    samples: Samples,
    bias: Bias,
    deadline: Instant,
    asked: Instant,
    hung_up: Arc<AtomicBool>,
    /// Set by the queue when a glimpse is to be broken off.
    way: Option<Arc<AtomicBool>>,
    answer: oneshot::Sender<Result<Transcript, AsrError>>,
}

impl Job for Request {
    fn abandoned(&self) -> bool {
        self.hung_up.load(Ordering::Relaxed)
    }

    fn deadline(&self) -> Instant {
        self.deadline
    }

    fn gives_way(&self) -> Option<Arc<AtomicBool>> {
        self.way.clone()
    }
}

/// Tells the worker that nobody listens any more.
struct HangUp(Arc<AtomicBool>);

impl Drop for HangUp {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl WhisperPool {
    /// Loads a ggml model file; the manifest says how it wants to be used.
    pub fn load(path: &Path, options: PoolOptions) -> Result<Self, AsrError> {
        let chosen = Chosen::file(path);
        let refuse = |e| AsrError::Model { path: path.display().to_string(), reason: format!("{e}") };
        Self::open(&chosen.map_err(refuse)?, options)
    }

    /// Loads the chosen weights, starts the workers and lets each recognise a second of silence, so that the first
    /// caller does not pay for pages that were never touched.
    pub fn open(chosen: &Chosen, options: PoolOptions) -> Result<Self, AsrError> {
        let path = match &chosen.weights {
            Weights::File(path) => path.display().to_string(),
            Weights::Embedded => "(embedded)".into(),
        };
        let refuse = |reason: String| AsrError::Model { path: path.clone(), reason };
        whisper_rs::install_logging_hooks();
        let context = Arc::new(context(&chosen.weights).map_err(refuse)?);
        let (workers, threads) = (options.workers.max(1), options.threads.max(1));
        let queue = Arc::new(Queue::new(workers, options.queue));
        let bytes = |id| context.token_to_bytes(id).unwrap_or_default().to_vec();
        let end = usize::try_from(context.token_eot()).unwrap_or(usize::MAX);
        let pieces = Arc::new(Pieces::new((0..context.n_vocab()).zip(0..).map(|(id, n)| (n, bytes(id))), end));
        let prior = Arc::<ArcSwapOption<Prior>>::default();
        let mut pool = Self {
            queue: queue.clone(),
            closing: Arc::default(),
            workers: Vec::new(),
            model: chosen.model.name.clone(),
            official: chosen.model.official,
            pieces: pieces.clone(),
            prior: prior.clone(),
        };
        let mut ready = Vec::new();
        for n in 0..workers {
            let engine = Engine::new(context.clone(), threads, &chosen.model, pieces.clone(), prior.clone());
            let (queue, closing) = (queue.clone(), pool.closing.clone());
            let (warm, warmed) = std::sync::mpsc::channel();
            let thread = std::thread::Builder::new()
                .name(format!("ear-{n}"))
                .spawn(move || work(engine, &queue, &closing, warm))
                .map_err(|e| refuse(format!("no thread for a worker: {e}")))?;
            pool.workers.push(thread);
            ready.push(warmed);
        }
        for warmed in ready {
            warmed.recv().map_err(|_| refuse("a worker ended while warming up".into()))?.map_err(|e| match e {
                AsrError::Engine(reason) => refuse(reason),
                other => other,
            })?;
        }
        Ok(pool)
    }

    /// Requests waiting for a worker.
    pub fn waiting(&self) -> usize {
        self.queue.waiting()
    }
}

impl Drop for WhisperPool {
    fn drop(&mut self) {
        self.closing.store(true, Ordering::Relaxed);
        self.queue.close();
        for worker in self.workers.drain(..) {
            if worker.join().is_err() {
                tracing::error!("a recognition worker had panicked");
            }
        }
    }
}

impl Recognizer for WhisperPool {
    fn recognize(
        &self,
        samples: Samples,
        bias: Bias,
        deadline: Instant,
    ) -> BoxFuture<'_, Result<Transcript, AsrError>> {
        Box::pin(self.ask(samples, bias, deadline, None))
    }

    fn glimpse(&self, samples: Samples, bias: Bias, deadline: Instant) -> BoxFuture<'_, Result<Transcript, AsrError>> {
        Box::pin(self.ask(samples, bias, deadline, Some(Arc::default())))
    }

    fn learn(&self, sentences: &[String]) {
        if self.official {
            return;
        }
        let began = Instant::now();
        self.prior.store(Some(Arc::new(Prior::learn(sentences, &self.pieces))));
        let took = began.elapsed().as_millis() as u64;
        tracing::debug!(sentences = sentences.len(), took_ms = took, "what is said to the shop was learnt");
    }

    fn model(&self) -> &str {
        &self.model
    }
}

impl WhisperPool {
    async fn ask(
        &self,
        samples: Samples,
        bias: Bias,
        deadline: Instant,
        way: Option<Arc<AtomicBool>>,
    ) -> Result<Transcript, AsrError> {
        let (answer, answered) = oneshot::channel();
        let hung_up = Arc::new(AtomicBool::new(false));
        let _hang_up = HangUp(hung_up.clone());
        let glimpse = way.is_some();
        let request = Request { samples, bias, deadline, asked: Instant::now(), hung_up, way, answer };
        if glimpse {
            self.queue.offer(request).then_some(()).ok_or(AsrError::GaveWay)?;
        } else {
            self.queue.push(request).map_err(|retry_after| AsrError::Overloaded { retry_after })?;
        }
        match tokio::time::timeout_at(deadline.into(), answered).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err(AsrError::Engine("the worker ended without an answer".into())),
            Err(_) => Err(AsrError::Deadline),
        }
    }
}

/// A header alone is longer than this.
const LEAST_BYTES: u64 = 1024;

fn context(weights: &Weights) -> Result<WhisperContext, String> {
    let parameters = WhisperContextParameters::default();
    match weights {
        Weights::Embedded => WhisperContext::new_from_buffer_with_params(EMBEDDED, parameters),
        Weights::File(path) => {
            // whisper.cpp's own answer to a missing or empty file names neither.
            let bytes = std::fs::metadata(path).map_err(|e| e.to_string())?.len();
            if bytes < LEAST_BYTES {
                return Err(format!("{bytes} bytes are no model; `voicecart models verify` checks what is there"));
            }
            WhisperContext::new_with_params(path, parameters)
        }
    }
    .map_err(|e| format!("it is not a whole ggml Whisper model ({e}); `voicecart models verify` checks it"))
}

/// What a worker does until the pool is dropped.
fn work(
    mut engine: Engine,
    queue: &Queue<Request>,
    closing: &AtomicBool,
    warm: std::sync::mpsc::Sender<Result<(), AsrError>>,
) {
    let stop = Stop { deadline: Instant::now() + Duration::from_secs(60), hung_up: closing, closing, way: None };
    // The loader listens until every worker has answered.
    let _ = warm.send(engine.warm(&stop));
    while let Some(request) = queue.pop() {
        let Request { samples, bias, deadline, asked, hung_up, way, answer } = request;
        let began = Instant::now();
        let stop = Stop { deadline, hung_up: &hung_up, closing, way: way.as_deref() };
        // A panic must cost one answer, not a worker.
        let result = std::panic::catch_unwind(AssertUnwindSafe(|| engine.hear(&samples, &bias, &stop)))
            .unwrap_or_else(|_| Err(AsrError::Engine("it panicked; the log says where".into())));
        let took = began.elapsed();
        // A glimpse is shorter than an utterance and would make the queue look faster than it is.
        queue.done((result.is_ok() && way.is_none()).then_some(took), way.as_ref());
        // Nobody may be listening any more.
        let _ = answer.send(result.map(|t| Transcript { queued: began - asked, took, ..t }));
    }
}

/// When to give up.
struct Stop<'a> {
    deadline: Instant,
    hung_up: &'a AtomicBool,
    closing: &'a AtomicBool,
    /// Set when somebody else needs the worker more.
    way: Option<&'a AtomicBool>,
}

impl Stop<'_> {
    fn reason(&self) -> AsrError {
        match self.way {
            Some(way) if way.load(Ordering::Relaxed) => AsrError::GaveWay,
            _ => AsrError::Deadline,
        }
    }

    fn now(&self) -> bool {
        let set = |flag: &AtomicBool| flag.load(Ordering::Relaxed);
        set(self.hung_up) || set(self.closing) || self.way.is_some_and(set) || Instant::now() >= self.deadline
    }
}
