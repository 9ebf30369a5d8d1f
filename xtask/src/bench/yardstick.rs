//! The yardsticks: the least that a program can do with the same bytes on the same machine.
//!
//! JSON: serde_json reads past bytes that lie in memory, and keeps nothing.
//! XML: quick-xml hands out the events of the file from a buffered reader, and nobody looks at them.

use super::{ROUNDS, generate::Format, measure};
use crate::files::failed;
use quick_xml::{Reader, events::Event};
use serde::de::IgnoredAny;
use std::{
    fs::{self, File},
    hint::black_box,
    io::BufReader,
    path::Path,
    time::{Duration, Instant},
};

/// As much as scanlift asks of a file at a time.
const WINDOW: usize = 64 * 1024;

impl Format {
    /// How many times slower than its yardstick a file may be converted, on one thread.
    pub(super) const fn most_ratio(self) -> f64 {
        if self.is_xml() { 2.5 } else { 3.5 }
    }

    /// The processor time that the yardstick takes for that file, the least of several runs.
    pub(super) fn yardstick(self, file: &Path) -> Result<Duration, String> {
        if self.is_xml() {
            return least(|| events(file));
        }
        let bytes = fs::read(file).map_err(failed("read", file))?;
        least(|| skim(&bytes))
    }
}

fn least(mut run: impl FnMut() -> Result<(), String>) -> Result<Duration, String> {
    let mut least = Duration::MAX;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        let before = measure::own_time(start);
        run()?;
        least = least.min(measure::own_time(start).saturating_sub(before));
    }
    Ok(least)
}

fn skim(bytes: &[u8]) -> Result<(), String> {
    let read: Result<IgnoredAny, _> = serde_json::from_slice(bytes);
    black_box(read.map_err(|e| format!("the generated document is no JSON: {e}"))?);
    Ok(())
}

fn events(file: &Path) -> Result<(), String> {
    let open = File::open(file).map_err(failed("open", file))?;
    let mut reader = Reader::from_reader(BufReader::with_capacity(WINDOW, open));
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        match reader.read_event_into(&mut buffer) {
            Ok(Event::Eof) => return Ok(()),
            Ok(event) => {
                black_box(event);
            }
            Err(e) => return Err(format!("the generated document is no XML: {e}")),
        }
    }
}
