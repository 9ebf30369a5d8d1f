//! The items of a list, read by several threads, told in the order of the document.
//!
//! The caller's thread frames: it finds where items end and copies a batch of them out of the window,
//! for the threads of a [`Crew`].

use super::error::{Cause, Error, Step};
use super::item::Place;
use super::{Item, Kind, Raw, Reader, Repair};
use crate::crew::{Crew, Leader};
use crate::{ConvertError, Sink};
use std::cell::Cell;
use std::io::Read;
use std::ops::Range;

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
            let path = list.path.clone();
            let each = |framed: Framed, repair: &mut Repair, sink: &mut dyn Sink| {
                framed.work_off(&path, repair, sink, work)
            };
            return Crew::new(&*shared, &each).run(|leader| list.lead(first, leader));
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

    /// Frames one batch after the other; that one is the first.
    fn lead(&mut self, first: Framed, leader: &mut Leader<'_, '_, '_, Framed, Repair>) {
        let mut go_on = leader.put(first, Ok(()));
        while go_on {
            let mut framed = Framed::default();
            let framing = self.frame(&mut framed);
            let is_last = framing.is_err() || self.ended;
            go_on = leader.put(framed, framing.map_err(ConvertError::from)) && !is_last;
        }
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
