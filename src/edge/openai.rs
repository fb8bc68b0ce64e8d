//! The ear and the voice for clients of OpenAI's audio API: `POST /v1/audio/transcriptions` and `POST /v1/audio/speech`
//! in that API's forms. No conversation and no shop behind them, only the recogniser and the synthesiser.

mod form;
pub mod speech;
mod subtitles;
pub mod transcriptions;

pub use speech::speech;
pub use transcriptions::transcriptions;

use super::problem::{BAD_PARAMETER, Refusal};

fn wrong(name: &str, why: impl std::fmt::Display) -> Refusal {
    Refusal::new(BAD_PARAMETER, format!("{name}: {why}"))
}
