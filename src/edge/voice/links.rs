//! Spoken audio kept for a short while behind addresses that cannot be guessed. Memory is bounded: the oldest goes
//! first.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use ring::rand::{SecureRandom, SystemRandom};

pub struct Links {
    life: Duration,
    budget: usize,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    by_id: HashMap<String, Bytes>,
    /// Oldest first, with the moment each expires.
    order: VecDeque<(Instant, String)>,
    bytes: usize,
}

impl Links {
    pub fn new(life: Duration, budget: usize) -> Self {
        Self { life, budget, kept: Mutex::default() }
    }

    pub fn seconds(&self) -> u64 {
        self.life.as_secs()
    }

    /// Keeps the audio; `None` when there is no room or no randomness for it.
    pub fn put(&self, wav: Bytes) -> Option<String> {
        if wav.len() > self.budget {
            return None;
        }
        let mut random = [0; 32];
        SystemRandom::new().fill(&mut random).ok()?;
        let id = hex::encode(random);
        let now = Instant::now();
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.bytes += wav.len();
        kept.by_id.insert(id.clone(), wav);
        kept.order.push_back((now + self.life, id.clone()));
        while kept.bytes > self.budget || kept.order.front().is_some_and(|(end, _)| *end <= now) {
            kept.drop_oldest();
        }
        Some(id)
    }

    pub fn get(&self, id: &str) -> Option<Bytes> {
        let now = Instant::now();
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        while kept.order.front().is_some_and(|(end, _)| *end <= now) {
            kept.drop_oldest();
        }
        kept.by_id.get(id).cloned()
    }
}

impl Kept {
    fn drop_oldest(&mut self) {
        if let Some((_, id)) = self.order.pop_front()
            && let Some(wav) = self.by_id.remove(&id)
        {
            self.bytes -= wav.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_expire() {
        let links = Links::new(Duration::from_millis(30), 100);
        let id = links.put(Bytes::from_static(b"wav")).unwrap();
        assert_eq!(id.len(), 64);
        assert_eq!(links.get(&id), Some(Bytes::from_static(b"wav")));
        assert_eq!(links.get(&"0".repeat(64)), None);
        std::thread::sleep(Duration::from_millis(40));
        assert_eq!(links.get(&id), None);
    }

    #[test]
    fn memory_is_bounded() {
        let links = Links::new(Duration::from_secs(60), 100);
        let ids: Vec<String> = (0..20).filter_map(|_| links.put(Bytes::from(vec![0; 30]))).collect();
        assert_eq!(ids.iter().filter(|id| links.get(id).is_some()).count(), 3);
        assert!(links.get(ids.last().unwrap()).is_some(), "the newest stays");
        assert_eq!(links.put(Bytes::from(vec![0; 101])), None);
    }
}
