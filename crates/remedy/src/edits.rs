//! Changes of a text, by the bytes that they replace.

use std::ops::Range;

/// A change of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Edit {
    /// The bytes that go; empty where something is put in.
    pub range: Range<usize>,
    /// What comes in their place.
    pub text: String,
}

impl Edit {
    /// What is put in directly before or behind changed bytes stands there whichever comes first; in the
    /// middle of them it is an overlap.
    fn conflicts_with(&self, other: &Self) -> bool {
        let overlap = self.range.start < other.range.end && other.range.start < self.range.end;
        overlap || self.range == other.range || self.runs_into(other) || other.runs_into(self)
    }

    /// Whether the last line of this text and the first of what the other puts in would become one.
    fn runs_into(&self, other: &Self) -> bool {
        let is_open = !self.text.is_empty() && !self.text.ends_with('\n');
        is_open && other.range.is_empty() && self.range.end == other.range.start
    }
}

/// Changes of one text, in any order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edits(Vec<Edit>);

impl Edits {
    /// A single change.
    #[must_use]
    pub fn one(range: Range<usize>, text: impl Into<String>) -> Self {
        let mut edits = Self::default();
        edits.replace(range, text);
        edits
    }

    /// Replaces bytes. Texts put in at the same place keep the order in which they were added.
    pub fn replace(&mut self, range: Range<usize>, text: impl Into<String>) {
        self.0.push(Edit { range, text: text.into() });
    }

    /// Puts text in.
    pub fn insert(&mut self, at: usize, text: impl Into<String>) {
        self.replace(at..at, text);
    }

    /// Adds the changes of another list.
    pub fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// The same changes of the text with so many bytes before it.
    #[must_use]
    pub fn behind(mut self, bytes: usize) -> Self {
        for Edit { range, .. } in &mut self.0 {
            *range = range.start + bytes..range.end + bytes;
        }
        self
    }

    /// Whether nothing is changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The changes, in the order added.
    pub fn iter(&self) -> impl Iterator<Item = &Edit> {
        self.0.iter()
    }

    /// Whether the two cannot both be made: they change the same bytes, put something in at the same
    /// place, so that the order would matter, or one puts a line in behind one that the other leaves
    /// without its end. Equal changes are no conflict.
    #[must_use]
    pub fn conflicts_with(&self, other: &Self) -> bool {
        self.0.iter().any(|one| other.0.iter().any(|two| one != two && one.conflicts_with(two)))
    }

    /// Adds the changes of another list that are not there yet.
    pub fn unite(&mut self, other: &Self) {
        for edit in &other.0 {
            if !self.0.contains(edit) {
                self.0.push(edit.clone());
            }
        }
    }

    /// The changed text; `None` if changes overlap, or lie outside of the text or inside of a character.
    #[must_use]
    pub fn apply(&self, text: &str) -> Option<String> {
        let mut sorted: Vec<&Edit> = self.0.iter().collect();
        sorted.sort_by_key(|edit| (edit.range.start, edit.range.end));
        let mut new = String::with_capacity(text.len() + 64);
        let mut kept = 0;
        for edit in sorted {
            if edit.range.start > edit.range.end {
                return None;
            }
            // Before `kept`, it overlaps with the one before.
            new.push_str(text.get(kept..edit.range.start)?);
            text.get(edit.range.clone())?;
            new.push_str(&edit.text);
            kept = edit.range.end;
        }
        new.push_str(text.get(kept..)?);
        Some(new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edits(all: &[(usize, usize, &str)]) -> Edits {
        Edits(
            all.iter().map(|(start, end, text)| Edit { range: *start..*end, text: (*text).into() }).collect(),
        )
    }

    #[test]
    fn changes_are_made_in_any_order_and_never_twice() {
        for (all, want) in [
            (&[][..], Some("0123é5")),
            (&[(0, 1, "a")], Some("a123é5")),
            (&[(2, 3, ""), (0, 1, "a")], Some("a13é5")),
            (&[(1, 1, "x"), (1, 1, "y")], Some("0xy123é5")),
            (&[(1, 2, "b"), (1, 1, "x")], Some("0xb23é5")),
            (&[(0, 2, "a"), (2, 4, "b")], Some("abé5")),
            (&[(0, 2, "a"), (1, 3, "b")], None),
            (&[(0, 3, "a"), (1, 1, "b")], None),
            (&[(5, 6, "a")], None),
            (&[(7, 9, "a")], None),
        ] {
            assert_eq!(edits(all).apply("0123é5").as_deref(), want, "{all:?}");
        }
    }

    #[test]
    fn changes_of_the_same_place_conflict() {
        for (one, two, want) in [
            ((0, 2, "a"), (2, 4, "b"), false),
            ((0, 2, "a"), (1, 4, "b"), true),
            ((0, 2, "a"), (0, 2, "b"), true),
            ((0, 2, "a"), (0, 2, "a"), false),
            // What is put in at the same place, before changed bytes, behind them, and in the middle.
            ((2, 2, "a\n"), (2, 2, "b\n"), true),
            ((2, 2, "a\n"), (2, 2, "a\n"), false),
            ((2, 2, "a\n"), (2, 4, "b\n"), false),
            ((4, 4, "a\n"), (2, 4, "b\n"), false),
            ((4, 4, "a\n"), (2, 4, ""), false),
            ((3, 3, "a\n"), (2, 4, "b\n"), true),
            ((2, 2, "a\n"), (3, 4, "b\n"), false),
            // Behind a last line that lost its end it would be one line with that.
            ((4, 4, "a\n"), (2, 4, "b"), true),
        ] {
            let (one, two) = (edits(&[one]), edits(&[two]));
            assert_eq!(one.conflicts_with(&two), want, "{one:?} {two:?}");
            assert_eq!(two.conflicts_with(&one), want, "{two:?} {one:?}");
            if !want {
                let united = |first: &Edits, second: &Edits| {
                    let mut all = first.clone();
                    all.unite(second);
                    all.apply("0\n2\n4\n")
                };
                assert!(united(&one, &two).is_some(), "{one:?} {two:?}");
                assert_eq!(united(&one, &two), united(&two, &one), "{one:?} {two:?}");
            }
        }
    }
}
