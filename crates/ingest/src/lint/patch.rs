//! Whether a text is a patch that `git apply` can make sense of: files, hunks, and their lines' number.

use data_encoding::BASE64;
use std::iter::Peekable;
use std::str::Lines;

/// The patch in a base64 text, which may be broken into lines.
pub(crate) fn decode(diff: &str) -> Option<String> {
    let clean: Vec<u8> = diff.bytes().filter(|b| !b.is_ascii_whitespace()).collect();
    let bytes = BASE64.decode(&clean).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// The files that a patch changes; or why it is none.
pub(crate) fn files(patch: &str) -> Result<Vec<String>, &'static str> {
    let mut lines = patch.lines().peekable();
    let (mut files, mut changes) = (Vec::new(), 0_u64);
    while let Some(line) = lines.next() {
        if let Some(file) = line.strip_prefix("+++ ").or_else(|| line.strip_prefix("--- ")) {
            files.extend(name(file));
        } else if let Some(head) = line.strip_prefix("@@ -") {
            if files.is_empty() {
                return Err("a hunk stands before the name of its file");
            }
            hunk(head, &mut lines)?;
            changes += 1;
        } else if WITHOUT_HUNKS.iter().any(|head| line.starts_with(head)) {
            changes += 1;
        }
    }
    if changes == 0 {
        return Err("it has no hunk (a line that begins with @@)");
    }
    files.dedup();
    Ok(files)
}

/// What git says of changes that are none of lines.
const WITHOUT_HUNKS: [&str; 6] =
    ["GIT binary patch", "rename from ", "copy from ", "new file mode ", "deleted file mode ", "old mode "];

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
pub(crate) fn is_outside(path: &str) -> bool {
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
        assert_eq!(files("diff --git a/x b/y\nrename from x\nrename to y\n"), Ok(vec![]));
        assert_eq!(files("--- /dev/null\n+++ b/x\n@@ -0,0 +1 @@\n+c"), Ok(vec!["x".to_owned()]));
        for text in [
            "",
            "text",
            "@@ -1 +1 @@\n-a\n+b\n",
            "--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n a\n-b\n",
            "+++ x\n@@ -1 +1 @@\nx",
        ] {
            assert!(files(text).is_err(), "{text}");
        }
        assert!(is_outside("../x") && is_outside("/etc/passwd") && !is_outside("a..b/c"));
        assert_eq!(decode("Y"), None);
        assert_eq!(decode("Y\nQ==").as_deref(), Some("a"));
    }
}
