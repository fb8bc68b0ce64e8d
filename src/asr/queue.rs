//! A bounded queue between callers who wait and workers who recognise. It knows how long the work takes, so that it
//! can say when to come back; it refuses to know what the work is.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Service time assumed before anything was measured.
const FIRST_GUESS: Duration = Duration::from_millis(300);

/// Weight of the newest measurement in the running mean.
const NEWEST: f64 = 0.2;

/// Something that may no longer be worth doing.
pub trait Job {
    fn abandoned(&self) -> bool;
}

pub struct Queue<J> {
    inner: Mutex<Inner<J>>,
    arrived: Condvar,
    /// Jobs that may wait while every worker is busy.
    room: usize,
    workers: usize,
}

struct Inner<J> {
    waiting: VecDeque<J>,
    running: usize,
    service: Duration,
    closed: bool,
}

impl<J: Job> Queue<J> {
    pub fn new(workers: usize, room: usize) -> Self {
        let inner = Inner { waiting: VecDeque::new(), running: 0, service: FIRST_GUESS, closed: false };
        Self { inner: Mutex::new(inner), arrived: Condvar::new(), room, workers: workers.max(1) }
    }

    /// Takes the job, or says after what time there should be room.
    pub fn push(&self, job: J) -> Result<(), Duration> {
        let mut inner = self.lock();
        let idle = self.workers.saturating_sub(inner.running);
        if inner.waiting.len() >= self.room + idle {
            // Those who hung up while they waited give their place to those who still listen.
            inner.waiting.retain(|j| !j.abandoned());
        }
        if inner.closed || inner.waiting.len() >= self.room + idle {
            let ahead = inner.waiting.len() + 1;
            return Err(inner.service.mul_f64(ahead as f64 / self.workers as f64));
        }
        inner.waiting.push_back(job);
        drop(inner);
        self.arrived.notify_one();
        Ok(())
    }

    /// Waits for a job that somebody still wants; none when the queue was closed. Each must be followed by
    /// [`done`](Self::done).
    pub fn pop(&self) -> Option<J> {
        let mut inner = self.lock();
        loop {
            while let Some(job) = inner.waiting.pop_front() {
                if !job.abandoned() {
                    inner.running += 1;
                    return Some(job);
                }
            }
            if inner.closed {
                return None;
            }
            inner = self.arrived.wait(inner).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// A popped job is finished; `took` is counted when it ran to its end.
    pub fn done(&self, took: Option<Duration>) {
        let mut inner = self.lock();
        inner.running = inner.running.saturating_sub(1);
        if let Some(took) = took {
            inner.service = inner.service.mul_f64(1.0 - NEWEST) + took.mul_f64(NEWEST);
        }
    }

    /// Lets the workers finish what they have and go; what waits is dropped.
    pub fn close(&self) {
        let mut inner = self.lock();
        inner.closed = true;
        inner.waiting.clear();
        drop(inner);
        self.arrived.notify_all();
    }

    /// Jobs waiting for a worker.
    pub fn waiting(&self) -> usize {
        self.lock().waiting.len()
    }

    fn lock(&self) -> MutexGuard<'_, Inner<J>> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    impl Job for (u32, Arc<AtomicBool>) {
        fn abandoned(&self) -> bool {
            self.1.load(Ordering::Relaxed)
        }
    }

    fn job(n: u32) -> (u32, Arc<AtomicBool>) {
        (n, Arc::default())
    }

    #[test]
    fn room_is_bounded_and_the_wait_is_told_from_what_was_measured() {
        let queue = Queue::new(2, 1);
        for n in 0..3 {
            assert!(queue.push(job(n)).is_ok(), "two workers and one place: job {n}");
        }
        assert!(queue.push(job(3)).is_err());
        assert_eq!(queue.pop().map(|j| j.0), Some(0));
        assert_eq!(queue.pop().map(|j| j.0), Some(1));
        for _ in 0..50 {
            queue.done(Some(Duration::from_secs(4)));
            queue.inner.lock().unwrap().running = 2;
        }
        let wait = queue.push(job(4)).unwrap_err();
        assert!((3.5..=4.5).contains(&wait.as_secs_f32()), "one waits, two work, 4 s each: {wait:?}");
    }

    #[test]
    fn those_who_hung_up_make_room_and_are_skipped() {
        let queue = Queue::new(1, 1);
        let gone = job(1);
        queue.push(job(0)).unwrap();
        queue.push(gone.clone()).unwrap();
        assert!(queue.push(job(2)).is_err());
        gone.1.store(true, Ordering::Relaxed);
        assert!(queue.push(job(2)).is_ok());
        assert_eq!([queue.pop().map(|j| j.0), queue.pop().map(|j| j.0)], [Some(0), Some(2)]);
    }

    #[test]
    fn closing_frees_the_workers() {
        let queue: Arc<Queue<(u32, Arc<AtomicBool>)>> = Arc::new(Queue::new(1, 1));
        let worker = std::thread::spawn({
            let queue = queue.clone();
            move || queue.pop().is_none()
        });
        queue.close();
        assert!(worker.join().unwrap());
        assert!(queue.push(job(0)).is_err());
    }
}
