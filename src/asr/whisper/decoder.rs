//! A model's decoder, a step at a time: what may come after a text, on what the encoder has just made of a sound.

use std::ffi::c_int;

use whisper_rs::WhisperState;

use super::Stop;
use crate::asr::AsrError;
use crate::asr::pieces::{Piece, Pieces};
use crate::asr::search::Decoder;

/// A model's decoder on what its encoder has just made of a sound.
pub struct Written<'a> {
    state: &'a mut WhisperState,
    pieces: &'a Pieces,
    start: [c_int; 2],
    /// Tokens that the state holds.
    held: Vec<c_int>,
    row: Vec<f32>,
    threads: usize,
    stop: &'a Stop<'a>,
}

impl<'a> Written<'a> {
    /// `start` is what every text begins with.
    pub fn new(
        state: &'a mut WhisperState,
        pieces: &'a Pieces,
        start: [c_int; 2],
        threads: usize,
        stop: &'a Stop<'a>,
    ) -> Self {
        Self { state, pieces, start, held: Vec::new(), row: Vec::new(), threads, stop }
    }

    /// Natural logarithm of the chance of a whole text.
    pub fn score(&mut self, text: &[Piece]) -> Result<f32, AsrError> {
        let end = self.pieces.end();
        let mut score = 0.0;
        for (at, piece) in text.iter().chain([&end]).enumerate() {
            let row = self.next(text.get(..at).unwrap_or_default())?;
            score += row.get(usize::from(*piece)).copied().unwrap_or(f32::NEG_INFINITY);
        }
        Ok(score)
    }
}

impl Decoder for Written<'_> {
    type Error = AsrError;

    fn next(&mut self, written: &[Piece]) -> Result<&[f32], AsrError> {
        if self.stop.now() {
            return Err(self.stop.reason());
        }
        let token = |piece: &Piece| c_int::try_from(self.pieces.token(*piece)).unwrap_or(0);
        let tokens: Vec<c_int> = self.start.into_iter().chain(written.iter().map(token)).collect();
        let same = self.held.iter().zip(&tokens).take_while(|(a, b)| a == b).count().min(tokens.len() - 1);
        let new = tokens.get(same..).unwrap_or_default();
        self.state.decode(new, same, self.threads).map_err(|e| AsrError::Engine(e.to_string()))?;
        let first = self.state.get_logits().map_err(|e| AsrError::Engine(e.to_string()))?;
        // SAFETY: whisper.cpp has a row of logits for each token it was just given, one behind the other, and fills the last;
        // whisper-rs hands out the first. The address is of memory that whisper.cpp made, and stays until the next call.
        let last = unsafe {
            let address = std::ptr::with_exposed_provenance::<f32>(first.as_ptr().expose_provenance());
            std::slice::from_raw_parts(address.add((new.len() - 1) * first.len()), first.len())
        };
        self.row.clear();
        self.row.extend(self.pieces.tokens().map(|token| last.get(token).copied().unwrap_or(f32::NEG_INFINITY)));
        self.held = tokens;
        let most = self.row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let sum: f32 = self.row.iter().map(|logit| (logit - most).exp()).sum();
        self.row.iter_mut().for_each(|logit| *logit -= most + sum.ln());
        Ok(&self.row)
    }
}
