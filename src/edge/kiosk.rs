//! The kiosk: the machine's own microphone and loudspeaker as a door, until it is told to stop. Sound in, turns through
//! the spine, speech and [`Notice`]s out. Whatever is spoken is also a notice, for people who read. Survives a sound card
//! that comes late or goes away. Knows no terminal and no keyboard.

mod wake;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, TryRecvError};
use std::time::{Duration, Instant};

use tokio::runtime::Handle;

use super::device::{self, DeviceError, Microphone};
use crate::audio::endpoint::{Endpointer, Event, Preset};
use crate::audio::live::{Converter, LiveError};
use crate::audio::{RATE, Samples};
use crate::dialogue::SessionId;
use crate::language::Utterance;
use crate::shop::CustomerId;
use crate::tts::Speech;
use crate::tts::device::{Aloud, Saying};
use crate::turn::{Answer, Caller, Spine, TurnError};

pub use wake::Wake;

/// How often a missing sound card is looked for.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How often the level is told.
const METER_EVERY: Duration = Duration::from_millis(100);
/// After an answer that expects another, or after the wake phrase alone, no phrase is needed for this long.
const AWAKE: Duration = Duration::from_secs(12);
/// A loudspeaker rings on in the room; without headphones the microphone stays closed so much longer.
const RING: Duration = Duration::from_millis(300);

/// How the kiosk listens.
#[derive(Clone, Default)]
pub struct Manner {
    /// Part of a device's name; the default device without it.
    pub microphone: Option<String>,
    pub loudspeaker: Option<String>,
    pub preset: Preset,
    pub wake: Option<Wake>,
    /// Nothing is heard until [`Key::Talk`].
    pub push_to_talk: bool,
    /// Listen while speaking: only with headphones or a microphone that cancels the echo.
    pub barge_in: bool,
    /// Short tones for "heard" and "not heard".
    pub earcons: bool,
    /// Replies are said by the machine's own speech service, in the voice that its user has chosen, in place of ours.
    pub aloud: Option<Aloud>,
}

/// What a person does beside speaking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// Begins to listen, ends what is being said, or stops the reply.
    Talk,
    Quit,
}

/// What happens, for whoever shows it.
pub enum Notice<'a> {
    /// The microphone of this name is open.
    Ready(&'a str),
    /// The sound card is missing or has gone; it is looked for.
    Missing(&'a DeviceError),
    /// Loudness, 0.0..=1.0.
    Level(f32),
    Listening,
    /// Something was said that was not meant for the shop.
    Asleep,
    Answered(&'a Answer),
    Failed(&'a TurnError),
}

#[derive(Debug, thiserror::Error)]
pub enum KioskError {
    #[error("the microphone's sound cannot be converted: {0}")]
    Sound(#[from] LiveError),
}

/// Who shops here.
pub struct Shopper {
    pub customer: CustomerId,
    pub session: SessionId,
    pub locale: String,
    /// Time for one turn.
    pub patience: Duration,
}

pub struct Kiosk {
    pub spine: Arc<Spine>,
    pub shopper: Shopper,
    pub manner: Manner,
    pub runtime: Handle,
}

impl Kiosk {
    /// Listens and answers until `stop` is set or [`Key::Quit`] comes. Blocks.
    pub fn run(
        &self,
        keys: &Receiver<Key>,
        stop: &AtomicBool,
        tell: &mut dyn FnMut(Notice<'_>),
    ) -> Result<(), KioskError> {
        let mut missing = None;
        while !stop.load(Ordering::Relaxed) {
            let gone = match Microphone::open(self.manner.microphone.as_deref()) {
                Ok(microphone) => {
                    missing = None;
                    tell(Notice::Ready(microphone.name()));
                    match self.listen(&microphone, keys, stop, tell)? {
                        Some(gone) => gone,
                        None => return Ok(()),
                    }
                }
                Err(error) => error,
            };
            // Once for each reason, not once a second.
            let text = gone.to_string();
            if missing.as_ref() != Some(&text) {
                tell(Notice::Missing(&gone));
                missing = Some(text);
            }
            let until = Instant::now() + LOOK_EVERY;
            while Instant::now() < until && !stop.load(Ordering::Relaxed) {
                if matches!(keys.try_recv(), Ok(Key::Quit)) {
                    return Ok(());
                }
                std::thread::sleep(Duration::from_millis(50));
            }
        }
        Ok(())
    }

    /// Until the microphone fails (some) or the kiosk is to end (none).
    fn listen(
        &self,
        microphone: &Microphone,
        keys: &Receiver<Key>,
        stop: &AtomicBool,
        tell: &mut dyn FnMut(Notice<'_>),
    ) -> Result<Option<DeviceError>, KioskError> {
        let mut converter = Converter::new(microphone.rate(), RATE)?;
        let mut ear = Endpointer::with(&self.spine.detectors, self.manner.preset, Duration::from_secs(30));
        let mut playing: Option<Playing> = None;
        let (mut open, mut awake) = (!self.manner.push_to_talk, None::<Instant>);
        let (mut metered, mut loudest) = (Instant::now(), 0.0_f32);
        let (mut values, mut events) = (Vec::new(), Vec::new());
        loop {
            if stop.load(Ordering::Relaxed) {
                return Ok(None);
            }
            match keys.try_recv() {
                Ok(Key::Quit) => return Ok(None),
                Ok(Key::Talk) if playing.take().is_some() => {}
                Ok(Key::Talk) if !open => {
                    open = true;
                    tell(Notice::Listening);
                }
                Ok(Key::Talk) => events.extend(ear.finish()),
                Err(TryRecvError::Empty | TryRecvError::Disconnected) => {}
            }
            values.clear();
            match microphone.more() {
                Ok(more) => converter.push(more.into_iter(), &mut values)?,
                Err(gone) => return Ok(Some(gone)),
            }
            loudest = values.iter().fold(loudest, |loudest, v| loudest.max(v.abs()));
            if metered.elapsed() >= METER_EVERY {
                tell(Notice::Level(std::mem::take(&mut loudest)));
                metered = Instant::now();
            }
            if playing.as_ref().is_some_and(Playing::over) {
                playing = None;
            }
            if open && (playing.is_none() || self.manner.barge_in) {
                ear.guarded(playing.is_some());
                ear.push(&values, &mut events);
            }
            for event in events.drain(..) {
                match event {
                    Event::Start { .. } => playing = None,
                    Event::Pause { .. } => {}
                    Event::End { .. } => {
                        let utterance = ear.take();
                        open = !self.manner.push_to_talk;
                        let listening = awake.is_some_and(|until| Instant::now() < until);
                        playing = match self.turn(utterance.samples, listening, tell) {
                            Turn::Nothing => self.tone(FALLING),
                            Turn::Asleep => continue,
                            Turn::Woken => {
                                awake = Some(Instant::now() + AWAKE);
                                tell(Notice::Listening);
                                self.tone(RISING)
                            }
                            Turn::Answered(answer) => {
                                let length = answer.speech.as_ref().map_or(0.0, Speech::seconds);
                                awake = answer.open.then(|| Instant::now() + AWAKE + Duration::from_secs_f32(length));
                                self.say(*answer)
                            }
                        };
                    }
                }
            }
        }
    }

    fn turn(&self, samples: Samples, listening: bool, tell: &mut dyn FnMut(Notice<'_>)) -> Turn {
        let Shopper { customer, session, locale, patience } = &self.shopper;
        let deadline = Instant::now() + *patience;
        let heard = self.runtime.block_on(async {
            let live = self.spine.live(session, customer).await?;
            Ok::<_, TurnError>(self.spine.hear(samples, &live, deadline).await?)
        });
        let mut heard = match heard {
            Ok(heard) if heard.text.is_empty() => return Turn::Nothing,
            Ok(heard) => heard,
            Err(error) => {
                tell(Notice::Failed(&error));
                return Turn::Nothing;
            }
        };
        if let (Some(wake), false) = (&self.manner.wake, listening) {
            match wake.rest(&heard.text) {
                None => {
                    tell(Notice::Asleep);
                    return Turn::Asleep;
                }
                Some(rest) if Utterance::new(rest).is_err() => return Turn::Woken,
                Some(rest) => heard.text = rest.to_owned(),
            }
        }
        let Ok(request) = crate::shop::RequestId::new(&self.spine.ids.next()) else { return Turn::Nothing };
        let caller = Caller {
            session: Some(session.clone()),
            customer: customer.clone(),
            locale: locale.clone(),
            request,
            deadline,
            speak: true,
            door: Default::default(),
        };
        match self.runtime.block_on(self.spine.from_transcript(heard, caller)) {
            Ok(answer) => {
                tell(Notice::Answered(&answer));
                Turn::Answered(Box::new(answer))
            }
            Err(error) => {
                tell(Notice::Failed(&error));
                Turn::Nothing
            }
        }
    }

    fn say(&self, answer: Answer) -> Option<Playing> {
        if let Some(aloud) = &self.manner.aloud {
            match aloud.say(&answer.reply) {
                Ok(saying) => return Some(Playing::Aloud(saying)),
                Err(error) => tracing::warn!(%error, "speaking with our own voice"),
            }
        }
        answer.speech.map(|speech| self.play(speech))
    }

    fn tone(&self, hertz: [f32; 2]) -> Option<Playing> {
        self.manner.earcons.then(|| self.play(earcon(hertz)))
    }

    fn play(&self, speech: Speech) -> Playing {
        Playing::Sound(Sound::begin(speech, self.manner.loudspeaker.clone()))
    }
}

/// What an utterance came to.
enum Turn {
    Nothing,
    Asleep,
    Woken,
    Answered(Box<Answer>),
}

/// What is heard in the room now; dropping it stops it.
enum Playing {
    Sound(Sound),
    Aloud(Saying),
}

impl Playing {
    fn over(&self) -> bool {
        match self {
            Self::Sound(sound) => sound.over.load(Ordering::Relaxed),
            Self::Aloud(saying) => saying.over(),
        }
    }
}

/// Our own sound on the loudspeaker.
struct Sound {
    stop: Arc<AtomicBool>,
    over: Arc<AtomicBool>,
}

impl Sound {
    fn begin(speech: Speech, loudspeaker: Option<String>) -> Self {
        let (stop, over) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
        let playing = Self { stop: stop.clone(), over: over.clone() };
        std::thread::spawn(move || {
            // Everything spoken is printed too, so a loudspeaker that fails takes nothing away.
            if let Err(error) = device::play_until(&speech, loudspeaker.as_deref(), &stop) {
                tracing::warn!(%error, "a reply was not heard");
            }
            std::thread::sleep(RING);
            over.store(true, Ordering::Relaxed);
        });
        playing
    }
}

impl Drop for Sound {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

/// "Go on" and "nothing was made out", in hertz.
const RISING: [f32; 2] = [660.0, 880.0];
const FALLING: [f32; 2] = [440.0, 330.0];

/// Two short tones, soft at both ends so that they do not click.
fn earcon(hertz: [f32; 2]) -> Speech {
    const TONE: usize = RATE as usize * 9 / 100;
    let tone = |hertz: f32| {
        (0..TONE).map(move |i| {
            let fade = (i.min(TONE - i) as f32 / (TONE as f32 * 0.2)).min(1.0);
            ((i as f32 * hertz * std::f32::consts::TAU / RATE as f32).sin() * fade * 6_000.0) as i16
        })
    };
    Speech { pcm: hertz.into_iter().flat_map(tone).collect(), rate: RATE, took: Duration::ZERO }
}
