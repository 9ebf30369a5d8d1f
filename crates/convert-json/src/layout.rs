//! Documents of records that may be wrapped or not.

#![allow(dead_code, reason = "which formats use it depends on the features")]

use scanlift_convert_api::json::{Kind, Reader, Records};
use scanlift_convert_api::{ConvertError, Input, ScanInfo, Sink};
use std::collections::BTreeSet;
use std::io::Read;

/// Where the records of an input stand: one or several documents, each of which is a list of
/// records (or of such lists: pages of an API) or null, an object with lists of them, or a record
/// itself.
#[derive(Debug)]
pub(crate) struct Layout {
    /// The keys of the lists.
    lists: &'static [&'static str],
    /// The numbers of the documents that have one.
    wrapped: BTreeSet<u64>,
    /// Whether there is a list or null, or an object with one of the marks of a record.
    pub(crate) is_known: bool,
    /// Whether there is nothing: no document at all.
    pub(crate) is_empty: bool,
}

impl Layout {
    /// Reads the input once, which also finds out where it is cut off. `marks` are keys that records
    /// have.
    pub(crate) fn read(
        input: &dyn Input,
        lists: &'static [&'static str],
        marks: &[&str],
    ) -> Result<Self, ConvertError> {
        let mut layout = Self { lists, wrapped: BTreeSet::new(), is_known: false, is_empty: false };
        let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
        let mut number = 0;
        while reader.next_document()? {
            match reader.peek()? {
                Kind::Array => {
                    let mut empty = true;
                    let mut known = false;
                    each_of_pages(&mut reader, &mut |reader| {
                        empty = false;
                        if reader.peek()? == Kind::Object && !known {
                            reader.each_key(|key, _| {
                                known |= marks.contains(&key);
                                Ok::<_, ConvertError>(())
                            })?;
                        }
                        Ok::<_, ConvertError>(())
                    })?;
                    layout.is_known |= known || empty;
                }
                Kind::Object => reader.each_key(|key, _| {
                    if lists.contains(&key) {
                        layout.wrapped.insert(number);
                    }
                    layout.is_known |= lists.contains(&key) || marks.contains(&key);
                    Ok::<_, ConvertError>(())
                })?,
                // What Go writes of a list that nothing was added to.
                Kind::Null => layout.is_known = true,
                _ => {}
            }
            number += 1;
        }
        layout.is_empty = number == 0;
        Ok(layout)
    }

    /// The layout if there are records or lists of them; else what is expected, and what helps.
    pub(crate) fn known(self, expected: &'static str, help: &'static str) -> Result<Self, ConvertError> {
        if self.is_known { Ok(self) } else { Err(ConvertError::Unrecognised { expected, help }) }
    }

    /// The same of a format with a line for each record: of none it writes nothing.
    pub(crate) fn known_or_empty(
        self,
        expected: &'static str,
        help: &'static str,
    ) -> Result<Self, ConvertError> {
        Self { is_known: self.is_known || self.is_empty, ..self }.known(expected, help)
    }

    /// Begins a scan, and visits its records.
    pub(crate) fn convert(
        &self,
        input: &dyn Input,
        scan: ScanInfo<'_>,
        sink: &mut dyn Sink,
        mut visit: impl FnMut(&mut Records<'_>, &mut Reader<Box<dyn Read + '_>>) -> Result<(), ConvertError>,
    ) -> Result<(), ConvertError> {
        sink.begin_scan(scan).map_err(ConvertError::Deliver)?;
        let mut records = Records::new(sink);
        self.each(input, |reader| visit(&mut records, reader))
    }

    /// Visits the records.
    pub(crate) fn each(
        &self,
        input: &dyn Input,
        mut visit: impl FnMut(&mut Reader<Box<dyn Read + '_>>) -> Result<(), ConvertError>,
    ) -> Result<(), ConvertError> {
        let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
        let mut number = 0;
        while reader.next_document()? {
            match reader.peek()? {
                Kind::Array => each_of_pages(&mut reader, &mut visit)?,
                Kind::Object if self.wrapped.contains(&number) => reader.each_key(|key, reader| {
                    match reader.peek()? {
                        Kind::Array if self.lists.contains(&key) => {
                            reader.each_item(|_, reader| visit(reader))
                        }
                        // A single record that was not put into a list.
                        Kind::Object if self.lists.contains(&key) => visit(reader),
                        _ => Ok(()),
                    }
                })?,
                Kind::Null => {}
                _ => visit(&mut reader)?,
            }
            number += 1;
        }
        Ok(())
    }
}

/// Visits the items of a list, and those of lists in it.
fn each_of_pages<R: Read>(
    reader: &mut Reader<R>,
    visit: &mut impl FnMut(&mut Reader<R>) -> Result<(), ConvertError>,
) -> Result<(), ConvertError> {
    reader.each_item(|_, reader| match reader.peek()? {
        Kind::Array => reader.each_item(|_, reader| visit(reader)),
        _ => visit(reader),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(document: &str) -> (bool, Vec<String>) {
        let layout = Layout::read(&document, &["findings"], &["id"]).expect("well formed");
        let mut seen = Vec::new();
        layout
            .each(&document, |reader| {
                seen.push(String::from_utf8_lossy(reader.value()?.text).into_owned());
                Ok(())
            })
            .expect("well formed");
        (layout.is_known, seen)
    }

    #[test]
    fn records_are_found_in_every_layout() {
        let one = || vec!["{\"id\":1}".to_owned()];
        for (document, known, want) in [
            ("{\"findings\":[{\"id\":1}],\"nextToken\":\"x\"}", true, one()),
            ("{\"findings\":{\"id\":1}}", true, one()),
            ("[{\"id\":1}]", true, one()),
            ("[[{\"id\":1}],[]]", true, one()),
            ("{\"id\":1}", true, one()),
            ("{\"findings\":[]}\n{\"id\":1}\n", true, one()),
            ("{\"findings\":null}", true, vec![]),
            ("[]", true, vec![]),
            ("null\n", true, vec![]),
            ("[7]", false, vec!["7".to_owned()]),
            ("", false, vec![]),
        ] {
            assert_eq!(numbers(document), (known, want), "{document}");
        }
        for (document, empty) in [("", true), (" \n", true), ("[]", false), ("{}\n", false)] {
            let layout = Layout::read(&document, &[], &[]).expect("well formed");
            assert_eq!(layout.is_empty, empty, "{document}");
        }
    }
}
