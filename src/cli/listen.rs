//! `voicecart listen`: the kiosk on a terminal. What is heard and said is printed line by line, for people who read and
//! for programs; keys are read only where there is a keyboard.

use std::io::{IsTerminal, Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use clap::Args;

use super::terminal::{BAD, LABEL, STRONG};
use super::{Failure, Shared, block_on};
use crate::app::App;
use crate::audio::endpoint::Preset;
use crate::dialogue::SessionId;
use crate::edge::device;
use crate::edge::kiosk::{Key, Kiosk, Manner, Notice, Shopper, Wake};
use crate::tts::device::Aloud;

/// Be a kiosk: listen to the microphone, answer on the loudspeaker
///
/// Everything spoken is printed too. The space bar (or Enter) begins and ends speech with --push-to-talk, and
/// stops a reply; q ends.
#[derive(Args, Debug)]
pub struct Listen {
    /// Listen only after the space bar
    #[arg(long)]
    push_to_talk: bool,
    /// Answer only what begins with this phrase
    #[arg(long, value_name = "PHRASE")]
    wake: Option<String>,
    /// Time to finish a sentence: relaxed, default or aggressive
    #[arg(long, value_name = "PRESET", default_value = "default")]
    endpointing: String,
    /// Listen while speaking; only with headphones or an echo-cancelling microphone
    #[arg(long)]
    barge_in: bool,
    /// Speak with the machine's own speech service (speech-dispatcher), in the voice set up there
    #[arg(long)]
    system_voice: bool,
    /// No tones
    #[arg(long)]
    quiet: bool,
    /// Part of the microphone's name
    #[arg(long, value_name = "NAME")]
    microphone: Option<String>,
    /// Part of the loudspeaker's name
    #[arg(long, value_name = "NAME")]
    loudspeaker: Option<String>,
    /// List the devices and end
    #[arg(long)]
    devices: bool,
    /// Who asks
    #[arg(long, value_name = "ID")]
    customer: Option<String>,
}

impl Listen {
    pub fn run(&self, shared: &Shared) -> Result<(), Failure> {
        if self.devices {
            return devices();
        }
        let wake = self.wake.as_deref().map(Wake::new).transpose().map_err(input)?;
        let preset = Preset::named(&self.endpointing)
            .ok_or_else(|| input("--endpointing must be relaxed, default or aggressive"))?;
        let manner = Manner {
            microphone: self.microphone.clone(),
            loudspeaker: self.loudspeaker.clone(),
            preset,
            wake,
            push_to_talk: self.push_to_talk,
            barge_in: self.barge_in,
            earcons: !self.quiet,
            aloud: self.system_voice.then(Aloud::new).transpose().map_err(Failure::absent)?,
        };
        let settings = shared.start(Vec::new(), false)?.settings;
        block_on(async {
            let app = App::build(&settings).await.map_err(Failure::absent)?;
            let done = self.listen(&app, manner).await;
            app.close().await;
            done
        })
    }

    async fn listen(&self, app: &App, manner: Manner) -> Result<(), Failure> {
        let caller = app.caller(self.customer.as_deref(), None, true).await.map_err(Failure::input)?;
        let session = SessionId::new(&format!("k-{}", app.spine.ids.next())).map_err(Failure::failed)?;
        let shopper = Shopper {
            customer: caller.customer,
            session,
            locale: caller.locale,
            patience: Duration::from_millis(app.settings.deadlines.turn_ms),
        };
        let kiosk = Kiosk { spine: app.spine.clone(), shopper, manner, runtime: tokio::runtime::Handle::current() };
        let stop = Arc::new(AtomicBool::new(false));
        let told = stop.clone();
        tokio::spawn(async move {
            let _ = tokio::signal::ctrl_c().await;
            told.store(true, Ordering::Relaxed);
        });
        let _keys_at_once = KeysAtOnce::begin();
        let keys = keyboard();
        let run = tokio::task::spawn_blocking(move || kiosk.run(&keys, &stop, &mut |notice| show(&notice)));
        run.await.map_err(Failure::failed)?.map_err(Failure::failed)
    }
}

fn input(why: &str) -> Failure {
    Failure::input(anyhow::anyhow!("{why}"))
}

fn devices() -> Result<(), Failure> {
    let mut out = anstream::stdout();
    for device in device::list() {
        let uses = match (device.microphone, device.loudspeaker) {
            (true, true) => "microphone, loudspeaker",
            (true, false) => "microphone",
            (false, true) => "loudspeaker",
            (false, false) => continue,
        };
        let default = if device.default { ", default" } else { "" };
        writeln!(out, "{STRONG}{}{STRONG:#} {LABEL}({uses}{default}){LABEL:#}", device.name)?;
    }
    Ok(())
}

/// The space bar and Enter are `Talk`; the end of the input says nothing: a kiosk without a keyboard goes on.
fn keyboard() -> Receiver<Key> {
    let (send, keys) = mpsc::channel();
    std::thread::spawn(move || {
        for byte in std::io::stdin().lock().bytes().map_while(Result::ok) {
            let key = match byte {
                b' ' | b'\n' => Key::Talk,
                b'q' => Key::Quit,
                _ => continue,
            };
            if send.send(key).is_err() {
                return;
            }
        }
    });
    keys
}

/// The terminal gives each key as it is pressed and does not print it, until this is dropped.
struct KeysAtOnce(#[cfg(unix)] Option<rustix::termios::Termios>);

#[cfg(unix)]
impl KeysAtOnce {
    fn begin() -> Self {
        use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
        // What is no terminal has no such modes, and nothing to put back.
        let Ok(before) = tcgetattr(std::io::stdin()) else { return Self(None) };
        let mut now = before.clone();
        now.local_modes.remove(LocalModes::ICANON | LocalModes::ECHO);
        let changed = tcsetattr(std::io::stdin(), OptionalActions::Now, &now);
        Self(changed.is_ok().then_some(before))
    }
}

#[cfg(unix)]
impl Drop for KeysAtOnce {
    fn drop(&mut self) {
        if let Some(before) = &self.0 {
            let _ = rustix::termios::tcsetattr(std::io::stdin(), rustix::termios::OptionalActions::Now, before);
        }
    }
}

#[cfg(not(unix))]
impl KeysAtOnce {
    fn begin() -> Self {
        Self()
    }
}

/// One line for each notice; the level only where somebody watches.
fn show(notice: &Notice<'_>) {
    let mut out = anstream::stdout();
    if !matches!(notice, Notice::Level(_)) && std::io::stderr().is_terminal() {
        // The level stands where the line is to be.
        let _ = write!(std::io::stderr(), "\r\x1b[2K");
    }
    let _ = match notice {
        Notice::Ready(name) => writeln!(out, "{LABEL}ready{LABEL:#}    {name}"),
        Notice::Missing(error) => writeln!(out, "{BAD}waiting{BAD:#}  {error}"),
        Notice::Listening => writeln!(out, "{LABEL}listens{LABEL:#}"),
        Notice::Asleep => writeln!(out, "{LABEL}asleep{LABEL:#}"),
        Notice::Failed(error) => writeln!(out, "{BAD}failed{BAD:#}   {error}"),
        Notice::Answered(answer) => {
            let heard = answer.transcript.as_ref().map_or("", |t| t.text.as_str());
            writeln!(out, "{LABEL}heard{LABEL:#}    \"{heard}\"\n{LABEL}answer{LABEL:#}   {}", answer.reply.speech.text)
        }
        Notice::Level(level) if std::io::stderr().is_terminal() => {
            let bars = (level.sqrt() * 20.0) as usize;
            write!(anstream::stderr(), "\r{LABEL}[{:<20}]{LABEL:#} ", "#".repeat(bars.min(20)))
        }
        Notice::Level(_) => Ok(()),
    };
    let _ = out.flush();
}
