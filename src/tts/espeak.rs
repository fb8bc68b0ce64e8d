//! espeak-ng behind [`Synthesizer`]. The library keeps all its state in globals, so one thread owns it for the life of
//! the process and everyone else queues, within bounds. Audio is handed back, never played.

use std::cell::RefCell;
use std::ffi::{CStr, CString, c_int, c_short, c_void};
use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::time::{Duration, Instant};

use espeakng_sys as sys;
use futures::future::BoxFuture;
use tokio::sync::oneshot;

use super::ssml::{Step, plan};
use super::{Speech, Synthesizer, TtsError, VoiceSettings};

/// Requests that may wait. At some 10 ms each the last one waits a fraction of a second.
const QUEUE: usize = 32;
/// Longest reply in samples: Alexa's 240 seconds.
const LONGEST: usize = 240 * 22_050;
/// Below this a sample is silence.
const QUIET: u16 = 48;
/// Kept before the first and after the last sound, in milliseconds, so that no consonant is clipped.
const LEAD: u32 = 15;
const TAIL: u32 = 40;
/// Added by espeak-ng after a full stop; ours stands instead between two steps.
const BETWEEN: u32 = 120;

/// The one espeak-ng of this process. Cheap to copy.
#[derive(Clone)]
pub struct EspeakNg {
    jobs: SyncSender<Job>,
    voices: &'static [Voice],
    rate: u32,
}

/// A voice that is installed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Voice {
    /// What to write in the settings: `en-us`.
    pub language: String,
    /// What its makers call it: `English (America)`.
    pub name: String,
    /// Its file, which is a name too: `gmw/en-US`.
    pub file: String,
}

impl Voice {
    /// Whether it needs MBROLA, which is listed even where it is not installed.
    fn is_foreign(&self) -> bool {
        self.file.starts_with("mb/")
    }
}

struct Job {
    steps: Vec<Step>,
    voice: CString,
    settings: VoiceSettings,
    deadline: Instant,
    answer: oneshot::Sender<Result<Speech, TtsError>>,
}

/// What the owning thread reports once it has started.
struct Started {
    jobs: SyncSender<Job>,
    voices: Vec<Voice>,
    rate: u32,
}

impl EspeakNg {
    /// Starts the owning thread on the first call; later calls share it. Fails when the library's data is missing.
    pub fn start() -> Result<Self, TtsError> {
        static STARTED: OnceLock<Result<Started, String>> = OnceLock::new();
        let started = STARTED.get_or_init(|| {
            let (jobs, inbox) = sync_channel(QUEUE);
            let (ready, started) = sync_channel(1);
            std::thread::Builder::new()
                .name("espeak-ng".into())
                .spawn(move || own(&inbox, &ready))
                .map_err(|e| format!("no thread for espeak-ng: {e}"))?;
            let (rate, voices) = started.recv().map_err(|_| "espeak-ng ended while starting".to_owned())??;
            Ok(Started { jobs, voices, rate })
        });
        match started {
            Ok(s) => Ok(Self { jobs: s.jobs.clone(), voices: &s.voices, rate: s.rate }),
            Err(why) => Err(TtsError::Engine(why.clone())),
        }
    }

    /// All installed voices.
    pub fn voices(&self) -> &[Voice] {
        self.voices
    }

    /// Whether these settings can be spoken with: for the configuration check.
    pub fn check(&self, settings: &VoiceSettings) -> Result<(), TtsError> {
        self.voice(&settings.voice).map(drop)
    }

    /// The name as the library takes it, variants such as `en-us+f3` included.
    fn voice(&self, wanted: &str) -> Result<CString, TtsError> {
        let base = wanted.split('+').next().unwrap_or_default().trim();
        let same = |name: &str| name.eq_ignore_ascii_case(base);
        let found = self.voices.iter().find(|v| same(&v.language) || same(&v.name) || same(&v.file));
        // The library itself knows a voice with a variant only by its file.
        let file = found.and_then(|v| {
            let variant = wanted.trim().split_once('+').map(|(_, variant)| format!("+{variant}"));
            CString::new(format!("{}{}", v.file, variant.unwrap_or_default())).ok()
        });
        file.ok_or_else(|| TtsError::UnknownVoice { name: wanted.to_owned(), near: self.near(base) })
    }

    /// The three names most like this one.
    fn near(&self, wanted: &str) -> Vec<String> {
        let wanted = wanted.to_lowercase();
        let mut names: Vec<(f64, &str)> = self
            .voices
            .iter()
            .filter(|v| !v.is_foreign())
            .map(|v| (strsim::jaro_winkler(&wanted, &v.language), v.language.as_str()))
            .collect();
        names.sort_by(|a, b| b.0.total_cmp(&a.0));
        names.dedup_by_key(|(_, name)| *name);
        names.into_iter().take(3).map(|(_, name)| name.to_owned()).collect()
    }
}

impl Synthesizer for EspeakNg {
    fn rate(&self) -> u32 {
        self.rate
    }

    fn synthesize(
        &self,
        ssml: &str,
        settings: &VoiceSettings,
        deadline: Instant,
    ) -> BoxFuture<'_, Result<Speech, TtsError>> {
        let english = settings.voice.to_lowercase().starts_with("en");
        let ready = self.voice(&settings.voice).and_then(|voice| Ok((voice, plan(ssml, english)?)));
        let settings = settings.clone();
        Box::pin(async move {
            let (voice, steps) = ready?;
            let (answer, result) = oneshot::channel();
            let job = Job { steps, voice, settings: settings.clone(), deadline, answer };
            self.jobs.try_send(job).map_err(|e| match e {
                TrySendError::Full(_) => TtsError::Overloaded,
                TrySendError::Disconnected(_) => TtsError::Engine("its thread has ended".into()),
            })?;
            // The thread looks at the deadline itself, but a caller must not wait for what stands before it.
            match tokio::time::timeout_at(deadline.into(), result).await {
                Err(_) => Err(TtsError::Deadline),
                Ok(Err(_)) => Err(TtsError::Engine("its thread has ended".into())),
                Ok(Ok(Err(TtsError::UnknownVoice { .. }))) => {
                    let near = self.near(&settings.voice);
                    Err(TtsError::UnknownVoice { name: settings.voice.clone(), near })
                }
                Ok(Ok(result)) => result.map(|speech| Speech { rate: self.rate, ..speech }),
            }
        })
    }
}

/// What the callback writes to and asks.
struct Take {
    pcm: Vec<i16>,
    deadline: Instant,
    gone: bool,
    late: bool,
    answer: Option<oneshot::Sender<Result<Speech, TtsError>>>,
}

thread_local! {
    // The library calls back on the thread that called it, and only one thread ever does.
    static TAKE: RefCell<Option<Take>> = const { RefCell::new(None) };
}

type Ready = SyncSender<Result<(u32, Vec<Voice>), String>>;

/// The owning thread.
fn own(inbox: &Receiver<Job>, ready: &Ready) {
    let started = initialize();
    let failed = started.is_err();
    if ready.send(started).is_err() || failed {
        return;
    }
    let mut current: Option<CString> = None;
    while let Ok(job) = inbox.recv() {
        if job.answer.is_closed() {
            continue;
        }
        let began = Instant::now();
        if began >= job.deadline {
            let _ = job.answer.send(Err(TtsError::Deadline));
            continue;
        }
        if current.as_ref() != Some(&job.voice) {
            // SAFETY: a NUL-terminated string that outlives the call, on the owning thread.
            let status = unsafe { sys::espeak_SetVoiceByName(job.voice.as_ptr()) };
            if status != sys::espeak_ERROR_EE_OK {
                current = None;
                let name = job.voice.to_string_lossy().into_owned();
                let _ = job.answer.send(Err(TtsError::UnknownVoice { name, near: Vec::new() }));
                continue;
            }
            current = Some(job.voice.clone());
        }
        let (answer, result) = perform(job);
        let result = result.map(|pcm| Speech { pcm, rate: 0, took: began.elapsed() });
        if let Some(answer) = answer {
            let _ = answer.send(result);
        }
    }
}

fn initialize() -> Result<(u32, Vec<Voice>), String> {
    // Without this flag the library ends the process when it does not find its data.
    let options = c_int::try_from(sys::espeakINITIALIZE_DONT_EXIT).unwrap_or_default();
    let mode = sys::espeak_AUDIO_OUTPUT_AUDIO_OUTPUT_SYNCHRONOUS;
    // SAFETY: first call into the library, from the thread that will make all others; a null path means the default.
    let rate = unsafe { sys::espeak_Initialize(mode, 0, std::ptr::null(), options) };
    let rate = u32::try_from(rate).ok().filter(|r| *r > 0).ok_or_else(|| {
        "espeak-ng cannot find its voices; install the package espeak-ng-data, or set ESPEAK_DATA_PATH".to_owned()
    })?;
    // SAFETY: the function given has the signature that the library documents.
    unsafe { sys::espeak_SetSynthCallback(Some(collect)) };
    Ok((rate, list_voices()))
}

fn list_voices() -> Vec<Voice> {
    let mut voices = Vec::new();
    // SAFETY: a null specification lists all voices; the array ends with a null pointer and stays valid until the
    // next listing, which only this thread could ask for. Strings in it are NUL-terminated; the list of languages is
    // a priority byte and a NUL-terminated name, again and again, and ends with a zero byte: the first is the main.
    unsafe {
        let mut list = sys::espeak_ListVoices(std::ptr::null_mut());
        while !list.is_null() && !(*list).is_null() {
            let voice = &**list;
            let text = |p: *const std::ffi::c_char| {
                if p.is_null() { String::new() } else { CStr::from_ptr(p).to_string_lossy().into_owned() }
            };
            let has_language = !voice.languages.is_null() && *voice.languages != 0;
            let language = if has_language { text(voice.languages.add(1)) } else { String::new() };
            voices.push(Voice { language, name: text(voice.name), file: text(voice.identifier) });
            list = list.add(1);
        }
    }
    voices.sort_by_key(Voice::is_foreign);
    voices
}

type Outcome = (Option<oneshot::Sender<Result<Speech, TtsError>>>, Result<Vec<i16>, TtsError>);

/// Speaks all steps of one job on the owning thread.
fn perform(job: Job) -> Outcome {
    let Job { steps, settings, deadline, answer, .. } = job;
    set(sys::espeak_PARAMETER_espeakRATE, settings.words_per_minute.clamp(80, 450));
    set(sys::espeak_PARAMETER_espeakPITCH, settings.pitch.min(99));
    set(sys::espeak_PARAMETER_espeakVOLUME, 100);
    let take = Take { pcm: Vec::new(), deadline, gone: false, late: false, answer: Some(answer) };
    TAKE.with_borrow_mut(|slot| *slot = Some(take));

    let mut pcm: Vec<i16> = Vec::new();
    let mut failed = None;
    let mut steps = steps.iter().peekable();
    while let Some(step) = steps.next() {
        match step {
            Step::Silence(ms) => pcm.resize(pcm.len() + samples(*ms), 0),
            Step::Speak(words) => {
                if let Err(error) = speak(words, steps.peek().is_some()) {
                    failed = Some(error);
                    break;
                }
                let said = TAKE.with_borrow_mut(|slot| slot.as_mut().map(|t| std::mem::take(&mut t.pcm)));
                let said = said.unwrap_or_default();
                pcm.extend_from_slice(trimmed(&said));
                if matches!(steps.peek(), Some(Step::Speak(_))) {
                    pcm.resize(pcm.len() + samples(BETWEEN), 0);
                }
            }
        }
        let stopped = TAKE.with_borrow(|slot| slot.as_ref().is_some_and(|t| t.gone || t.late));
        if stopped || pcm.len() > LONGEST {
            break;
        }
    }
    let take = TAKE.with_borrow_mut(Option::take);
    let late = take.as_ref().is_some_and(|t| t.late);
    let answer = take.and_then(|t| t.answer);
    let result = match failed {
        Some(error) => Err(error),
        None if late => Err(TtsError::Deadline),
        None if pcm.len() > LONGEST => Err(TtsError::Ssml("more than four minutes of speech".into())),
        None => Ok(pcm),
    };
    (answer, result)
}

fn set(parameter: sys::espeak_PARAMETER, value: u32) {
    // SAFETY: a plain value, on the owning thread.
    unsafe { sys::espeak_SetParameter(parameter, c_int::try_from(value).unwrap_or_default(), 0) };
}

/// One run of words, into [`TAKE`]. `more` keeps the voice up where the sentence goes on after a pause.
fn speak(words: &str, more: bool) -> Result<(), TtsError> {
    let open_end = more && words.trim_end().ends_with(char::is_alphanumeric);
    let document = format!("<speak>{words}{}</speak>", if open_end { "," } else { "" });
    let text = CString::new(document).map_err(|_| TtsError::Ssml("a zero byte".into()))?;
    let size = text.as_bytes_with_nul().len();
    let flags = sys::espeakCHARS_UTF8 | sys::espeakSSML;
    // SAFETY: `text` is NUL-terminated, `size` bytes long and outlives the call, which returns only when all of it has
    // been spoken into the callback; the two null pointers are documented as "not wanted".
    let status = unsafe {
        sys::espeak_Synth(
            text.as_ptr().cast::<c_void>(),
            size,
            0,
            sys::espeak_POSITION_TYPE_POS_CHARACTER,
            0,
            flags,
            std::ptr::null_mut(),
            std::ptr::null_mut(),
        )
    };
    match status {
        sys::espeak_ERROR_EE_OK => Ok(()),
        other => Err(TtsError::Engine(format!("espeak-ng answered {other}"))),
    }
}

/// Called by the library with each piece of sound; 1 stops it.
extern "C" fn collect(wav: *mut c_short, count: c_int, _events: *mut sys::espeak_EVENT) -> c_int {
    TAKE.with_borrow_mut(|slot| {
        let Some(take) = slot else { return 1 };
        if let (Ok(count), false) = (usize::try_from(count), wav.is_null()) {
            // SAFETY: the library gives a buffer of `count` samples that is valid during this call.
            take.pcm.extend_from_slice(unsafe { std::slice::from_raw_parts(wav, count) });
        }
        take.gone = take.answer.as_ref().is_none_or(oneshot::Sender::is_closed);
        take.late = Instant::now() >= take.deadline;
        c_int::from(take.gone || take.late || take.pcm.len() > LONGEST)
    })
}

/// Without the silence that espeak-ng puts around every run of words.
fn trimmed(pcm: &[i16]) -> &[i16] {
    let loud = |s: &i16| s.unsigned_abs() > QUIET;
    let (Some(first), Some(last)) = (pcm.iter().position(loud), pcm.iter().rposition(loud)) else { return &[] };
    let from = first.saturating_sub(samples(LEAD));
    let to = (last + 1 + samples(TAIL)).min(pcm.len());
    pcm.get(from..to).unwrap_or(&[])
}

/// Milliseconds in samples.
fn samples(ms: u32) -> usize {
    usize::try_from(Duration::from_millis(ms.into()).as_micros() * 22_050 / 1_000_000).unwrap_or_default()
}
