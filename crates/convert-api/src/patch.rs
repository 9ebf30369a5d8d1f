//! Patches that tools write into reports: whether a text is one that `git apply` can make sense of, by its files,
//! its hunks, and the number of their lines.

use crate::base64;
use data_encoding::BASE64;
use scanlift_report_core::Text;
use std::{iter::Peekable, str::Lines};

/// A patch in base64, as a report has to have it (schema `remediations[].diff`); borrowed where it is so already.
///
/// # Errors
/// What is wrong with a text that is no patch, or one of files outside of the repository.
pub fn encoded(diff: &str) -> Result<Text<'_>, &'static str> {
    let decoded = base64::decode(diff);
    if files(decoded.as_deref().unwrap_or(diff))?.iter().any(|file| is_outside(file)) {
        return Err("it changes a file outside of the repository");
    }
    Ok(match decoded {
        Some(_) => Text::Borrowed(diff),
        None => Text::Owned(BASE64.encode(diff.as_bytes())),
    })
}

/// The files that a patch changes, by name.
///
/// # Errors
/// Why it is none.
pub fn files(patch: &str) -> Result<Vec<String>, &'static str> {
    let mut lines = patch.lines().peekable();
    let (mut files, mut is_named, mut changes) = (Vec::new(), false, 0_u64);
    while let Some(line) = lines.next() {
        if let Some(file) = line.strip_prefix("+++ ").or_else(|| line.strip_prefix("--- ")) {
            let file = name(file);
            is_named |= file.is_some();
            files.extend(file);
        } else if let Some(both) = line.strip_prefix("diff --git ") {
            files.extend(names(both).into_iter().flatten());
        } else if let Some(head) = line.strip_prefix("@@ -") {
            if !is_named {
                return Err("a hunk stands before the name of its file");
            }
            hunk(head, &mut lines)?;
            changes += 1;
        } else if WITHOUT_HUNKS.iter().any(|head| line.starts_with(head)) {
            changes += 1;
        }
        if let Some(file) = RENAMES.iter().find_map(|head| line.strip_prefix(head)) {
            files.push(file.trim_end().trim_matches('"').to_owned());
        }
    }
    if changes == 0 {
        return Err("it has no hunk (a line that begins with @@)");
    }
    files.sort_unstable();
    files.dedup();
    Ok(files)
}

/// What git says of changes that are none of lines.
const WITHOUT_HUNKS: [&str; 6] =
    ["GIT binary patch", "rename from ", "copy from ", "new file mode ", "deleted file mode ", "old mode "];

/// Where git names files without `a/` and `b/`.
const RENAMES: [&str; 4] = ["rename from ", "rename to ", "copy from ", "copy to "];

/// Both names of git's own header, which stand alone where nothing is changed but a mode.
fn names(both: &str) -> Option<[String; 2]> {
    let (old, new) = both.split_once(" b/").or_else(|| both.split_once(" \"b/"))?;
    Some([name(old)?, new.trim_end().trim_matches('"').to_owned()])
}

/// The file's name, without `a/` or `b/`, a time behind it, and quotes; none for `/dev/null`.
fn name(text: &str) -> Option<String> {
    let text = text.split('\t').next().unwrap_or_default().trim_end().trim_matches('"');
    let text = text.strip_prefix("a/").or_else(|| text.strip_prefix("b/")).unwrap_or(text);
    (text != "/dev/null").then(|| text.to_owned())
}

/// Reads the lines of a hunk, as many as its head says.
fn hunk(head: &str, lines: &mut Peekable<Lines<'_>>) -> Result<(), &'static str> {
    let (old, rest) = head.split_once(" +").ok_or("the head of a hunk is malformed")?;
    let (new, _) = rest.split_once(" @@").ok_or("the head of a hunk is malformed")?;
    let count = |range: &str| {
        let count = range.split_once(',').map_or("1", |(_, count)| count);
        count.parse::<u64>().map_err(|_| "the head of a hunk is malformed")
    };
    let (mut old, mut new) = (count(old)?, count(new)?);
    while old > 0 || new > 0 {
        let line = lines.next().ok_or("a hunk ends before its lines do")?;
        let (less_old, less_new) = match line.as_bytes().first() {
            Some(b' ') | None => (1, 1),
            Some(b'-') => (1, 0),
            Some(b'+') => (0, 1),
            Some(b'\\') => (0, 0),
            Some(_) => return Err("a hunk has a line that begins with none of space, + and -"),
        };
        old = old.checked_sub(less_old).ok_or("a hunk has more lines than its head says")?;
        new = new.checked_sub(less_new).ok_or("a hunk has more lines than its head says")?;
    }
    Ok(())
}

/// Whether a path leaves the repository.
#[must_use]
pub fn is_outside(path: &str) -> bool {
    path.starts_with(['/', '\\'])
        || path.split(['/', '\\']).any(|part| part == "..")
        || path.get(1..3) == Some(":\\")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patches_are_told_from_what_is_none() {
        let whole = "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@ f\n a\n-b\n+c\n\\ No newline at end of file\n";
        assert_eq!(files(whole), Ok(vec!["x".to_owned()]));
        for (patch, want) in [
            ("diff --git a/x b/y\nrename from x\nrename to y\n", ["x", "y"]),
            ("diff --git a/x b/../../y\nrename from x\nrename to ../../y\n", ["../../y", "x"]),
            ("rename from x\nrename to ../y\n", ["../y", "x"]),
            ("diff --git \"a/ä x\" \"b/../y\"\nold mode 100644\nnew mode 100755\n", ["../y", "ä x"]),
        ] {
            assert_eq!(files(patch), Ok(want.map(str::to_owned).to_vec()), "{patch}");
        }
        assert_eq!(files("--- /dev/null\n+++ b/x\n@@ -0,0 +1 @@\n+c"), Ok(vec!["x".to_owned()]));
        for text in [
            "",
            "text",
            "@@ -1 +1 @@\n-a\n+b\n",
            "diff --git a/x b/x\n@@ -1 +1 @@\n-a\n+b\n",
            "--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n a\n-b\n",
            "+++ x\n@@ -1 +1 @@\nx",
        ] {
            assert!(files(text).is_err(), "{text}");
        }
        assert!(is_outside("../x") && is_outside("/etc/passwd") && !is_outside("a..b/c"));
    }

    #[test]
    fn patches_are_encoded_once() {
        let plain = "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n";
        let packed = BASE64.encode(plain.as_bytes());
        assert_eq!(encoded(plain).as_deref(), Ok(&*packed));
        assert_eq!(encoded(&packed).as_deref(), Ok(&*packed));
        for none in ["", "upgrade it", "dXBncmFkZSBpdA==", &plain.replace("b/x", "b/../x")] {
            assert!(encoded(none).is_err(), "{none}");
        }
    }
}
