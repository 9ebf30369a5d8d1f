//! Work on several threads, told in the order of the document.
//!
//! The caller's thread leads: it makes batches. They wait in a short queue for the other threads; when
//! it is full, the leader works on a batch itself. Whoever has worked on a batch waits for its turn and
//! delivers it, so that the sink is told the same in the same order, whatever the number of threads.
//! Memory is bounded by the queue.

use crate::{ConvertError, Shared, Sink};
use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, Scope};

/// What is done with a batch `B`; `S` is what a thread keeps from one batch to the next.
pub(crate) type Work<'w, B, S> = dyn Fn(B, &mut S, &mut dyn Sink) -> Result<(), ConvertError> + Sync + 'w;

/// The threads at work on batches.
pub(crate) struct Crew<'c, B, S> {
    shared: &'c dyn Shared,
    work: &'c Work<'c, B, S>,
    queue: Mutex<Queue<B>>,
    /// The queue has a batch more, or is closed.
    queued: Condvar,
    turn: Mutex<Turn>,
    /// It is another batch's turn.
    passed: Condvar,
}

/// A batch with its number, and what stopped the making of batches behind it.
struct Numbered<B> {
    number: u64,
    batch: B,
    behind: Result<(), ConvertError>,
}

/// Batches that nobody works on yet.
struct Queue<B> {
    batches: VecDeque<Numbered<B>>,
    /// No batch comes any more.
    closed: bool,
}

/// Whose turn it is to deliver.
#[derive(Default)]
struct Turn {
    next: u64,
    /// Nothing more is delivered.
    over: bool,
    error: Option<ConvertError>,
}

impl<'c, B: Send, S: Default> Crew<'c, B, S> {
    pub(crate) fn new(shared: &'c dyn Shared, work: &'c Work<'c, B, S>) -> Self {
        Self {
            shared,
            work,
            queue: Mutex::new(Queue { batches: VecDeque::new(), closed: false }),
            queued: Condvar::new(),
            turn: Mutex::default(),
            passed: Condvar::new(),
        }
    }

    /// Works on what `lead` makes.
    ///
    /// # Errors
    /// The first of those of the batches and behind them, in their order.
    pub(crate) fn run(
        self,
        lead: impl for<'s, 'e> FnOnce(&mut Leader<'s, 'e, 'c, B, S>),
    ) -> Result<(), ConvertError> {
        thread::scope(|scope| {
            let mut leader = Leader { crew: &self, scope, desk: Desk::new(&self), number: 0, first: None };
            lead(&mut leader);
            leader.finish();
        });
        match self.turn.into_inner().unwrap_or_else(PoisonError::into_inner).error {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }

    /// Puts a batch into the queue. When the others have enough to do, the oldest one comes back:
    /// its turn is the first.
    fn put(&self, batch: Numbered<B>) -> Option<Numbered<B>> {
        let mut queue = self.queue();
        queue.batches.push_back(batch);
        self.queued.notify_one();
        if queue.batches.len() > 2 * (self.shared.threads() - 1) { queue.batches.pop_front() } else { None }
    }

    /// The oldest batch; waits for one unless none comes any more.
    fn take(&self) -> Option<Numbered<B>> {
        let mut queue = self.queue();
        while queue.batches.is_empty() && !queue.closed {
            queue = self.queued.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
        queue.batches.pop_front()
    }

    fn queue(&self) -> MutexGuard<'_, Queue<B>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn turn(&self) -> MutexGuard<'_, Turn> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where the caller's thread makes batches.
pub(crate) struct Leader<'s, 'e, 'c, B, S> {
    crew: &'e Crew<'c, B, S>,
    scope: &'s Scope<'s, 'e>,
    desk: Desk<'e, 'c, B, S>,
    number: u64,
    /// The first batch, which is not worth a thread if it is the only one.
    first: Option<Numbered<B>>,
}

impl<B: Send, S: Default> Leader<'_, '_, '_, B, S> {
    /// Hands a batch over, with what stopped the making of batches behind it; gives whether there is
    /// any use in making more.
    pub(crate) fn put(&mut self, batch: B, behind: Result<(), ConvertError>) -> bool {
        let batch = Numbered { number: self.number, batch, behind };
        self.number += 1;
        if batch.number == 0 {
            self.first = Some(batch);
            return true;
        }
        if let Some(first) = self.first.take() {
            let crew = self.crew;
            for _ in 1..crew.shared.threads() {
                // Where the system has none left, there are fewer helpers, or none.
                let helper = thread::Builder::new().spawn_scoped(self.scope, move || Desk::new(crew).help());
                if helper.is_err() {
                    break;
                }
            }
            self.hand_over(first);
        }
        self.hand_over(batch);
        !self.crew.turn().over
    }

    /// Works on the batch itself when the others have enough to do.
    fn hand_over(&mut self, batch: Numbered<B>) {
        if let Some(oldest) = self.crew.put(batch) {
            self.desk.work_off(oldest);
        }
    }

    fn finish(&mut self) {
        if let Some(only) = self.first.take() {
            return self.desk.work_off(only);
        }
        self.crew.queue().closed = true;
        self.crew.queued.notify_all();
        self.desk.help();
    }
}

/// Where one of the threads works.
struct Desk<'e, 'c, B, S> {
    crew: &'e Crew<'c, B, S>,
    sink: Box<dyn crate::Batch + 'e>,
    kept: S,
}

impl<'e, 'c, B: Send, S: Default> Desk<'e, 'c, B, S> {
    fn new(crew: &'e Crew<'c, B, S>) -> Self {
        Self { crew, sink: crew.shared.batch(), kept: S::default() }
    }

    /// Works on one batch after the other, until there is none.
    fn help(&mut self) {
        while let Some(batch) = self.crew.take() {
            self.work_off(batch);
        }
    }

    fn work_off(&mut self, batch: Numbered<B>) {
        if self.crew.turn().over {
            return;
        }
        let worked = (self.crew.work)(batch.batch, &mut self.kept, &mut *self.sink);
        let worked = worked.and(batch.behind);
        let mut turn = self.crew.turn();
        while turn.next != batch.number && !turn.over {
            turn = self.crew.passed.wait(turn).unwrap_or_else(PoisonError::into_inner);
        }
        if turn.over {
            return;
        }
        // What stands before an error is told, as on one thread.
        let delivered = self.sink.deliver().map_err(ConvertError::Deliver);
        if let Err(error) = worked.and(delivered) {
            turn.error = Some(error);
            turn.over = true;
        }
        turn.next += 1;
        self.crew.passed.notify_all();
    }
}

impl<B, S> Drop for Desk<'_, '_, B, S> {
    /// Nobody waits for a thread that panicked.
    fn drop(&mut self) {
        if thread::panicking() {
            let crew = self.crew;
            crew.turn.lock().unwrap_or_else(PoisonError::into_inner).over = true;
            crew.passed.notify_all();
            crew.queue.lock().unwrap_or_else(PoisonError::into_inner).closed = true;
            crew.queued.notify_all();
        }
    }
}
