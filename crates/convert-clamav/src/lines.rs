//! A log, line by line.

use scanlift_convert_api::{ConvertError, Input};
use std::io::{BufRead, BufReader, Read};

/// What is kept of a line: a path and a signature.
const LONGEST: u64 = 64 * 1024;

/// The lines of an input; of one that is longer than 64 KiB only the end is kept.
pub(crate) struct Lines<'i> {
    read: BufReader<Box<dyn Read + 'i>>,
    line: Vec<u8>,
    text: String,
}

impl<'i> Lines<'i> {
    /// Before the first line.
    pub(crate) fn open(input: &'i dyn Input) -> Result<Self, ConvertError> {
        let read = BufReader::new(input.open().map_err(ConvertError::Read)?);
        Ok(Self { read, line: Vec::new(), text: String::new() })
    }

    /// The next line.
    pub(crate) fn next(&mut self) -> Result<Option<&str>, ConvertError> {
        self.line.clear();
        loop {
            // The verdict stands at the end: of a longer line the beginning goes.
            let start = self.line.len();
            let read = (&mut self.read).take(LONGEST).read_until(b'\n', &mut self.line);
            let read = read.map_err(ConvertError::Read)?;
            if read == 0 && start == 0 {
                return Ok(None);
            }
            if read == 0 || self.line.ends_with(b"\n") {
                break;
            }
            self.line.drain(..start);
        }
        self.text = String::from_utf8_lossy(&self.line).into_owned();
        Ok(Some(&self.text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_keep_their_end() {
        let log = format!("first\n{}: X FOUND\nlast", "a".repeat(300_000));
        let text = log.as_str();
        let mut lines = Lines::open(&text).expect("in memory");
        let mut seen = Vec::new();
        while let Some(line) = lines.next().expect("in memory") {
            seen.push((line.len() < 200_000, line.trim_end().chars().rev().take(5).collect::<String>()));
        }
        assert_eq!(seen, [(true, "tsrif".to_owned()), (true, "DNUOF".to_owned()), (true, "tsal".to_owned())]);
    }
}
