//! Records that one thread reads and any thread can map.
//!
//! Where a record has to be read in its place (an element of XML below others) but can be mapped without
//! the other ones, [`each_apart`] takes what is read to as many threads as the sink has.
//!
//! ```
//! use scanlift_convert_api::apart::each_apart;
//! use scanlift_convert_api::{Collector, ConvertError, Record, SkipReason};
//!
//! let mut sink = Collector::default();
//! each_apart(
//!     &mut sink,
//!     &|line: &str, sink| {
//!         Record::begin(sink).skip(SkipReason::NotAFinding, "a line", line);
//!         Ok(())
//!     },
//!     |apart| "one\ntwo".lines().try_for_each(|line| apart.put(line, line.len())),
//! )?;
//! assert_eq!(sink.records, 2);
//! # Ok::<(), ConvertError>(())
//! ```

use crate::crew::Crew;
use crate::{ConvertError, Sink};
use std::{fmt, io};

/// How many bytes are a batch: enough to make its hand-over cheap, little enough for the caches.
const BATCH: usize = 256 * 1024;
/// How many records are a batch, however small: what is made of them may be larger than they are.
const RECORDS: usize = 512;

/// What is done with a record.
type Work<'w, T> = dyn Fn(T, &mut dyn Sink) -> Result<(), ConvertError> + Sync + 'w;

/// Takes each record that `walk` puts down to `work`, on as many threads as the sink takes; the sink
/// is told in the order in which they were put down.
///
/// The scan has begun before.
///
/// # Errors
/// When `walk` or `work` fails, and when the sink cannot take what was made: the first of these in the
/// order of the records.
pub fn each_apart<T: Send>(
    sink: &mut dyn Sink,
    work: &Work<'_, T>,
    walk: impl FnOnce(&mut Apart<'_, T>) -> Result<(), ConvertError>,
) -> Result<(), ConvertError> {
    each_apart_by(BATCH, sink, work, walk)
}

fn each_apart_by<T: Send>(
    most: usize,
    sink: &mut dyn Sink,
    work: &Work<'_, T>,
    walk: impl FnOnce(&mut Apart<'_, T>) -> Result<(), ConvertError>,
) -> Result<(), ConvertError> {
    if let Some(shared) = sink.share().filter(|shared| shared.threads() > 1) {
        let each = |batch: Vec<T>, (): &mut (), sink: &mut dyn Sink| {
            batch.into_iter().try_for_each(|record| work(record, sink))
        };
        return Crew::new(&*shared, &each).run(|leader| {
            let mut hand_over = |batch: &mut Vec<T>| {
                let batch = std::mem::replace(batch, Vec::with_capacity(batch.len()));
                if leader.put(batch, Ok(())) { Ok(()) } else { Err(stopped()) }
            };
            let mut apart = Apart { batch: Vec::new(), bytes: 0, most, hand_over: &mut hand_over };
            let walked = walk(&mut apart);
            let rest = apart.batch;
            leader.put(rest, walked);
        });
    }
    let mut at_once = |batch: &mut Vec<T>| batch.drain(..).try_for_each(|record| work(record, sink));
    walk(&mut Apart { batch: Vec::new(), bytes: 0, most: 0, hand_over: &mut at_once })
}

/// What ends the walk when nothing more is delivered; people are told why that is so instead.
fn stopped() -> ConvertError {
    ConvertError::Deliver(io::Error::other("an earlier record could not be delivered"))
}

/// Where records are put down.
pub struct Apart<'p, T> {
    batch: Vec<T>,
    bytes: usize,
    most: usize,
    hand_over: &'p mut dyn FnMut(&mut Vec<T>) -> Result<(), ConvertError>,
}

impl<T> Apart<'_, T> {
    /// Puts down a record that takes about that many bytes.
    ///
    /// # Errors
    /// When there is no use in reading more.
    pub fn put(&mut self, record: T, bytes: usize) -> Result<(), ConvertError> {
        self.batch.push(record);
        self.bytes += bytes;
        if self.bytes < self.most && self.batch.len() < RECORDS {
            return Ok(());
        }
        self.bytes = 0;
        (self.hand_over)(&mut self.batch)
    }
}

impl<T> fmt::Debug for Apart<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Apart").field("held", &self.batch.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_log::Log;
    use crate::{Record, SkipReason};

    /// Puts down numbers; the work fails at one of them, the walk behind another.
    fn run(threads: usize, numbers: u32, bad: u32, cut: u32, full: Option<usize>) -> (Log, String) {
        let mut log = Log { threads, full, ..Log::default() };
        let work = |number: u32, sink: &mut dyn Sink| {
            if number == bad {
                return Err(ConvertError::Read(io::Error::other(number.to_string())));
            }
            Record::begin(sink).skip(SkipReason::NotAFinding, &number.to_string(), "");
            Ok(())
        };
        let ended = each_apart_by(100, &mut log, &work, |apart| {
            for number in 0..numbers {
                if number == cut {
                    return Err(ConvertError::Read(io::ErrorKind::UnexpectedEof.into()));
                }
                apart.put(number, (number % 40) as usize)?;
            }
            Ok(())
        });
        (log, format!("{ended:?}"))
    }

    #[test]
    fn the_sink_is_told_the_same_on_any_number_of_threads() {
        let never = u32::MAX;
        for (numbers, bad, cut) in [
            (0, never, never),
            (3, never, never),
            (5_000, never, never),
            (5_000, 3, never),
            (5_000, 3_000, never),
            (5_000, never, 4_000),
            (5_000, 3_000, 4_000),
            (5_000, 4_000, 3_000),
        ] {
            let (alone, ended) = run(1, numbers, bad, cut, None);
            for threads in [2, 3, 8] {
                let (log, also_ended) = run(threads, numbers, bad, cut, None);
                assert!(log.lines == alone.lines, "{numbers} {bad} {cut}, {threads} threads");
                assert_eq!((log.records, &also_ended), (alone.records, &ended), "{numbers} {bad} {cut}");
            }
        }
    }

    #[test]
    fn a_sink_that_is_full_ends_it() {
        let (log, ended) = run(3, 100_000, u32::MAX, u32::MAX, Some(100));
        assert!(ended.contains("StorageFull"), "{ended}");
        assert!(log.lines.len() < 200, "{}", log.lines.len());
    }
}
