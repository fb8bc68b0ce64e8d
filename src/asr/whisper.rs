//! Whisper behind [`Recognizer`]: one model in memory, a pool of threads that each own a state of it. The only file
//! that knows whisper.cpp.
//!
//! whisper.cpp works on 30 seconds whatever the clip's length unless told otherwise, so the encoder is fitted to the
//! clip; it returns nothing for less than a second, so short clips are filled up with silence.

use std::ffi::{c_int, c_void};
use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use futures::future::BoxFuture;
use tokio::sync::oneshot;
use whisper_rs::{
    FullParams, SamplingStrategy, WhisperContext, WhisperContextParameters, WhisperState, WhisperSysContext,
    WhisperSysState, WhisperTokenData,
};

use super::closed::{Closed, Pieces};
use super::confidence::{self, Calibration, Evidence};
use super::models::{Chosen, EMBEDDED, Model, Weights};
use super::queue::{Job, Queue};
use super::{AsrError, Bias, Recognizer, Transcript, guards, normal};
use crate::audio::{RATE, Samples, vad};

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
        let mut pool = Self {
            queue: queue.clone(),
            closing: Arc::default(),
            workers: Vec::new(),
            model: chosen.model.name.clone(),
        };
        let mut ready = Vec::new();
        for n in 0..workers {
            let engine = Engine::new(context.clone(), c_int::try_from(threads).unwrap_or(1), &chosen.model);
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
    let _ = warm.send(engine.run(&[0.0; RATE as usize], &Bias::default(), 1, &stop).map(drop));
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
    fn now(&self) -> bool {
        let set = |flag: &AtomicBool| flag.load(Ordering::Relaxed);
        set(self.hung_up) || set(self.closing) || self.way.is_some_and(set) || Instant::now() >= self.deadline
    }
}

/// whisper.cpp asks this after the encoder and after every token.
unsafe extern "C" fn should_stop(stop: *mut c_void) -> bool {
    // SAFETY: `Engine::run` passes a pointer to a `Stop` that it borrows until the engine has returned.
    unsafe { &*stop.cast::<Stop<'_>>() }.now()
}

/// whisper.cpp asks this before it chooses a token.
unsafe extern "C" fn only_these(
    _: *mut WhisperSysContext,
    _: *mut WhisperSysState,
    tokens: *const WhisperTokenData,
    count: c_int,
    logits: *mut f32,
    only: *mut c_void,
) {
    // SAFETY: `Engine::run` passes a pointer to an `Only` that it borrows until the engine has returned. whisper.cpp
    // passes `count` tokens and one logit for each word of its vocabulary.
    unsafe {
        let only = &*only.cast::<Only>();
        let written = match usize::try_from(count) {
            Ok(count) if count > 0 => std::slice::from_raw_parts(tokens, count),
            _ => &[],
        };
        let written = written.iter().filter_map(|t| usize::try_from(t.id).ok());
        only.list.filter(written, std::slice::from_raw_parts_mut(logits, only.vocabulary));
    }
}

/// What alone may be written.
struct Only {
    list: Closed,
    /// Tokens that the model has.
    vocabulary: usize,
}

/// One state of the model and the settings of every recognition.
struct Engine {
    context: Arc<WhisperContext>,
    /// None until it is needed.
    state: Option<WhisperState>,
    parameters: FullParams<'static, 'static>,
    /// Encoder positions the model has: 50 a second.
    max_audio_ctx: usize,
    end_of_text: c_int,
    /// What each token writes; looked up when the first closed list comes.
    pieces: Option<Arc<Pieces>>,
    prompt: bool,
    official: bool,
    calibration: Option<Calibration>,
}

/// What the engine wrote.
struct Raw {
    text: String,
    evidence: Evidence,
    no_speech: f32,
}

/// Texts that a small model of ours goes on with side by side: four take a quarter of the wrong words out of a strange voice's
/// commands for half as much time again (`make eval-speech`). Official models are slow, and need it less.
const PATHS: c_int = 4;
/// Samples of one encoder position.
const POSITION: usize = 320;
const TAIL_SECONDS: f32 = 0.4;
const LEAST_SECONDS: f32 = 1.1;
/// Whisper looks back on 224 tokens; each costs decoding time, so the likeliest words get about half of them.
const PROMPT_TOKENS: usize = 100;
/// Longer ones are no names.
const PHRASE_BYTES: usize = 120;
/// A header alone is longer than this.
const LEAST_BYTES: u64 = 1024;

impl Engine {
    fn new(context: Arc<WhisperContext>, threads: c_int, model: &Model) -> Self {
        // `best_of` and the language are set once: whisper-rs leaks a string at each `set_language`.
        let mut p = FullParams::new(match model.official {
            true => SamplingStrategy::Greedy { best_of: 1 },
            false => SamplingStrategy::BeamSearch { beam_size: PATHS, patience: -1.0 },
        });
        p.set_language(Some("en"));
        p.set_n_threads(threads);
        p.set_no_context(true);
        p.set_no_timestamps(true);
        p.set_single_segment(true);
        p.set_temperature(0.0);
        p.set_temperature_inc(0.0);
        // A model with pieces of its own has no token for a blank or a note of music: whisper.cpp would forbid words.
        p.set_suppress_blank(model.official);
        p.set_suppress_nst(model.official);
        p.set_print_special(false);
        p.set_print_progress(false);
        p.set_print_realtime(false);
        p.set_print_timestamps(false);
        Self {
            state: None,
            parameters: p,
            max_audio_ctx: usize::try_from(context.model_n_audio_ctx()).unwrap_or(1500),
            end_of_text: context.token_eot(),
            pieces: None,
            prompt: model.prompt,
            official: model.official,
            calibration: model.confidence,
            context,
        }
    }

    fn hear(&mut self, samples: &Samples, bias: &Bias, stop: &Stop<'_>) -> Result<Transcript, AsrError> {
        let Some(speech) = vad::find(samples, &vad::Settings::default()) else {
            return Ok(Transcript::default());
        };
        // Speech has at most about 8 tokens a second; a decoder that writes more is looping.
        let most = (32 + 16 * samples.as_slice().len() / RATE as usize).min(200);
        let raw = self.run(samples.as_slice(), bias, most, stop)?;
        let text = normal::words(&raw.text);
        let refused = guards::refuse(&guards::Evidence {
            text: &text,
            voiced: speech.voiced,
            no_speech: raw.no_speech,
            mean_log_probability: raw.evidence.mean(),
            official: self.official,
        });
        if text.is_empty() || refused.is_some() {
            tracing::debug!(?refused, "nothing that can be trusted was heard");
            return Ok(Transcript::default());
        }
        let confidence = confidence::confidence(&raw.evidence, self.calibration.as_ref());
        Ok(Transcript { text, confidence, ..Transcript::default() })
    }

    fn run(&mut self, samples: &[f32], bias: &Bias, tokens: usize, stop: &Stop<'_>) -> Result<Raw, AsrError> {
        if !self.official {
            // whisper.cpp draws the texts it follows side by side at random, from a generator that a state keeps as long as it
            // lives: only a fresh one hears the same sound the same way whatever was heard before. It takes 2 ms.
            self.state = None;
        }
        let sound = self.padded(samples);
        let prompt = self.prompt(bias);
        let only = self.only(bias);
        let mut p = self.parameters.clone();
        let positions = sound.len().div_ceil(POSITION).next_multiple_of(8).min(self.max_audio_ctx);
        p.set_audio_ctx(c_int::try_from(positions).unwrap_or(0));
        p.set_max_tokens(c_int::try_from(tokens).unwrap_or(c_int::MAX));
        if !prompt.is_empty() {
            p.set_tokens(&prompt);
        }
        // SAFETY: `stop` outlives the call to `full`, which is the only time the callback runs. (whisper-rs's own
        // safe setter casts the closure to the wrong type and leaks it.)
        unsafe {
            p.set_abort_callback(Some(should_stop));
            p.set_abort_callback_user_data(std::ptr::from_ref(stop).cast_mut().cast());
        }
        if let Some(only) = &only {
            // SAFETY: `only` outlives the call to `full` as well, and is read alone.
            unsafe {
                p.set_filter_logits_callback(Some(only_these));
                p.set_filter_logits_callback_user_data(std::ptr::from_ref(only).cast_mut().cast());
            }
        }
        let state = match &mut self.state {
            Some(state) => state,
            none => none.insert(self.context.create_state().map_err(|e| AsrError::Engine(e.to_string()))?),
        };
        state.full(p, &sound).map_err(|error| match stop {
            _ if !stop.now() => AsrError::Engine(error.to_string()),
            Stop { way: Some(way), .. } if way.load(Ordering::Relaxed) => AsrError::GaveWay,
            _ => AsrError::Deadline,
        })?;
        let evidence = Evidence { seconds: samples.len() as f32 / RATE as f32, ..Evidence::default() };
        let mut raw = Raw { text: String::new(), evidence, no_speech: 0.0 };
        for segment in state.as_iter() {
            raw.text.push_str(&segment.to_str_lossy().map_err(|e| AsrError::Engine(e.to_string()))?);
            raw.no_speech = raw.no_speech.max(segment.no_speech_probability());
            let tokens = (0..segment.n_tokens()).filter_map(|i| segment.get_token(i)).map(|t| t.token_data());
            raw.evidence.log_probabilities.extend(tokens.filter(|t| t.id < self.end_of_text).map(|t| t.plog));
        }
        Ok(raw)
    }

    /// The likeliest phrases as tokens, the likeliest of all nearest to the speech. Given as tokens because whisper-rs
    /// leaks a prompt that is given as text.
    fn prompt(&self, bias: &Bias) -> Vec<c_int> {
        let (mut parts, mut length) = (Vec::new(), 0);
        for phrase in bias.phrases.iter().filter(|p| self.prompt && p.len() <= PHRASE_BYTES) {
            let text = format!(" {phrase},");
            // A token is a byte at least. whisper-rs must never be given less room than is needed: it takes
            // whisper.cpp's "too little" for a length.
            let Ok(tokens) = self.context.tokenize(&text, text.len() + 1) else { continue };
            length += tokens.len();
            if length > PROMPT_TOKENS {
                break;
            }
            parts.push(tokens);
        }
        parts.into_iter().rev().flatten().collect()
    }

    /// The closed list that there is to choose from, if there is one.
    fn only(&mut self, bias: &Bias) -> Option<Only> {
        if bias.only.is_empty() {
            return None;
        }
        let vocabulary = self.context.n_vocab();
        let pieces = self.pieces.get_or_insert_with(|| {
            let bytes = |id| self.context.token_to_bytes(id).unwrap_or_default().to_vec();
            Arc::new(Pieces::new((0..vocabulary).zip(0..).map(|(id, n)| (n, bytes(id)))))
        });
        let end = usize::try_from(self.end_of_text).unwrap_or(usize::MAX);
        let list = Closed::new(&bias.only, pieces.clone(), end);
        Some(Only { list, vocabulary: usize::try_from(vocabulary).unwrap_or(0) })
    }

    /// The clip with silence after it, cut to what the encoder can hold.
    fn padded(&self, samples: &[f32]) -> Vec<f32> {
        let seconds = |s: f32| (s * RATE as f32) as usize;
        let length = (samples.len() + seconds(TAIL_SECONDS)).max(seconds(LEAST_SECONDS));
        let mut sound = samples.to_vec();
        sound.resize(length.min(self.max_audio_ctx * POSITION), 0.0);
        sound
    }
}
