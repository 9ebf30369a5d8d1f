//! Reading a unified diff again, and fitting it to a text.

use crate::{Edits, diff::unquoted};

/// A patch of one or more files.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Patch {
    /// In the order of the diff.
    pub files: Vec<FilePatch>,
}

/// What a patch does to a file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FilePatch {
    /// Relative to the root.
    pub path: String,
    /// Whether it makes the file, takes it away or changes it.
    pub action: Action,
    hunks: Vec<Hunk>,
}

/// What becomes of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Action {
    /// It is changed.
    Change,
    /// It is made.
    Make,
    /// It is taken away.
    Remove,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Hunk {
    /// Number of the first line in the old file, from 0.
    start: usize,
    lines: Vec<Line>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Line {
    sort: Sort,
    /// With its line break, if it has one.
    text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sort {
    Kept,
    Removed,
    Added,
}

/// Why a diff cannot be read. Display reads after "failed to".
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("read the patch at line {line}: {problem}")]
#[non_exhaustive]
pub struct ParseError {
    /// From 1.
    pub line: usize,
    /// What is wrong.
    pub problem: &'static str,
}

/// Why a patch does not apply to a text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Misfit {
    /// What it puts in is there already.
    #[error("it is applied already")]
    Applied,
    /// The lines that it expects are not there.
    #[error("the lines that it changes, around line {0}, are not there")]
    Lines(usize),
    /// Its hunks change the same lines.
    #[error("its parts overlap")]
    Overlap,
}

impl Patch {
    /// Reads a unified diff, with git's headers or without.
    ///
    /// # Errors
    /// If it is none, or does what is not done here: binary files, renames, copies, modes.
    pub fn parse(diff: &str) -> Result<Self, ParseError> {
        let mut files: Vec<FilePatch> = Vec::new();
        let mut lines = diff.split_inclusive('\n').enumerate().peekable();
        let mut old = None;
        while let Some((at, line)) = lines.next() {
            let fail = |problem| Err(ParseError { line: at + 1, problem });
            if let Some(name) = line.strip_prefix("--- ") {
                old = Some(name);
            } else if let (Some(name), Some(before)) = (line.strip_prefix("+++ "), old.take()) {
                let Some(file) = FilePatch::named(before, name) else { return fail("no usable file name") };
                files.push(file);
            } else if line.starts_with("@@ ") {
                let Some(file) = files.last_mut() else { return fail("a hunk without a file") };
                let Some((start, mut old_left, mut new_left)) = hunk_header(line) else {
                    return fail("no header of a hunk");
                };
                let mut hunk = Hunk { start, lines: Vec::new() };
                while old_left > 0 || new_left > 0 {
                    let Some((at, line)) = lines.next() else { return fail("the hunk is cut off") };
                    let fail = |problem| Err(ParseError { line: at + 1, problem });
                    let (sort, text) = match line.as_bytes() {
                        [b' ', ..] => (Sort::Kept, &line[1..]),
                        [b'-', ..] => (Sort::Removed, &line[1..]),
                        [b'+', ..] => (Sort::Added, &line[1..]),
                        // Some editors take the blank off.
                        b"\n" | b"\r\n" => (Sort::Kept, line),
                        _ => return fail("no line of a hunk"),
                    };
                    let counts = (sort != Sort::Added, sort != Sort::Removed);
                    if (counts.0 && old_left == 0) || (counts.1 && new_left == 0) {
                        return fail("more lines than the hunk's header says");
                    }
                    (old_left, new_left) =
                        (old_left - usize::from(counts.0), new_left - usize::from(counts.1));
                    let has_no_end = lines.peek().is_some_and(|(_, next)| next.starts_with('\\'));
                    let text = if has_no_end {
                        lines.next();
                        text.strip_suffix('\n').unwrap_or(text)
                    } else {
                        text
                    };
                    hunk.lines.push(Line { sort, text: text.to_owned() });
                }
                file.hunks.push(hunk);
            } else if ["GIT binary patch", "Binary files "].iter().any(|start| line.starts_with(start)) {
                return fail("it changes a binary file");
            } else if ["rename ", "copy ", "old mode "].iter().any(|start| line.starts_with(start)) {
                return fail("it renames, copies or changes the mode of a file");
            }
        }
        if files.is_empty() || files.iter().any(|file| file.hunks.is_empty()) {
            return Err(ParseError { line: 1, problem: "it holds no change" });
        }
        Ok(Self { files })
    }
}

impl FilePatch {
    fn named(old: &str, new: &str) -> Option<Self> {
        let [old, new] = [old, new].map(|name| {
            let name = name.trim_end_matches(['\r', '\n']);
            // A time may stand behind a tab.
            unquoted(if name.starts_with('"') { name } else { name.split('\t').next().unwrap_or(name) })
        });
        let (old, new) = (old?, new?);
        let (action, name) = match (&*old, &*new) {
            ("/dev/null", "/dev/null") => return None,
            ("/dev/null", new) => (Action::Make, new),
            (old, "/dev/null") => (Action::Remove, old),
            (_, new) => (Action::Change, new),
        };
        let path = |name: &str| name.split_once('/').map(|(_, path)| path.to_owned());
        let same = action != Action::Change || path(&old) == path(&new);
        Some(Self { path: path(name).filter(|path| !path.is_empty() && same)?, action, hunks: Vec::new() })
    }

    /// The changes that this patch makes of a text. As git does, lines that moved are found again, but
    /// all lines that the patch shows must be there.
    ///
    /// # Errors
    /// If it does not fit.
    pub fn edits(&self, text: &str) -> Result<Edits, Misfit> {
        let lines = Lines::new(text);
        match self.fit(&lines, |line| line.sort != Sort::Added) {
            Ok(edits) => Ok(edits),
            Err(_) if self.is_applied(&lines) => Err(Misfit::Applied),
            Err(misfit) => Err(misfit),
        }
    }

    /// Whether what it takes away is gone and what it puts in is there, also where lines around it have
    /// changed since.
    fn is_applied(&self, lines: &Lines<'_>) -> bool {
        self.fit(lines, |line| line.sort != Sort::Removed).is_ok()
            || self.hunks.iter().all(|hunk| {
                let has = |sort: Sort| {
                    let of_sort = hunk.lines.iter().filter(|line| line.sort == sort);
                    of_sort.map(|line| lines.lines.contains(&line.text.as_str())).collect::<Vec<_>>()
                };
                let (removed, added) = (has(Sort::Removed), has(Sort::Added));
                !removed.contains(&true) && !added.is_empty() && !added.contains(&false)
            })
    }

    fn fit(&self, lines: &Lines<'_>, is_shown: fn(&Line) -> bool) -> Result<Edits, Misfit> {
        let mut edits = Edits::default();
        let (mut from, mut moved) = (0, 0_isize);
        for hunk in &self.hunks {
            let shown: Vec<&str> =
                hunk.lines.iter().filter(|line| is_shown(line)).map(|line| line.text.as_str()).collect();
            let expected = hunk.start.saturating_add_signed(moved);
            let place = match (hunk.start == 0, hunk.is_at_end()) {
                // As git has it: what shows no line before or behind it is at that end of the file.
                (true, at_end) => (lines.starts_with(&shown, at_end) && from == 0).then_some(0),
                (false, true) => lines.ends_with(&shown).filter(|at| *at >= from),
                (false, false) => lines.find(&shown, expected, from),
            };
            let at = place.ok_or(Misfit::Lines(hunk.start + 1))?;
            moved = at as isize - hunk.start as isize;
            from = at + shown.len();
            hunk.changes(lines, at, &mut edits);
        }
        Ok(edits)
    }
}

impl Hunk {
    /// Whether no line is shown behind the last change.
    fn is_at_end(&self) -> bool {
        self.lines.last().is_none_or(|line| line.sort != Sort::Kept)
    }

    /// Every run of removed and added lines is a change.
    fn changes(&self, lines: &Lines<'_>, at: usize, edits: &mut Edits) {
        let (mut line, mut removed, mut added) = (at, 0, String::new());
        let end = Line { sort: Sort::Kept, text: String::new() };
        for next in self.lines.iter().chain(std::iter::once(&end)) {
            match next.sort {
                Sort::Removed => removed += 1,
                Sort::Added => added.push_str(&next.text),
                Sort::Kept => {
                    if removed > 0 || !added.is_empty() {
                        edits.replace(
                            lines.start(line)..lines.start(line + removed),
                            std::mem::take(&mut added),
                        );
                    }
                    line += removed + 1;
                    removed = 0;
                }
            }
        }
    }
}

/// The lines of a text, with their line breaks.
struct Lines<'t> {
    lines: Vec<&'t str>,
    starts: Vec<usize>,
}

impl<'t> Lines<'t> {
    fn new(text: &'t str) -> Self {
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        let mut starts = vec![0];
        let mut at = 0;
        for line in &lines {
            at += line.len();
            starts.push(at);
        }
        Self { lines, starts }
    }

    fn start(&self, line: usize) -> usize {
        self.starts.get(line).or(self.starts.last()).copied().unwrap_or_default()
    }

    fn starts_with(&self, shown: &[&str], is_all: bool) -> bool {
        self.lines.starts_with(shown) && (!is_all || self.lines.len() == shown.len())
    }

    fn ends_with(&self, shown: &[&str]) -> Option<usize> {
        self.lines.ends_with(shown).then(|| self.lines.len() - shown.len())
    }

    /// Where the lines stand, nearest to where they are expected, not before `from`.
    fn find(&self, shown: &[&str], expected: usize, from: usize) -> Option<usize> {
        let last = self.lines.len().checked_sub(shown.len())?;
        let fits = |at: &usize| *at >= from && *at <= last && self.lines[*at..*at + shown.len()] == *shown;
        let down = (0..=expected.min(last)).rev();
        let up = expected.saturating_add(1)..=last;
        let (down, up) = (down.clone().find(fits), up.clone().find(fits));
        match (down, up) {
            (Some(down), Some(up)) => Some(if expected - down <= up - expected { down } else { up }),
            (one, other) => one.or(other),
        }
    }
}

/// `@@ -1,3 +1,4 @@`: the first old line from 0, and the numbers of old and new lines.
fn hunk_header(line: &str) -> Option<(usize, usize, usize)> {
    let (old, rest) = line.strip_prefix("@@ -")?.split_once(" +")?;
    let (new, _) = rest.split_once(" @@")?;
    // More lines than that are in no file, and sums of them are numbers still.
    let number = |text: &str| -> Option<usize> { text.parse::<u32>().ok()?.try_into().ok() };
    let range = |text: &str| -> Option<(usize, usize)> {
        match text.split_once(',') {
            Some((start, count)) => Some((number(start)?, number(count)?)),
            None => Some((number(text)?, 1)),
        }
    };
    let ((start, old), (_, new)) = (range(old)?, range(new)?);
    // An empty range names the line before it.
    Some((if old == 0 { start } else { start.checked_sub(1)? }, old, new))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::{self, FileDiff};
    use proptest::prelude::*;

    fn diff(old: &str, new: &str) -> String {
        diff::write([FileDiff { path: "a b.txt", old, new, executable: false }])
    }

    fn apply(diff: &str, text: &str) -> Result<String, Misfit> {
        let patch = Patch::parse(diff).expect("a patch");
        patch.files[0].edits(text)?.apply(text).ok_or(Misfit::Overlap)
    }

    #[test]
    fn a_patch_fits_once() {
        let (old, new) = ("1\n2\n3\n4\n5\n6\n7\n8\n", "1\n2\n3\n4\nfive\n6\n7\n8\n");
        let diff = diff(old, new);
        assert_eq!(apply(&diff, old).as_deref(), Ok(new));
        assert_eq!(apply(&diff, new), Err(Misfit::Applied));
        // The lines moved.
        assert_eq!(apply(&diff, &format!("0\n0\n{old}")), Ok(format!("0\n0\n{new}")));
        // What stands around it changed since.
        assert_eq!(apply(&diff, "1\n2\n3\nfour\nfive\nsix\n"), Err(Misfit::Applied));
        assert_eq!(apply(&diff, "1\n2\n3\n"), Err(Misfit::Lines(2)));
        assert_eq!(apply(&diff, ""), Err(Misfit::Lines(2)));
    }

    #[test]
    fn what_is_not_done_here_is_refused() {
        for (text, problem) in [
            ("", "it holds no change"),
            ("--- a/x\n+++ b/x\n", "it holds no change"),
            ("--- a/x\n+++ b/y\n@@ -1 +1 @@\n-a\n+b\n", "no usable file name"),
            ("--- x\n+++ x\n@@ -1 +1 @@\n-a\n+b\n", "no usable file name"),
            ("@@ -1 +1 @@\n-a\n+b\n", "a hunk without a file"),
            ("--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n", "the hunk is cut off"),
            ("--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n-b\n", "more lines than the hunk's header says"),
            ("--- a/x\n+++ b/x\n@@ -1 +1 @@\n?a\n", "no line of a hunk"),
            ("--- a/x\n+++ b/x\n@@ -x +1 @@\n", "no header of a hunk"),
            ("--- a/x\n+++ b/x\n@@ -18446744073709551615 +1 @@\n-a\n+b\n", "no header of a hunk"),
            ("--- a/x\n+++ b/x\n@@ -9223372036854775809,1 +1 @@\n-a\n+b\n", "no header of a hunk"),
            ("diff --git a/x b/x\nGIT binary patch\n", "it changes a binary file"),
            ("diff --git a/x b/y\nrename from x\n", "it renames, copies or changes the mode of a file"),
        ] {
            assert_eq!(Patch::parse(text).map_err(|error| error.problem), Err(problem), "{text}");
        }
        let made = Patch::parse("--- /dev/null\n+++ b/x/y\n@@ -0,0 +1 @@\n+b\n").expect("a patch");
        assert_eq!((made.files[0].action, &*made.files[0].path), (Action::Make, "x/y"));
        assert_eq!(made.files[0].edits("").ok().and_then(|edits| edits.apply("")).as_deref(), Some("b\n"));
    }

    fn text() -> impl Strategy<Value = String> {
        let line = prop::sample::select(vec!["a", "b", "", "c\r", " d", "\\", "-e", "+f", "é"]);
        (prop::collection::vec(line, 0..30), any::<bool>()).prop_map(|(lines, ends)| {
            let text = lines.join("\n");
            if ends && !text.is_empty() { text + "\n" } else { text }
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_and_applied(old in text(), new in text()) {
            let diff = diff(&old, &new);
            if old != new {
                prop_assert_eq!(apply(&diff, &old), Ok(new));
            }
        }

        #[test]
        fn any_bytes_are_read_without_panic(text in "[-+@ \\\\a0-9,/\n]{0,80}", to in text()) {
            if let Ok(patch) = Patch::parse(&text) {
                for file in patch.files {
                    let _ = file.edits(&to).map(|edits| edits.apply(&to));
                }
            }
        }
    }
}
