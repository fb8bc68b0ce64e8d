//! A bounded queue between callers who wait and workers who recognise. It knows how long the work takes, so that it
//! refuses at once what would be late, and can say when to come back; it refuses to know what the work is.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Service time assumed before anything was measured.
const FIRST_GUESS: Duration = Duration::from_millis(300);

/// Weight of the newest measurement in the running mean.
const NEWEST: f64 = 0.2;

/// Something that may no longer be worth doing.
pub trait Job {
    fn abandoned(&self) -> bool;
    /// After this its answer is of no use.
    fn deadline(&self) -> Instant;
    /// Set for a job that may be broken off when others need its worker.
    fn gives_way(&self) -> Option<Arc<AtomicBool>> {
        None
    }
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
    /// Running jobs that may be broken off, oldest first.
    yielding: Vec<Arc<AtomicBool>>,
    service: Duration,
    closed: bool,
}

impl<J: Job> Queue<J> {
    pub fn new(workers: usize, room: usize) -> Self {
        let inner =
            Inner { waiting: VecDeque::new(), running: 0, yielding: Vec::new(), service: FIRST_GUESS, closed: false };
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
        let service = inner.service;
        let turns = |jobs: usize| service.mul_f64(jobs as f64 / self.workers as f64);
        // One more than the workers can take at once waits for those before it.
        let ahead = (inner.waiting.len() + 1).saturating_sub(idle + inner.yielding.len());
        let late = Instant::now() + turns(ahead) + service > job.deadline();
        if inner.closed || inner.waiting.len() >= self.room + idle || ahead > 0 && late {
            return Err(turns(ahead.max(1)));
        }
        inner.waiting.push_back(job);
        if inner.waiting.len() > idle
            && let Some(flag) = (!inner.yielding.is_empty()).then(|| inner.yielding.remove(0))
        {
            flag.store(true, Ordering::Relaxed);
        }
        drop(inner);
        self.arrived.notify_one();
        Ok(())
    }

    /// Takes a job that may be broken off, but only when a worker has nothing else to do.
    pub fn offer(&self, job: J) -> bool {
        let mut inner = self.lock();
        if inner.closed || inner.running + inner.waiting.len() >= self.workers {
            return false;
        }
        inner.waiting.push_back(job);
        drop(inner);
        self.arrived.notify_one();
        true
    }

    /// Waits for a job that somebody still wants; none when the queue was closed. Each must be followed by
    /// [`done`](Self::done).
    pub fn pop(&self) -> Option<J> {
        let mut inner = self.lock();
        loop {
            while let Some(job) = inner.waiting.pop_front() {
                if !job.abandoned() {
                    inner.running += 1;
                    inner.yielding.extend(job.gives_way());
                    return Some(job);
                }
            }
            if inner.closed {
                return None;
            }
            inner = self.arrived.wait(inner).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// A popped job is finished; `took` is counted when it ran to its end. `flag` is what it gives way by.
    pub fn done(&self, took: Option<Duration>, flag: Option<&Arc<AtomicBool>>) {
        let mut inner = self.lock();
        inner.running = inner.running.saturating_sub(1);
        if let Some(flag) = flag {
            inner.yielding.retain(|f| !Arc::ptr_eq(f, flag));
        }
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
    use super::*;

    #[derive(Clone)]
    struct Call {
        n: u32,
        gone: Arc<AtomicBool>,
        deadline: Instant,
        way: Option<Arc<AtomicBool>>,
    }

    impl Job for Call {
        fn abandoned(&self) -> bool {
            self.gone.load(Ordering::Relaxed)
        }

        fn deadline(&self) -> Instant {
            self.deadline
        }

        fn gives_way(&self) -> Option<Arc<AtomicBool>> {
            self.way.clone()
        }
    }

    fn job(n: u32) -> Call {
        Call { n, gone: Arc::default(), deadline: Instant::now() + Duration::from_secs(60), way: None }
    }

    #[test]
    fn room_is_bounded_and_the_wait_is_told_from_what_was_measured() {
        let queue = Queue::new(2, 1);
        for n in 0..3 {
            assert!(queue.push(job(n)).is_ok(), "two workers and one place: job {n}");
        }
        assert!(queue.push(job(3)).is_err());
        assert_eq!(queue.pop().map(|j| j.n), Some(0));
        assert_eq!(queue.pop().map(|j| j.n), Some(1));
        for _ in 0..50 {
            queue.done(Some(Duration::from_secs(4)), None);
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
        gone.gone.store(true, Ordering::Relaxed);
        assert!(queue.push(job(2)).is_ok());
        assert_eq!([queue.pop().map(|j| j.n), queue.pop().map(|j| j.n)], [Some(0), Some(2)]);
    }

    #[test]
    fn what_would_be_late_is_refused_at_once() {
        let queue = Queue::new(1, 10);
        queue.push(job(0)).unwrap();
        assert_eq!(queue.pop().map(|j| j.n), Some(0));
        // A first guess of 300 ms for the one that runs, and as much for this one itself.
        let until = |ms| Call { deadline: Instant::now() + Duration::from_millis(ms), ..job(1) };
        let wait = queue.push(until(500)).unwrap_err();
        assert!((0.2..0.4).contains(&wait.as_secs_f32()), "{wait:?}");
        queue.push(until(700)).unwrap();
        assert!(queue.push(until(700)).is_err(), "two stand before it now");
        // An idle worker is worth a try, however little time is left.
        queue.done(None, None);
        assert_eq!(queue.pop().map(|j| j.n), Some(1));
        queue.done(None, None);
        queue.push(until(100)).unwrap();
    }

    #[test]
    fn a_glimpse_takes_only_idle_workers_and_gives_way() {
        let glimpse = |n| Call { way: Some(Arc::default()), ..job(n) };
        let queue = Queue::new(2, 4);
        let (first, second) = (glimpse(1), glimpse(2));
        assert!(queue.offer(first.clone()) && queue.offer(second.clone()));
        assert!(!queue.offer(glimpse(3)), "no worker is idle");
        assert_eq!([queue.pop().map(|j| j.n), queue.pop().map(|j| j.n)], [Some(1), Some(2)]);
        let told = |j: &Call| j.way.as_ref().unwrap().load(Ordering::Relaxed);
        queue.push(job(4)).unwrap();
        assert!(told(&first) && !told(&second), "the oldest goes first, and only one");
        queue.done(None, first.way.as_ref());
        assert_eq!(queue.pop().map(|j| j.n), Some(4));
        queue.done(Some(Duration::from_millis(10)), None);
        queue.push(job(5)).unwrap();
        assert!(!told(&second), "a worker is idle");
    }

    #[test]
    fn closing_frees_the_workers() {
        let queue: Arc<Queue<Call>> = Arc::new(Queue::new(1, 1));
        let worker = std::thread::spawn({
            let queue = queue.clone();
            move || queue.pop().is_none()
        });
        queue.close();
        assert!(worker.join().unwrap());
        assert!(queue.push(job(0)).is_err());
    }
}
