//! Speaking aloud on the operator's own machine, through whatever speech service it has (speech-dispatcher on Linux):
//! a reply's plain words in, sound in the room out. Returns no audio; that is `espeak`'s. The service may block and its
//! handle may not change threads, so one thread owns it.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel, sync_channel};
use std::time::Duration;

use super::TtsError;
use crate::reply::Reply;

/// How long the service may take to answer the first call.
const PATIENCE: Duration = Duration::from_secs(5);

/// A voice in the room.
pub struct Aloud {
    orders: Sender<Order>,
}

enum Order {
    Say(String),
    Stop,
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

    /// Says the reply's words after what is being said; returns at once.
    pub fn say(&self, reply: &Reply) -> Result<(), TtsError> {
        self.order(Order::Say(reply.speech.text.clone()))
    }

    /// Falls silent at once.
    pub fn stop(&self) -> Result<(), TtsError> {
        self.order(Order::Stop)
    }

    fn order(&self, order: Order) -> Result<(), TtsError> {
        self.orders.send(order).map_err(|_| TtsError::NoService("its connection was lost".into()))
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
    while let Ok(order) = inbox.recv() {
        let done = match order {
            Order::Say(words) => service.speak(words, false).map(drop),
            Order::Stop => service.stop().map(drop),
        };
        if let Err(error) = done {
            tracing::warn!(%error, "the speech service refused");
        }
    }
}
