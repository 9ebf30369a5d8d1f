//! The bytes of a region (SARIF 2.1.0 §3.30).

use scanlift_convert_api::Replacement;
use std::ops::Range;

/// Where the lines of a text are. A byte order mark at its beginning is no part of it (§3.30.2).
pub(crate) struct Lines<'t> {
    text: &'t str,
    /// Where each line begins.
    starts: Vec<usize>,
}

impl<'t> Lines<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        let start = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        Self { text, starts: std::iter::once(start).chain(ends).collect() }
    }

    /// The bytes that a replacement takes out; `None` if it lies outside of the text or says nothing.
    pub(crate) fn range(&self, replacement: &Replacement<'_>) -> Option<Range<usize>> {
        let range = if replacement.start_line.is_some() {
            self.by_lines(replacement)?
        } else if let Some(offset) = replacement.char_offset {
            let end = offset.checked_add(replacement.char_length.unwrap_or(0))?;
            self.at_char(offset, replacement.unicode_columns)?
                ..self.at_char(end, replacement.unicode_columns)?
        } else {
            let start = usize::try_from(replacement.byte_offset?).ok()?;
            start..start.checked_add(usize::try_from(replacement.byte_length.unwrap_or(0)).ok()?)?
        };
        self.text.get(range.clone()).map(|_| range)
    }

    /// §3.30.5 to §3.30.8: without an end line it is the start line, without an end column the end of
    /// the line before its line break.
    fn by_lines(&self, replacement: &Replacement<'_>) -> Option<Range<usize>> {
        let unicode = replacement.unicode_columns;
        let start_line = replacement.start_line?;
        let start = self.at(start_line, replacement.start_column.unwrap_or(1), unicode)?;
        let end_line = replacement.end_line.unwrap_or(start_line);
        let end = match replacement.end_column {
            Some(column) => self.at(end_line, column, unicode)?,
            None => self.line(end_line)?.end,
        };
        (start <= end).then_some(start..end)
    }

    /// A line without its line break.
    fn line(&self, number: u64) -> Option<Range<usize>> {
        let index = usize::try_from(number).ok()?.checked_sub(1)?;
        let start = *self.starts.get(index)?;
        let end = self.starts.get(index + 1).map_or(self.text.len(), |next| next - 1);
        let end = if self.text.get(start..end)?.ends_with('\r') { end - 1 } else { end };
        Some(start..end)
    }

    fn at(&self, line: u64, column: u64, unicode: bool) -> Option<usize> {
        let line = self.line(line)?;
        let columns = column.checked_sub(1)?;
        units(self.text.get(line.clone())?, columns, unicode).map(|at| line.start + at)
    }

    fn at_char(&self, offset: u64, unicode: bool) -> Option<usize> {
        let start = *self.starts.first()?;
        units(self.text.get(start..)?, offset, unicode).map(|at| start + at)
    }
}

/// The byte behind so many code points, or UTF-16 code units.
fn units(text: &str, count: u64, unicode: bool) -> Option<usize> {
    let mut left = usize::try_from(count).ok()?;
    if text.is_ascii() {
        return (left <= text.len()).then_some(left);
    }
    for (at, char) in text.char_indices() {
        if left == 0 {
            return Some(at);
        }
        left = left.checked_sub(if unicode { 1 } else { char.len_utf16() })?;
    }
    (left == 0).then_some(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_are_bytes() {
        let text = "\u{feff}ab\r\nc\u{1f600}d\n\nlast";
        let lines = Lines::new(text);
        let cut = |replacement: &Replacement<'_>| lines.range(replacement).map(|range| &text[range]);
        for (place, unicode, want) in [
            ([Some(1), Some(1), None, None], false, Some("ab")),
            ([Some(1), None, None, None], false, Some("ab")),
            ([Some(1), Some(2), Some(1), Some(2)], false, Some("")),
            ([Some(1), Some(1), Some(2), Some(1)], false, Some("ab\r\n")),
            ([Some(2), Some(2), None, Some(4)], false, Some("\u{1f600}")),
            ([Some(2), Some(2), None, Some(3)], true, Some("\u{1f600}")),
            // Half a character.
            ([Some(2), Some(2), None, Some(3)], false, None),
            ([Some(2), Some(2), None, Some(9)], true, None),
            ([Some(3), Some(1), Some(4), Some(1)], true, Some("\n")),
            ([Some(4), Some(1), Some(4), None], true, Some("last")),
            ([Some(5), Some(1), Some(5), Some(1)], true, None),
            ([Some(0), None, None, None], true, None),
            ([Some(1), Some(0), None, None], true, None),
            ([Some(2), None, Some(1), None], true, None),
        ] {
            let mut replacement = Replacement::default();
            [
                replacement.start_line,
                replacement.start_column,
                replacement.end_line,
                replacement.end_column,
            ] = place;
            replacement.unicode_columns = unicode;
            assert_eq!(cut(&replacement), want, "{place:?}");
        }
        for (chars, bytes, unicode, want) in [
            (Some((0, 2)), None, false, Some("ab")),
            (Some((5, 2)), None, false, Some("\u{1f600}")),
            (Some((5, 1)), None, true, Some("\u{1f600}")),
            (Some((0, 99)), None, true, None),
            (None, Some((3, 2)), true, Some("ab")),
            (None, Some((1, 1)), true, None),
            (None, None, true, None),
        ] {
            let mut replacement = Replacement::default();
            (replacement.char_offset, replacement.char_length) = (chars.map(|it| it.0), chars.map(|it| it.1));
            (replacement.byte_offset, replacement.byte_length) = (bytes.map(|it| it.0), bytes.map(|it| it.1));
            replacement.unicode_columns = unicode;
            assert_eq!(cut(&replacement), want, "{chars:?} {bytes:?}");
        }
    }
}
