//! Fixes for readers that apply them, from the patches of the report.

use super::{
    model::{ArtifactChange, ArtifactLocation, Fix, Free, Region, Replacement},
    place::uri,
};
use data_encoding::BASE64;
use scanlift_report_core::Remediation;
use std::borrow::Cow;

/// The fix that a patch is; `None` if it changes no file that is there, or is no unified diff.
pub(super) fn of_remediation(remediation: &Remediation<'_>) -> Option<Fix> {
    let diff = BASE64.decode(remediation.diff.as_bytes()).ok()?;
    let changes = changes(str::from_utf8(&diff).ok()?);
    let description = Free { text: Cow::Owned(remediation.summary.to_string()) };
    (!changes.is_empty()).then_some(Fix { description, artifact_changes: changes })
}

/// The changes of a unified diff, file by file.
fn changes(diff: &str) -> Vec<ArtifactChange> {
    let mut all: Vec<ArtifactChange> = Vec::new();
    let mut lines = diff.lines().peekable();
    // A new file has no region that could be replaced.
    let mut is_there = false;
    while let Some(line) = lines.next() {
        if let Some(path) = line.strip_prefix("--- ") {
            is_there = path.trim() != "/dev/null";
        } else if let Some(path) = line.strip_prefix("+++ ") {
            let path = path.split('\t').next().unwrap_or(path);
            let path = path.strip_prefix("b/").unwrap_or(path);
            if is_there && path != "/dev/null" {
                let artifact_location = ArtifactLocation { uri: Cow::Owned(uri(path).into_owned()) };
                all.push(ArtifactChange { artifact_location, replacements: Vec::new() });
            } else {
                is_there = false;
            }
        } else if let Some((mut old, mut new)) = line.strip_prefix("@@ -").and_then(lengths) {
            let mut hunk = Hunk { line: old.0, ..Hunk::default() };
            while old.1 > 0 || new.1 > 0 {
                let Some(line) = lines.next() else { return Vec::new() };
                match line.as_bytes().first() {
                    Some(b'-') => hunk.remove(&mut old.1),
                    Some(b'+') => hunk.add(&line[1..], &mut new.1),
                    Some(b'\\') => {}
                    _ => hunk.keep(line.get(1..).unwrap_or_default(), &mut old.1, &mut new.1),
                }
            }
            if let (true, Some(change)) = (is_there, all.last_mut()) {
                change.replacements.extend(hunk.into_replacement());
            }
        }
    }
    all.retain(|change| !change.replacements.is_empty());
    all
}

/// First line and number of lines, old and new, of `@@ -3,4 +3,5 @@`.
fn lengths(header: &str) -> Option<((u64, u64), (u64, u64))> {
    let (old, rest) = header.split_once(" +")?;
    let new = rest.split_once(" @@")?.0;
    let range = |text: &str| -> Option<(u64, u64)> {
        match text.split_once(',') {
            Some((start, length)) => Some((start.parse().ok()?, length.parse().ok()?)),
            None => Some((text.parse().ok()?, 1)),
        }
    };
    // An insertion into nothing names the line before it.
    let (start, length) = range(old)?;
    Some(((if length == 0 { start + 1 } else { start }, length), range(new)?))
}

/// A hunk less the lines around its changes.
#[derive(Debug, Default)]
struct Hunk {
    /// The line of the old file that comes next.
    line: u64,
    /// The first line that is replaced; 0 while nothing is.
    start: u64,
    /// How many lines are replaced.
    removed: u64,
    text: String,
    /// Lines behind a change, which stay unless another change follows.
    kept: Vec<String>,
}

impl Hunk {
    fn begin(&mut self) {
        if self.start == 0 {
            self.start = self.line;
        }
        for line in self.kept.drain(..) {
            self.removed += 1;
            self.text.push_str(&line);
            self.text.push('\n');
        }
    }

    fn remove(&mut self, old: &mut u64) {
        self.begin();
        self.removed += 1;
        self.line += 1;
        *old = old.saturating_sub(1);
    }

    fn add(&mut self, line: &str, new: &mut u64) {
        self.begin();
        self.text.push_str(line);
        self.text.push('\n');
        *new = new.saturating_sub(1);
    }

    fn keep(&mut self, line: &str, old: &mut u64, new: &mut u64) {
        if self.start > 0 {
            self.kept.push(line.to_owned());
        }
        self.line += 1;
        *old = old.saturating_sub(1);
        *new = new.saturating_sub(1);
    }

    /// Whole lines: from the beginning of the first to the beginning of the one behind the last.
    fn into_replacement(self) -> Option<Replacement> {
        (self.start > 0).then(|| Replacement {
            deleted_region: Region {
                start_line: self.start,
                start_column: Some(1),
                end_line: Some(self.start + self.removed),
                end_column: Some(1),
                snippet: None,
            },
            inserted_content: Free { text: Cow::Owned(self.text) },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patches_become_replacements() {
        let diff = "\
diff --git a/src/a.c b/src/a.c
--- a/src/a.c
+++ b/src/a.c
@@ -1,4 +1,4 @@
 one
-two
+zwei
 three
 four
@@ -9,2 +9,3 @@ f()
 nine
+ten
 eleven
--- a/gone
+++ /dev/null
@@ -1 +0,0 @@
-x
--- /dev/null
+++ b/new
@@ -0,0 +1 @@
+x
";
        let changes = changes(diff);
        assert_eq!(changes.len(), 1);
        assert_eq!(changes[0].artifact_location.uri, "src/a.c");
        let got: Vec<_> = changes[0]
            .replacements
            .iter()
            .map(|new| {
                (new.deleted_region.start_line, new.deleted_region.end_line, &*new.inserted_content.text)
            })
            .collect();
        assert_eq!(got, [(2, Some(3), "zwei\n"), (10, Some(10), "ten\n")]);
    }

    #[test]
    fn what_is_no_patch_is_no_fix() {
        for text in ["", "hello", "--- a\n+++ b\n@@ -1,3 +1 @@\n x\n", "@@ -1 +1 @@\n-a\n+b\n"] {
            assert!(changes(text).is_empty(), "{text}");
        }
    }
}
