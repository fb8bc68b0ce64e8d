//! One state of a model: a clip in, what was heard out.
//!
//! whisper.cpp works on 30 seconds whatever the clip's length unless told otherwise, so the encoder is fitted to the
//! clip; it returns nothing for less than a second, so short clips are filled up with silence.

use std::borrow::Cow;
use std::ffi::{c_int, c_void};
use std::sync::Arc;

use arc_swap::ArcSwapOption;
use rustc_hash::FxHashMap;
use whisper_rs::{
    FullParams, SamplingStrategy, WhisperContext, WhisperState, WhisperSysContext, WhisperSysState, WhisperTokenData,
};

use super::Stop;
use super::decoder::Written;
use crate::asr::closed::Closed;
use crate::asr::confidence::{self, Calibration, Evidence};
use crate::asr::models::Model;
use crate::asr::pieces::{Piece, Pieces};
use crate::asr::prior::Prior;
use crate::asr::search::{Guide, Reach, Text, search};
use crate::asr::{AsrError, Bias, Rival, Transcript, guards, normal};
use crate::audio::{RATE, Samples, vad};

/// One state of the model and the settings of every recognition.
pub struct Engine {
    context: Arc<WhisperContext>,
    /// None until it is needed.
    state: Option<WhisperState>,
    parameters: FullParams<'static, 'static>,
    /// Encoder positions the model has: 50 a second.
    max_audio_ctx: usize,
    threads: usize,
    pieces: Arc<Pieces>,
    prior: Arc<ArcSwapOption<Prior>>,
    /// What phrases of lists would be given for noise.
    unheard: FxHashMap<Vec<Piece>, f32>,
    prompt: bool,
    official: bool,
    calibration: Option<Calibration>,
}

/// What the engine wrote.
struct Raw {
    text: String,
    evidence: Evidence,
    no_speech: f32,
    rivals: Vec<Rival>,
}

/// How far a small model of ours looks: of strange voices' commands, where the one way that looks best at each step has 14
/// words in a hundred wrong, this has 8 for twice the decoding, and 5 with a prior (`training/README.md`). Official models are
/// slow, need it less, and are left to whisper.cpp's own way.
const WIDTH: usize = 8;
const MARGIN: f32 = 3.0;
/// How far behind the best a text may be and still be its rival, which is as far as any sense it makes can carry it
/// (`Reading::sense`), and how many are told of.
const RIVAL: f32 = 1.5;
const RIVALS: usize = 4;
/// Every phrase of a list deserves a look.
const WIDTH_OF_LIST: usize = 64;
const MARGIN_OF_LIST: f32 = 12.0;
/// How much of a phrase's chance in noise is taken from its chance in a sound (of 0.3 to 1, 0.5 to 0.8 do best on digits and words of people).
const UNHEARD_WEIGHT: f32 = 0.7;
/// Phrases whose chance in noise is kept.
const UNHEARD: usize = 4_096;
/// Samples of one encoder position.
const POSITION: usize = 320;
const TAIL_SECONDS: f32 = 0.4;
const LEAD_SECONDS: f32 = 0.15;
const LEAST_SECONDS: f32 = 1.1;
/// Whisper looks back on 224 tokens; each costs decoding time, so the likeliest words get about half of them.
const PROMPT_TOKENS: usize = 100;
/// Longer ones are no names.
const PHRASE_BYTES: usize = 120;

impl Engine {
    pub fn new(
        context: Arc<WhisperContext>,
        threads: usize,
        model: &Model,
        pieces: Arc<Pieces>,
        prior: Arc<ArcSwapOption<Prior>>,
    ) -> Self {
        // `best_of` and the language are set once: whisper-rs leaks a string at each `set_language`.
        let mut p = FullParams::new(SamplingStrategy::Greedy { best_of: 1 });
        p.set_language(Some("en"));
        p.set_n_threads(c_int::try_from(threads).unwrap_or(1));
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
            threads,
            pieces,
            prior,
            unheard: FxHashMap::default(),
            prompt: model.prompt,
            official: model.official,
            calibration: model.confidence,
            context,
        }
    }

    /// A second of silence, so that the first caller does not pay for pages that were never touched.
    pub fn warm(&mut self, stop: &Stop<'_>) -> Result<(), AsrError> {
        self.run(&[0.0; RATE as usize], &Bias::default(), 1, stop).map(drop)
    }

    pub fn hear(&mut self, samples: &Samples, bias: &Bias, stop: &Stop<'_>) -> Result<Transcript, AsrError> {
        let Some(speech) = vad::find(samples, &vad::Settings { margin: 0.0, ..vad::Settings::default() }) else {
            return Ok(Transcript::default());
        };
        // A word of a list that is cut close: all that models learn from begins with some quiet. Whole sentences in noise, which
        // is loud from the first moment too, are heard worse behind it.
        let sound = if bias.only.is_empty() || speech.start >= POSITION {
            Cow::Borrowed(samples.as_slice())
        } else {
            Cow::Owned([&vec![0.0; (LEAD_SECONDS * RATE as f32) as usize], samples.as_slice()].concat())
        };
        // Speech has at most about 8 tokens a second; a decoder that writes more is looping.
        let most = (32 + 16 * samples.as_slice().len() / RATE as usize).min(200);
        let raw = self.run(&sound, bias, most, stop)?;
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
        // Of a list the share is the chance already.
        let calibration = self.calibration.as_ref().filter(|_| bias.only.is_empty());
        let confidence = confidence::confidence(&raw.evidence, calibration);
        let mut rivals = raw.rivals;
        rivals.retain(|rival| !rival.text.is_empty() && rival.text != text);
        Ok(Transcript { text, confidence, evidence: raw.evidence, rivals, ..Transcript::default() })
    }

    fn run(&mut self, samples: &[f32], bias: &Bias, most: usize, stop: &Stop<'_>) -> Result<Raw, AsrError> {
        let list = (!bias.only.is_empty()).then(|| Closed::new(&bias.only, &self.pieces));
        let seconds = samples.len() as f32 / RATE as f32;
        let evidence = Evidence { seconds, ..Evidence::default() };
        let mut raw = Raw { text: String::new(), evidence, no_speech: 0.0, rivals: Vec::new() };
        if !self.official {
            let texts = self.search(samples, list.as_ref(), most, stop)?;
            let Some(best) = texts.first() else { return Ok(raw) };
            raw.text = self.pieces.text(&best.pieces);
            if list.is_some() {
                // The chance within the list.
                raw.evidence.log_probabilities =
                    vec![-texts.iter().map(|text| (text.score - best.score).exp()).sum::<f32>().ln()];
                return Ok(raw);
            }
            raw.evidence.log_probabilities = best.log_probabilities.clone();
            raw.rivals = texts.iter().skip(1).take(RIVALS).map(|text| self.rival(text, best, seconds)).collect();
            return Ok(raw);
        }
        let only = list.map(|list| self.only(Some(list)));
        let prompt = self.prompt(bias);
        let end = c_int::try_from(self.pieces.token(self.pieces.end())).unwrap_or(c_int::MAX);
        let state = self.full(samples, &prompt, only.as_ref(), most, stop)?;
        for segment in state.as_iter() {
            raw.text.push_str(&segment.to_str_lossy().map_err(|e| AsrError::Engine(e.to_string()))?);
            raw.no_speech = raw.no_speech.max(segment.no_speech_probability());
            let tokens = (0..segment.n_tokens()).filter_map(|i| segment.get_token(i)).map(|t| t.token_data());
            raw.evidence.log_probabilities.extend(tokens.filter(|t| t.id < end).map(|t| t.plog));
        }
        Ok(raw)
    }

    fn rival(&self, text: &Text, best: &Text, seconds: f32) -> Rival {
        let evidence = Evidence { log_probabilities: text.log_probabilities.clone(), seconds };
        Rival {
            text: normal::words(&self.pieces.text(&text.pieces)),
            confidence: confidence::confidence(&evidence, self.calibration.as_ref()),
            evidence,
            behind: best.score - text.score,
        }
    }

    /// The likeliest texts of a model of ours, the best first: the engine makes of the sound what it can, and what it may write
    /// is searched.
    fn search(
        &mut self,
        samples: &[f32],
        list: Option<&Closed>,
        most: usize,
        stop: &Stop<'_>,
    ) -> Result<Vec<Text>, AsrError> {
        let prior = self.prior.load_full();
        let (guide, width, margin, wanted) = match list {
            Some(only) => (Guide { only: Some(only), prior: None }, WIDTH_OF_LIST, MARGIN_OF_LIST, MARGIN_OF_LIST),
            None => (Guide { only: None, prior: prior.as_deref() }, WIDTH, MARGIN, RIVAL),
        };
        let pieces = self.pieces.clone();
        let mut decoder = self.decoder(samples, &pieces, stop)?;
        let texts = search(&mut decoder, guide, pieces.end(), Reach { width, margin, wanted, most })?;
        match list {
            Some(_) => self.of_list(texts, stop),
            None => Ok(texts),
        }
    }

    /// Which phrases of a list it may have been. A model writes some phrases more gladly than others whatever it hears, "stop"
    /// more than "up": what it would give them for noise is no sign of them.
    fn of_list(&mut self, mut texts: Vec<Text>, stop: &Stop<'_>) -> Result<Vec<Text>, AsrError> {
        let mut new: Vec<Vec<Piece>> =
            texts.iter().map(|t| t.pieces.clone()).filter(|pieces| !self.unheard.contains_key(pieces)).collect();
        if !new.is_empty() {
            new.sort();
            let pieces = self.pieces.clone();
            let mut decoder = self.decoder(&noise(), &pieces, stop)?;
            let scores = new.iter().map(|text| decoder.score(text)).collect::<Result<Vec<f32>, _>>()?;
            if self.unheard.len() > UNHEARD {
                self.unheard.clear();
            }
            self.unheard.extend(new.into_iter().zip(scores));
        }
        for text in &mut texts {
            text.score -= UNHEARD_WEIGHT * self.unheard.get(&text.pieces).copied().unwrap_or(0.0);
        }
        texts.sort_by(|a, b| b.score.total_cmp(&a.score));
        Ok(texts)
    }

    /// The decoder, on what the encoder makes of a sound.
    fn decoder<'a>(
        &'a mut self,
        samples: &[f32],
        pieces: &'a Pieces,
        stop: &'a Stop<'a>,
    ) -> Result<Written<'a>, AsrError> {
        let start = [self.context.token_sot(), self.context.token_not()];
        let (nothing, threads) = (self.only(None), self.threads);
        let state = self.full(samples, &[], Some(&nothing), 1, stop)?;
        Ok(Written::new(state, pieces, start, threads, stop))
    }

    fn only(&self, list: Option<Closed>) -> Only {
        let vocabulary = usize::try_from(self.context.n_vocab()).unwrap_or(0);
        Only { list, pieces: self.pieces.clone(), vocabulary }
    }

    /// Has the engine hear and write by itself.
    fn full(
        &mut self,
        samples: &[f32],
        prompt: &[c_int],
        only: Option<&Only>,
        most: usize,
        stop: &Stop<'_>,
    ) -> Result<&mut WhisperState, AsrError> {
        let sound = self.padded(samples);
        let mut p = self.parameters.clone();
        let positions = sound.len().div_ceil(POSITION).next_multiple_of(8).min(self.max_audio_ctx);
        p.set_audio_ctx(c_int::try_from(positions).unwrap_or(0));
        p.set_max_tokens(c_int::try_from(most).unwrap_or(c_int::MAX));
        if !prompt.is_empty() {
            p.set_tokens(prompt);
        }
        // SAFETY: `stop` outlives the call to `full`, which is the only time the callback runs. (whisper-rs's own
        // safe setter casts the closure to the wrong type and leaks it.)
        unsafe {
            p.set_abort_callback(Some(should_stop));
            p.set_abort_callback_user_data(std::ptr::from_ref(stop).cast_mut().cast());
        }
        if let Some(only) = only {
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
        state.full(p, &sound).map_err(|error| match stop.now() {
            true => stop.reason(),
            false => AsrError::Engine(error.to_string()),
        })?;
        Ok(state)
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

    /// The clip with silence after it, cut to what the encoder can hold.
    fn padded(&self, samples: &[f32]) -> Vec<f32> {
        let seconds = |s: f32| (s * RATE as f32) as usize;
        let length = (samples.len() + seconds(TAIL_SECONDS)).max(seconds(LEAST_SECONDS));
        let mut sound = samples.to_vec();
        sound.resize(length.min(self.max_audio_ctx * POSITION), 0.0);
        sound
    }
}

/// whisper.cpp asks this after the encoder and after every token.
unsafe extern "C" fn should_stop(stop: *mut c_void) -> bool {
    // SAFETY: `Engine::full` passes a pointer to a `Stop` that it borrows until the engine has returned.
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
    // SAFETY: `Engine::full` passes a pointer to an `Only` that it borrows until the engine has returned. whisper.cpp
    // passes `count` tokens and one logit for each word of its vocabulary.
    unsafe {
        let only = &*only.cast::<Only>();
        let written = match usize::try_from(count) {
            Ok(count) if count > 0 => std::slice::from_raw_parts(tokens, count),
            _ => &[],
        };
        let written = written.iter().filter_map(|t| only.pieces.of_token(usize::try_from(t.id).ok()?)).collect();
        only.leave(written, std::slice::from_raw_parts_mut(logits, only.vocabulary));
    }
}

/// What alone the engine itself may write.
struct Only {
    /// None: nothing at all.
    list: Option<Closed>,
    pieces: Arc<Pieces>,
    /// Tokens that the model has.
    vocabulary: usize,
}

impl Only {
    /// Leaves of `logits`, one a token, those of what may come after `written`.
    fn leave(&self, written: Vec<Piece>, logits: &mut [f32]) {
        let allowed = self.list.as_ref().map_or_else(|| vec![self.pieces.end()], |list| list.after(&written));
        let tokens = allowed.into_iter().map(|piece| self.pieces.token(piece));
        let kept: Vec<(usize, f32)> = tokens.filter_map(|token| Some((token, *logits.get(token)?))).collect();
        logits.fill(f32::NEG_INFINITY);
        for (token, logit) in kept {
            if let Some(place) = logits.get_mut(token) {
                *place = logit;
            }
        }
    }
}

/// A second of faint noise, always the same.
fn noise() -> Vec<f32> {
    let mut seed = 1_u32;
    let mut next = || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 8) as f32 / (1 << 24) as f32 - 0.5
    };
    (0..RATE).map(|_| 0.03 * next()).collect()
}
