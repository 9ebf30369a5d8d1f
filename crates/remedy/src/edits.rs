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

    /// Whether nothing is changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The changes, in the order added.
    pub fn iter(&self) -> impl Iterator<Item = &Edit> {
        self.0.iter()
    }

    /// Whether the two cannot both be made: they change the same bytes, or touch where one of them puts
    /// something in, so that the order would matter. Equal changes are no conflict.
    #[must_use]
    pub fn conflicts_with(&self, other: &Self) -> bool {
        self.0.iter().any(|one| {
            other.0.iter().filter(|two| one != *two).any(|two| {
                let overlap = one.range.start < two.range.end && two.range.start < one.range.end;
                let touch = one.range.start <= two.range.end && two.range.start <= one.range.end;
                overlap || (touch && (one.range.is_empty() || two.range.is_empty()))
            })
        })
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
    fn what_touches_an_insertion_conflicts() {
        for (one, two, want) in [
            ((0, 2, "a"), (2, 4, "b"), false),
            ((0, 2, "a"), (1, 4, "b"), true),
            ((0, 2, "a"), (0, 2, "a"), false),
            ((2, 2, "a"), (2, 2, "b"), true),
            ((2, 2, "a"), (2, 4, "b"), true),
            ((2, 2, "a"), (3, 4, "b"), false),
        ] {
            assert_eq!(edits(&[one]).conflicts_with(&edits(&[two])), want, "{one:?} {two:?}");
            assert_eq!(edits(&[two]).conflicts_with(&edits(&[one])), want, "{two:?} {one:?}");
        }
    }
}
