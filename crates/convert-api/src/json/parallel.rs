//! The items of a list, read by several threads, told in the order of the document.
//!
//! The caller's thread frames: it finds where items end and copies a batch of them out of the window.
//! Batches wait in a short queue for the other threads; when it is full, the caller works on a batch
//! itself. Whoever has worked on a batch waits for its turn and delivers it, so that the sink is told
//! the same in the same order, whatever the number of threads. Memory is bounded by the queue.

use super::error::{Cause, Error, Step};
use super::item::Place;
use super::{Item, Kind, Raw, Reader, Repair};
use crate::{ConvertError, Shared, Sink};
use std::cell::Cell;
use std::collections::VecDeque;
use std::io::Read;
use std::ops::Range;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

/// How much text is a batch: enough to make its hand-over cheap, little enough for the caches.
const BATCH: usize = 256 * 1024;

/// How many items are a batch, however short: what is made of them may be larger than they are.
const ITEMS: usize = 512;

/// What is done with an item.
type Work<'w> = dyn Fn(&mut Item<'_>, &mut Repair, &mut dyn Sink) -> Result<(), ConvertError> + Sync + 'w;

/// Gives every item of the list at the cursor to `work`, on as many threads as the sink takes.
///
/// An item is read without the others: `work` may be at several of them at a time.
///
/// # Errors
/// When the document is malformed or cut off, when `work` fails, and when the sink cannot take what was
/// made: the first of these in the order of the document.
pub fn each_record<R: Read>(
    reader: &mut Reader<R>,
    sink: &mut dyn Sink,
    work: &Work<'_>,
) -> Result<(), ConvertError> {
    each_record_by(BATCH, reader, sink, work)
}

pub(super) fn each_record_by<R: Read>(
    batch: usize,
    reader: &mut Reader<R>,
    sink: &mut dyn Sink,
    work: &Work<'_>,
) -> Result<(), ConvertError> {
    let mut list = List::enter(reader, batch)?;
    let mut first = Framed::default();
    let mut framing = Ok(());
    if let Some(shared) = sink.share().filter(|shared| shared.threads() > 1) {
        framing = list.frame(&mut first);
        // What fits one batch is not worth a thread.
        if framing.is_ok() && !list.ended {
            return Crew::new(&*shared, work).run(list, first);
        }
    }
    let mut repair = Repair::default();
    first.work_off(&list.path, &mut repair, sink, work)?;
    framing?;
    list.work_off(&mut repair, sink, work)
}

/// The list that is being framed.
struct List<'r, R> {
    reader: &'r mut Reader<R>,
    path: String,
    batch: usize,
    /// Of the next item.
    index: u64,
    ended: bool,
}

impl<'r, R: Read> List<'r, R> {
    fn enter(reader: &'r mut Reader<R>, batch: usize) -> Result<Self, Error> {
        let path = reader.path();
        reader.enter(Kind::Array, Step::Index(0))?;
        Ok(Self { reader, path, batch, index: 0, ended: false })
    }

    /// Moves to the next item, and says what it is.
    fn next(&mut self) -> Result<Option<(u64, Kind)>, Error> {
        if self.ended || !self.reader.next_item(self.index)? {
            self.ended = true;
            return Ok(None);
        }
        let index = self.index;
        self.index += 1;
        Ok(Some((index, self.reader.peek()?)))
    }

    /// Copies the next items out of the window; those before an error are in the batch.
    fn frame(&mut self, framed: &mut Framed) -> Result<(), Error> {
        while framed.text.len() < self.batch && framed.items.len() < ITEMS {
            let Some((index, kind)) = self.next()? else { break };
            let text = match taken(self.reader)? {
                Ok(raw) => {
                    let start = framed.text.len();
                    framed.text.extend_from_slice(raw.text);
                    Ok((start..framed.text.len(), raw.offset))
                }
                Err(error) => Err(error),
            };
            framed.items.push(FramedItem { index, kind, text });
        }
        Ok(())
    }

    /// Works on the rest of the list in place.
    fn work_off(
        &mut self,
        repair: &mut Repair,
        sink: &mut dyn Sink,
        work: &Work<'_>,
    ) -> Result<(), ConvertError> {
        while let Some((index, kind)) = self.next()? {
            let text = taken(self.reader)?.map_err(|error| Cell::new(Some(error)));
            let mut item = Item { kind, place: Place::List(&self.path, index), text };
            work(&mut item, repair, sink)?;
        }
        Ok(())
    }
}

/// The text of the value at the cursor, or why it is passed over: it is too large to be held.
fn taken<R: Read>(reader: &mut Reader<R>) -> Result<Result<Raw<'_>, Error>, Error> {
    match reader.take() {
        Ok(taken) => Ok(Ok(reader.raw(taken))),
        Err(error) if matches!(error.cause, Cause::Size(_)) => {
            reader.skip()?;
            Ok(Err(error))
        }
        Err(error) => Err(error),
    }
}

/// Items that were copied out of the window.
#[derive(Default)]
struct Framed {
    text: Vec<u8>,
    items: Vec<FramedItem>,
}

struct FramedItem {
    index: u64,
    kind: Kind,
    /// Where it is in the text, and where in the document.
    text: Result<(Range<usize>, u64), Error>,
}

impl Framed {
    fn work_off(
        self,
        list: &str,
        repair: &mut Repair,
        sink: &mut dyn Sink,
        work: &Work<'_>,
    ) -> Result<(), ConvertError> {
        for item in self.items {
            let text = item.text.map(|(range, offset)| Raw { text: &self.text[range], offset });
            let text = text.map_err(|error| Cell::new(Some(error)));
            let place = Place::List(list, item.index);
            work(&mut Item { kind: item.kind, place, text }, repair, sink)?;
        }
        Ok(())
    }
}

/// A batch with its number, and what stopped framing behind it.
struct Numbered {
    number: u64,
    framed: Framed,
    framing: Result<(), Error>,
}

/// The threads at work on a list.
struct Crew<'c> {
    shared: &'c dyn Shared,
    work: &'c Work<'c>,
    queue: Mutex<Queue>,
    /// The queue has a batch more, or is closed.
    queued: Condvar,
    turn: Mutex<Turn>,
    /// It is another batch's turn.
    passed: Condvar,
}

/// Batches that nobody works on yet.
#[derive(Default)]
struct Queue {
    batches: VecDeque<Numbered>,
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

impl<'c> Crew<'c> {
    fn new(shared: &'c dyn Shared, work: &'c Work<'c>) -> Self {
        Self {
            shared,
            work,
            queue: Mutex::default(),
            queued: Condvar::new(),
            turn: Mutex::default(),
            passed: Condvar::new(),
        }
    }

    fn run<R: Read>(self, mut list: List<'_, R>, first: Framed) -> Result<(), ConvertError> {
        let path = list.path.clone();
        thread::scope(|scope| {
            for _ in 1..self.shared.threads() {
                scope.spawn(|| Desk::new(&self).help(&path));
            }
            self.lead(&mut list, &path, first);
        });
        match self.turn.into_inner().unwrap_or_else(PoisonError::into_inner).error {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }

    /// Frames, and works when the others have enough to do.
    fn lead<R: Read>(&self, list: &mut List<'_, R>, path: &str, first: Framed) {
        let mut desk = Desk::new(self);
        let mut batch = Numbered { number: 0, framed: first, framing: Ok(()) };
        loop {
            let number = batch.number + 1;
            let is_last = batch.framing.is_err() || list.ended;
            if let Some(oldest) = self.put(batch) {
                desk.work_off(path, oldest);
            }
            if is_last || self.turn().over {
                break;
            }
            let mut framed = Framed::default();
            let framing = list.frame(&mut framed);
            batch = Numbered { number, framed, framing };
        }
        self.queue().closed = true;
        self.queued.notify_all();
        desk.help(path);
    }

    /// Puts a batch into the queue. When the others have enough to do, the oldest one comes back:
    /// its turn is the first.
    fn put(&self, batch: Numbered) -> Option<Numbered> {
        let mut queue = self.queue();
        queue.batches.push_back(batch);
        self.queued.notify_one();
        if queue.batches.len() > 2 * (self.shared.threads() - 1) { queue.batches.pop_front() } else { None }
    }

    /// The oldest batch; waits for one unless none comes any more.
    fn take(&self) -> Option<Numbered> {
        let mut queue = self.queue();
        while queue.batches.is_empty() && !queue.closed {
            queue = self.queued.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
        queue.batches.pop_front()
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn turn(&self) -> MutexGuard<'_, Turn> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where one of the threads works.
struct Desk<'d> {
    crew: &'d Crew<'d>,
    sink: Box<dyn crate::Batch + 'd>,
    repair: Repair,
}

impl<'d> Desk<'d> {
    fn new(crew: &'d Crew<'d>) -> Self {
        Self { crew, sink: crew.shared.batch(), repair: Repair::default() }
    }

    /// Works on one batch after the other, until there is none.
    fn help(&mut self, path: &str) {
        while let Some(batch) = self.crew.take() {
            self.work_off(path, batch);
        }
    }

    fn work_off(&mut self, path: &str, batch: Numbered) {
        if self.crew.turn().over {
            return;
        }
        let worked = batch.framed.work_off(path, &mut self.repair, &mut *self.sink, self.crew.work);
        let worked = worked.and(batch.framing.map_err(ConvertError::from));
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

impl Drop for Desk<'_> {
    /// Nobody waits for a thread that panicked.
    fn drop(&mut self) {
        if thread::panicking() {
            self.crew.turn().over = true;
            self.crew.passed.notify_all();
            self.crew.queue().closed = true;
            self.crew.queued.notify_all();
        }
    }
}
