//! Unified diffs with git's headers.

use data_encoding::{BASE64, HEXLOWER};
use sha1::{Digest as _, Sha1};
use similar::{TextDiff, udiff::UnifiedHunkHeader};
use std::{borrow::Cow, fmt::Write as _};

/// A file before and after.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileDiff<'t> {
    /// Relative to the root, with `/`.
    pub path: &'t str,
    /// As it is.
    pub old: &'t str,
    /// As it is to be.
    pub new: &'t str,
    /// Whether git calls it executable.
    pub executable: bool,
}

/// How many unchanged lines stand around a change: git's own number.
const CONTEXT: usize = 3;

/// A diff of files, as `git diff --full-index` writes it: the hashes let `git apply --3way` find the
/// files that it was made for. Files that do not change are left out.
#[must_use]
pub fn write<'t>(files: impl IntoIterator<Item = FileDiff<'t>>) -> String {
    let mut diff = String::new();
    for file in files.into_iter().filter(|file| file.old != file.new) {
        write_file(&mut diff, &file);
    }
    diff
}

fn write_file(diff: &mut String, file: &FileDiff<'_>) {
    let [a, b] = ["a/", "b/"].map(|side| quoted(&format!("{side}{}", file.path)).into_owned());
    let mode = if file.executable { "100755" } else { "100644" };
    let _ = writeln!(diff, "diff --git {a} {b}");
    let _ = writeln!(diff, "index {}..{} {mode}", blob(file.old), blob(file.new));
    // Git ends names with a tab if they have a blank, since a time could follow.
    let end = if file.path.contains(' ') && !a.starts_with('"') { "\t" } else { "" };
    let _ = writeln!(diff, "--- {a}{end}\n+++ {b}{end}");

    // A lone carriage return ends no line of git's.
    let [old, new] = [file.old, file.new].map(|text| text.split_inclusive('\n').collect::<Vec<_>>());
    let lines = TextDiff::configure().newline_terminated(true).diff_slices(&old, &new);
    for hunk in lines.grouped_ops(CONTEXT) {
        let _ = writeln!(diff, "{}", UnifiedHunkHeader::new(&hunk));
        for change in hunk.iter().flat_map(|part| lines.iter_changes(part)) {
            let _ = write!(diff, "{}{}", change.tag(), change.value());
            if !change.value().ends_with('\n') {
                diff.push_str("\n\\ No newline at end of file\n");
            }
        }
    }
}

/// The diff of a remediation, as a report holds it; `None` if it is no text in Base64.
#[must_use]
pub fn decode(base64: &str) -> Option<String> {
    let bytes: Vec<u8> = base64.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    String::from_utf8(BASE64.decode(&bytes).ok()?).ok()
}

/// The name of a blob in git's store (`git hash-object`).
fn blob(text: &str) -> String {
    let mut sha1 = Sha1::new();
    sha1.update(format!("blob {}\0", text.len()));
    sha1.update(text);
    HEXLOWER.encode(&sha1.finalize())
}

/// A name as git writes it: in quotes and with escapes if it has characters that would confuse.
pub(crate) fn quoted(name: &str) -> Cow<'_, str> {
    if !name.chars().any(|char| char.is_control() || matches!(char, '"' | '\\')) {
        return Cow::Borrowed(name);
    }
    let mut text = String::from("\"");
    for byte in name.bytes() {
        match byte {
            b'"' | b'\\' => text.extend(['\\', char::from(byte)]),
            b'\n' => text.push_str("\\n"),
            b'\t' => text.push_str("\\t"),
            byte if byte.is_ascii_graphic() || byte == b' ' => text.push(char::from(byte)),
            byte => drop(write!(text, "\\{byte:03o}")),
        }
    }
    text.push('"');
    Cow::Owned(text)
}

/// A name as git wrote it.
pub(crate) fn unquoted(name: &str) -> Option<Cow<'_, str>> {
    let Some(inner) = name.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else {
        return Some(Cow::Borrowed(name));
    };
    let mut bytes = Vec::new();
    let mut rest = inner.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        bytes.push(match rest.next()? {
            b'n' => b'\n',
            b't' => b'\t',
            b'r' => b'\r',
            b'a' => 7,
            b'b' => 8,
            b'f' => 12,
            b'v' => 11,
            digit @ b'0'..=b'3' => {
                let mut value = digit - b'0';
                for _ in 0..2 {
                    let digit = rest.next().filter(|byte| matches!(byte, b'0'..=b'7'))?;
                    value = value * 8 + (digit - b'0');
                }
                value
            }
            b'4'..=b'9' => return None,
            other => other,
        });
    }
    String::from_utf8(bytes).ok().map(Cow::Owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_diff_is_gits() {
        let file = FileDiff { path: "a b.txt", old: "1\n2\n3", new: "1\n2\n4", executable: true };
        assert_eq!(
            write([file]),
            "diff --git a/a b.txt b/a b.txt\n\
             index 802b9be871b4a4a0fdb78d35c88a592bd67fb7ca..f7c6dd0164de7f08eaea2ed37c0a59972c2c7bc6 100755\n\
             --- a/a b.txt\t\n+++ b/a b.txt\t\n@@ -1,3 +1,3 @@\n 1\n 2\n-3\n\\ No newline at end of file\n\
             +4\n\\ No newline at end of file\n"
                .replace("802b9be871b4a4a0fdb78d35c88a592bd67fb7ca", &blob("1\n2\n3"))
                .replace("f7c6dd0164de7f08eaea2ed37c0a59972c2c7bc6", &blob("1\n2\n4"))
        );
        assert_eq!(blob(""), "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391");
        assert_eq!(write([FileDiff { path: "a", old: "1", new: "1", executable: false }]), "");
    }

    #[test]
    fn names_are_quoted_as_git_does() {
        for (name, want) in [
            ("plain", "plain"),
            ("größen liste.py", "größen liste.py"),
            ("a\"b", "\"a\\\"b\""),
            ("a\tb\\", "\"a\\tb\\\\\""),
            ("ä\n", "\"\\303\\244\\n\""),
        ] {
            assert_eq!(quoted(name), want);
            assert_eq!(unquoted(want).as_deref(), Some(name));
        }
        assert_eq!(unquoted("\"\\40\""), None);
    }
}
