//! Speaking aloud on the operator's own machine, through whatever speech service it has (speech-dispatcher on Linux):
//! a reply's plain words in, sound in the room out. Returns no audio; that is `espeak`'s. The service may block and its
//! handle may not change threads, so one thread owns it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel, sync_channel};
use std::time::{Duration, Instant};

use super::TtsError;
use crate::reply::Reply;

/// How long the service may take to answer the first call.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often a service is asked whether it still speaks.
const LISTEN: Duration = Duration::from_millis(50);
/// A service that says nothing of its end is taken to speak so many characters a second, which is slow.
const CHARACTERS_A_SECOND: f32 = 12.0;

/// A voice in the room. Cheap to clone.
#[derive(Clone)]
pub struct Aloud {
    orders: Sender<Order>,
}

/// Words that are being said; dropping it stops them.
pub struct Saying {
    orders: Sender<Order>,
    over: Arc<AtomicBool>,
}

enum Order {
    Say(String, Arc<AtomicBool>),
    Stop(Arc<AtomicBool>),
}

impl Aloud {
    /// Connects to the machine's speech service. Blocks for at most five seconds.
    pub fn new() -> Result<Self, TtsError> {
        let (orders, inbox) = channel();
        let (ready, started) = sync_channel(1);
        std::thread::Builder::new()
            .name("speak-aloud".into())
            .spawn(move || own(&inbox, &ready))
            .map_err(|e| TtsError::NoService(e.to_string()))?;
        match started.recv_timeout(PATIENCE) {
            Ok(Ok(())) => Ok(Self { orders }),
            Ok(Err(why)) => Err(TtsError::NoService(why)),
            Err(RecvTimeoutError::Timeout) => Err(TtsError::NoService("it did not answer within 5 seconds".into())),
            Err(RecvTimeoutError::Disconnected) => Err(TtsError::NoService("it failed while connecting".into())),
        }
    }

    /// Says the reply's words in place of what is being said; returns at once.
    pub fn say(&self, reply: &Reply) -> Result<Saying, TtsError> {
        let over = Arc::new(AtomicBool::new(false));
        let order = Order::Say(reply.speech.text.clone(), over.clone());
        self.orders.send(order).map_err(|_| TtsError::NoService("its connection was lost".into()))?;
        Ok(Saying { orders: self.orders.clone(), over })
    }
}

impl Saying {
    /// Whether all has been said, or nothing more will be.
    pub fn over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }
}

impl Drop for Saying {
    fn drop(&mut self) {
        if !self.over() {
            // Nobody is there to hear of a service that has gone.
            let _ = self.orders.send(Order::Stop(self.over.clone()));
        }
    }
}

/// What the service is saying now.
struct Current {
    over: Arc<AtomicBool>,
    /// Set by the service.
    ended: Arc<AtomicBool>,
    /// When it must have ended, whatever the service says.
    at_last: Instant,
}

impl Current {
    fn is_over(&self) -> bool {
        self.ended.load(Ordering::Relaxed) || Instant::now() >= self.at_last
    }
}

fn own(inbox: &Receiver<Order>, ready: &std::sync::mpsc::SyncSender<Result<(), String>>) {
    let mut service = match tts::Tts::default() {
        Ok(service) => service,
        Err(error) => {
            let _ = ready.send(Err(error.to_string()));
            return;
        }
    };
    if ready.send(Ok(())).is_err() {
        return;
    }
    let mut current: Option<Current> = None;
    loop {
        let order = match inbox.recv_timeout(if current.is_some() { LISTEN } else { Duration::from_secs(3_600) }) {
            Ok(order) => Some(order),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => return,
        };
        let stops = match &order {
            Some(Order::Say(..)) => true,
            Some(Order::Stop(over)) => current.as_ref().is_some_and(|c| Arc::ptr_eq(&c.over, over)),
            None => current.as_ref().is_some_and(Current::is_over),
        };
        if stops && let Some(before) = current.take() {
            before.over.store(true, Ordering::Relaxed);
        }
        let done = match order {
            Some(Order::Say(words, over)) => {
                let began = begin(&mut service, words, over.clone()).map(|now| current = Some(now));
                if began.is_err() {
                    over.store(true, Ordering::Relaxed);
                }
                began
            }
            Some(Order::Stop(_)) if stops => service.stop().map(drop),
            Some(Order::Stop(_)) | None => Ok(()),
        };
        if let Err(error) = done {
            tracing::warn!(%error, "the speech service refused");
        }
    }
}

fn begin(service: &mut tts::Tts, words: String, over: Arc<AtomicBool>) -> Result<Current, tts::Error> {
    let ended = Arc::new(AtomicBool::new(false));
    let length = Duration::from_secs_f32(2.0 + words.chars().count() as f32 / CHARACTERS_A_SECOND);
    if service.supported_features().utterance_callbacks {
        let (end, stop) = (ended.clone(), ended.clone());
        service.on_utterance_end(Some(Box::new(move |_| end.store(true, Ordering::Relaxed))))?;
        service.on_utterance_stop(Some(Box::new(move |_| stop.store(true, Ordering::Relaxed))))?;
    }
    service.speak(words, true)?;
    Ok(Current { over, ended, at_last: Instant::now() + length })
}
