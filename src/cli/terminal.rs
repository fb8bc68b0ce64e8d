//! What the terminal shows beside results: progress on long work, and styles. Nothing of it when nobody is looking.

use std::io::IsTerminal;

use anstyle::{AnsiColor, Style};
use indicatif::{ProgressBar, ProgressStyle};

use super::Failure;
use crate::audio::Samples;
use crate::edge::device::{self, DeviceError};
use crate::tts::Speech;

pub const LABEL: Style = Style::new().dimmed();
pub const STRONG: Style = Style::new().bold();
pub const GOOD: Style = Style::new().fg_color(Some(anstyle::Color::Ansi(AnsiColor::Green)));
pub const BAD: Style = Style::new().fg_color(Some(anstyle::Color::Ansi(AnsiColor::Red)));

/// A bar on standard error; hidden when that is not a terminal.
pub fn bar(total: u64, what: &str, bytes: bool) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let template = if bytes {
        "{msg} {wide_bar} {bytes}/{total_bytes} {bytes_per_sec} {eta}"
    } else {
        "{msg} {wide_bar} {pos}/{len} {eta}"
    };
    let bar = ProgressBar::new(total).with_message(what.to_owned());
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar
}

/// Whether a person sits at the keyboard.
pub fn interactive() -> bool {
    std::io::stdin().is_terminal() && std::io::stdout().is_terminal()
}

/// Plays speech on the sound card until it has ended.
pub async fn play(speech: Speech) -> Result<(), Failure> {
    let played = tokio::task::spawn_blocking(move || device::play(&speech)).await;
    played.map_err(Failure::failed)?.map_err(Failure::absent)
}

/// What somebody says into the microphone until they pause, at most so many seconds; `None` when nobody spoke.
pub async fn listen(seconds: f32) -> Result<Option<Samples>, Failure> {
    let heard = tokio::task::spawn_blocking(move || device::record(seconds)).await;
    match heard.map_err(Failure::failed)? {
        Ok(samples) => Ok(Some(samples)),
        Err(DeviceError::Silence(_)) => Ok(None),
        Err(error) => Err(Failure::absent(error)),
    }
}
