//! Where in a document the value of a JSON pointer stands, for editors.

use scanlift_convert_api::json::{self, Kind, Reader};
use scanlift_convert_api::{ConvertError, Input};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};

/// A place in a text: line and column from 1, the column in Unicode characters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Spot {
    /// The line.
    pub line: u64,
    /// The column.
    pub column: u64,
    /// The byte, from 0.
    pub offset: u64,
}

/// The pointers that are looked for, step by step.
#[derive(Debug, Default)]
struct Wanted {
    /// The pointers that end here.
    here: Vec<usize>,
    steps: BTreeMap<String, Wanted>,
}

/// Finds where values stand, in two passes over the document. Of what is not there, the nearest value
/// around it is told, so that a missing field points to its object.
///
/// # Errors
/// When the input cannot be read. A document that is cut off gives what stands before the cut.
pub fn locate(input: &dyn Input, pointers: &[&str]) -> Result<Vec<Spot>, ConvertError> {
    let mut wanted = Wanted::default();
    for (number, pointer) in pointers.iter().enumerate() {
        let mut node = &mut wanted;
        for step in pointer.split('/').skip(1) {
            node = node.steps.entry(step.replace("~1", "/").replace("~0", "~")).or_default();
        }
        node.here.push(number);
    }
    let mut offsets = vec![0; pointers.len()];
    let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
    let done = visit(&mut reader, &wanted, &mut offsets);
    if let Err(json::Error { cause: json::Cause::Read(error), .. }) = done {
        return Err(ConvertError::Read(error));
    }
    spots(input, &offsets)
}

fn visit<R: Read>(reader: &mut Reader<R>, wanted: &Wanted, offsets: &mut [u64]) -> Result<(), json::Error> {
    let kind = reader.peek()?;
    wanted.settle(reader.offset(), offsets);
    match kind {
        Kind::Object if !wanted.steps.is_empty() => {
            reader.each_key(|key, reader| match wanted.steps.get(key) {
                Some(next) => visit(reader, next, offsets),
                None => reader.skip(),
            })
        }
        Kind::Array if !wanted.steps.is_empty() => {
            reader.each_item(|index, reader| match wanted.steps.get(&index.to_string()) {
                Some(next) => visit(reader, next, offsets),
                None => reader.skip(),
            })
        }
        _ => reader.skip(),
    }
}

impl Wanted {
    /// Puts everything from here on to this place; what stands deeper overwrites it.
    fn settle(&self, offset: u64, offsets: &mut [u64]) {
        for number in &self.here {
            offsets[*number] = offset;
        }
        self.steps.values().for_each(|next| next.settle(offset, offsets));
    }
}

/// Lines and columns of offsets.
fn spots(input: &dyn Input, offsets: &[u64]) -> Result<Vec<Spot>, ConvertError> {
    let mut order: Vec<usize> = (0..offsets.len()).collect();
    order.sort_by_key(|number| offsets[*number]);
    let mut found = vec![Spot { line: 1, column: 1, offset: 0 }; offsets.len()];
    let mut reader = BufReader::with_capacity(1 << 16, input.open().map_err(ConvertError::Read)?);
    let (mut at, mut line, mut column) = (0_u64, 1_u64, 1_u64);
    let mut next = order.into_iter().peekable();
    while next.peek().is_some() {
        let chunk = reader.fill_buf().map_err(ConvertError::Read)?;
        if chunk.is_empty() {
            break;
        }
        for byte in chunk {
            while let Some(number) = next.next_if(|number| offsets[*number] <= at) {
                found[number] = Spot { line, column, offset: offsets[number] };
            }
            match byte {
                b'\n' => (line, column) = (line + 1, 1),
                // The bytes of a character behind its first one.
                0x80..=0xbf => {}
                _ => column += 1,
            }
            at += 1;
        }
        let length = chunk.len();
        reader.consume(length);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_found_by_their_pointers() {
        let text = "{\n  \"ä\": {\"b/c\": [1,\n 2]},\n  \"x\": 3 }";
        let pointers = ["", "/ä", "/ä/b~1c/1", "/ä/b~1c/7/y", "/x", "/none"];
        let spots = locate(&text, &pointers).expect("a readable input");
        let lines: Vec<_> = spots.iter().map(|spot| (spot.line, spot.column)).collect();
        assert_eq!(lines, [(1, 1), (2, 8), (3, 2), (2, 16), (4, 8), (1, 1)]);
    }
}
