//! What doors ask of single stages, outside a turn: words of a clip, what words mean, the sound of a text, what a customer
//! may speak of. Nothing here changes a conversation or a basket.

use std::time::Instant;

use super::{Spine, TurnError};
use crate::asr::{AsrError, Bias, Transcript};
use crate::audio::endpoint::Outlook;
use crate::audio::live::Outgoing;
use crate::audio::opus::ENCODED_RATE;
use crate::audio::{Samples, vad};
use crate::dialogue::SessionId;
use crate::language::{Closing, Expectation, Reading, Utterance};
use crate::shop::preferences::Preferences;
use crate::shop::{Act, CustomerId, Order, Outcome, Product, RequestId, Search};
use crate::tts::{Speech, TtsError, VoiceSettings};

/// Orders looked at for names that may be spoken.
const LAST_ORDERS: u32 = 10;

/// What the next words of a conversation may be, for whoever hears it while it is spoken.
#[derive(Clone, Debug)]
pub struct Live {
    expectation: Expectation,
    bias: Bias,
    /// Whether the shopper has asked to be spoken to more slowly: who listens slowly often speaks slowly.
    pub unhurried: bool,
}

impl Spine {
    /// What this customer's conversation waits for now.
    pub async fn live(&self, session: &SessionId, customer: &CustomerId) -> Result<Live, TurnError> {
        let kept = self.sessions.load(session).await?.filter(|s| s.customer == *customer);
        let unhurried = kept.as_ref().is_some_and(|s| s.pace < 100);
        let expectation = kept.map_or_else(Expectation::default, |s| self.dialogue.expectation(&s));
        let bias = Bias { phrases: self.understander().bias(&expectation), ..Bias::default() };
        Ok(Live { expectation, bias, unhurried })
    }

    /// The words of a whole utterance.
    pub async fn hear(&self, samples: Samples, live: &Live, deadline: Instant) -> Result<Transcript, AsrError> {
        let heard = self.recognizer.recognize(samples, live.bias.clone(), deadline).await?;
        Ok(self.sensible(heard, &live.expectation))
    }

    /// The words of an utterance so far, if a worker has nothing better to do.
    pub async fn glimpse(&self, samples: Samples, live: &Live, deadline: Instant) -> Result<Transcript, AsrError> {
        let heard = self.recognizer.glimpse(samples, live.bias.clone(), deadline).await?;
        Ok(self.sensible(heard, &live.expectation))
    }

    /// Of what may have been said, the likeliest once it counts what sense the words make now.
    pub(super) fn sensible(&self, heard: Transcript, expect: &Expectation) -> Transcript {
        let (understander, today) = (self.understander(), self.clock.here().date());
        heard.settle(|text| Utterance::new(text).map_or(0.0, |words| understander.read(&words, expect, today).sense()))
    }

    /// Samples a second that spoken replies have on a live stream.
    pub fn rate(&self, outgoing: Outgoing) -> u32 {
        match outgoing {
            Outgoing::Pcm16 => self.synthesizer.rate(),
            Outgoing::Opus => ENCODED_RATE,
        }
    }

    /// What words so far suggest about the rest.
    pub fn outlook(&self, heard: &Transcript, live: &Live) -> Outlook {
        let Ok(words) = Utterance::new(&heard.text) else { return Outlook::Unknown };
        // Words that are half a guess must not cut anybody short.
        let sure = heard.confidence >= self.trust.doubt;
        match self.understander().closing(&words, &live.expectation, self.clock.here().date()) {
            Closing::Complete if sure => Outlook::Complete,
            Closing::Complete => Outlook::Doubted,
            Closing::Open => Outlook::Open,
            Closing::Unknown => Outlook::Unknown,
        }
    }

    /// The words of a clip, for a caller who wants no turn. The caller's phrases are listened for before the shop's own
    /// names.
    pub async fn transcribe(
        &self,
        samples: Samples,
        mut bias: Bias,
        deadline: Instant,
    ) -> Result<Transcript, AsrError> {
        let expect = Expectation::default();
        bias.phrases.extend(self.understander().bias(&expect));
        Ok(self.sensible(self.recognizer.recognize(samples, bias, deadline).await?, &expect))
    }

    /// The words of a recording that may be longer than the recogniser's window: heard piece by piece, cut at pauses.
    pub async fn transcribe_long(
        &self,
        samples: Samples,
        hints: Vec<String>,
        deadline: Instant,
    ) -> Result<String, AsrError> {
        let mut words = Vec::new();
        let allowed = deadline.saturating_duration_since(Instant::now());
        for piece in vad::split(&samples, &vad::Settings::default(), &vad::Split::default()) {
            let sound = samples.as_slice().get(piece.start..piece.end).unwrap_or_default().to_vec();
            // Each piece is a turn's worth of work and gets a turn's time.
            let bias = Bias { phrases: hints.clone(), ..Bias::default() };
            let heard = self.transcribe(Samples::new(sound), bias, Instant::now() + allowed).await?;
            words.extend((!heard.text.is_empty()).then_some(heard.text));
        }
        Ok(words.join(" "))
    }

    /// What words mean in a conversation, or by themselves, without doing anything about it.
    pub async fn read(
        &self,
        words: &Utterance,
        session: Option<(&SessionId, &CustomerId)>,
    ) -> Result<Reading, TurnError> {
        let expectation = match session {
            Some((session, customer)) => self.live(session, customer).await?.expectation,
            None => Expectation::default(),
        };
        Ok(self.understander().read(words, &expectation, self.clock.here().date()))
    }

    /// The sound of a `<speak>` document, for a caller who wants no turn.
    pub async fn pronounce(&self, ssml: &str, voice: &VoiceSettings, deadline: Instant) -> Result<Speech, TtsError> {
        self.synthesizer.synthesize(ssml, voice, deadline).await
    }

    /// What the customer told about themselves; nothing where the shop does not answer in time.
    pub async fn preferences(&self, customer: &CustomerId, request: &RequestId, deadline: Instant) -> Preferences {
        match self.glance(Act::ShowPreferences, "a customer's preferences", customer, request, deadline).await {
            Some(Outcome::Preferences { preferences, .. }) => preferences,
            _ => Preferences::default(),
        }
    }

    /// The customer's last orders, newest first, for doors that want to know what may be spoken of; none where the shop
    /// does not answer in time.
    pub async fn bought_before(&self, customer: &CustomerId, request: &RequestId, deadline: Instant) -> Vec<Order> {
        let act = Act::ListOrders { limit: LAST_ORDERS };
        match self.glance(act, "the last orders", customer, request, deadline).await {
            Some(Outcome::Orders(orders)) => orders,
            _ => Vec::new(),
        }
    }

    /// What the shop answers, for a turn that can do without: none when it fails or is late. `what` is for the log.
    async fn glance(
        &self,
        act: Act,
        what: &'static str,
        customer: &CustomerId,
        request: &RequestId,
        deadline: Instant,
    ) -> Option<Outcome> {
        match tokio::time::timeout_at(deadline.into(), self.shop.perform(act, customer, request)).await {
            Ok(Ok(outcome)) => Some(outcome),
            Ok(Err(error)) => {
                tracing::warn!(%error, what, "could not be read, and the turn goes on without");
                None
            }
            Err(_) => None,
        }
    }

    /// Another part of the last search of a conversation, as (first place from 0, how many): products and how many
    /// there are in all. None where the conversation has no search like this any more.
    pub async fn more_results(
        &self,
        session: &SessionId,
        customer: &CustomerId,
        request: &RequestId,
        same: impl Fn(&Search) -> bool,
        (offset, limit): (u32, u32),
    ) -> Result<Option<(Vec<Product>, u32)>, TurnError> {
        let kept = self.sessions.load(session).await?.filter(|s| s.customer == *customer);
        let Some(results) = kept.and_then(|s| s.results).filter(|r| same(&r.search)) else { return Ok(None) };
        let search = Search { offset, limit, ..results.search.clone() };
        match self.shop.perform(Act::Search(search), customer, request).await? {
            Outcome::Found { products, total, .. } => Ok(Some((products, total))),
            _ => Ok(None),
        }
    }
}
