//! Reads the scanned tree, and nothing outside of it.

use crate::{Reason, Refusal};
use std::{
    collections::HashMap,
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

/// Larger files are not edited.
const MAX_FILE: u64 = 4 * 1024 * 1024;

/// How much text is held, so that a file with many findings is read once.
const MAX_HELD: usize = 16 * 1024 * 1024;

/// The files below the repository root. No link is followed, no submodule entered, and what git keeps
/// for itself is left alone.
#[derive(Debug)]
pub struct Tree {
    root: PathBuf,
    held: HashMap<String, Result<Arc<Source>, Refusal>>,
    held_bytes: usize,
}

/// A text file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Source {
    /// Its text.
    pub text: String,
    /// Whether git would call it executable.
    pub executable: bool,
}

impl Tree {
    /// The files below a directory.
    #[must_use]
    pub fn new(root: PathBuf) -> Self {
        Self { root, held: HashMap::new(), held_bytes: 0 }
    }

    /// Where a file is; the path is relative to the root, with `/`.
    ///
    /// # Errors
    /// If it is not there, or must not be edited: see [`Reason::NoFile`] and [`Reason::NotEditable`].
    pub fn locate(&self, path: &str) -> Result<PathBuf, Refusal> {
        let refuse = |reason, why: &str| Err(Refusal::new(reason, format!("{path}: {why}")));
        let is_plain =
            |part: &str| !matches!(part, "" | "." | "..") && !part.contains(['\\', '\0']) && is_one(part);
        if !path.split('/').all(is_plain) {
            return refuse(Reason::NotEditable, "the path does not stay below the root");
        }
        if path.split('/').any(|part| part.eq_ignore_ascii_case(".git")) {
            return refuse(Reason::NotEditable, "it belongs to git");
        }
        let mut full = self.root.clone();
        let mut parts = path.split('/').peekable();
        while let Some(part) = parts.next() {
            full.push(part);
            let Ok(metadata) = fs::symlink_metadata(&full) else {
                return refuse(Reason::NoFile, "there is no such file below the root");
            };
            if metadata.is_symlink() {
                return refuse(Reason::NotEditable, "it is reached through a symbolic link");
            }
            let is_last = parts.peek().is_none();
            if !is_last && full.join(".git").exists() {
                return refuse(Reason::NotEditable, "it is in a submodule");
            }
            if is_last && !metadata.is_file() {
                return refuse(Reason::NotEditable, "it is no regular file");
            }
            if is_last && metadata.len() > MAX_FILE {
                return refuse(Reason::NotEditable, "it is larger than 4 MiB");
            }
        }
        Ok(full)
    }

    /// A file's text.
    ///
    /// # Errors
    /// As [`Self::locate`]; if it cannot be read or is not UTF-8.
    pub fn read(&mut self, path: &str) -> Result<Arc<Source>, Refusal> {
        if let Some(held) = self.held.get(path) {
            return held.clone();
        }
        let read = self.read_now(path).map(Arc::new);
        let bytes = path.len() + read.as_ref().map_or(64, |source| source.text.len());
        if self.held_bytes + bytes > MAX_HELD {
            self.held.clear();
            self.held_bytes = 0;
        }
        self.held_bytes += bytes;
        self.held.insert(path.to_owned(), read.clone());
        read
    }

    fn read_now(&self, path: &str) -> Result<Source, Refusal> {
        let full = self.locate(path)?;
        let failed = |error: io::Error| Refusal::new(Reason::NotEditable, format!("{path}: {error}"));
        let executable = is_executable(&fs::metadata(&full).map_err(failed)?);
        let text = String::from_utf8(fs::read(&full).map_err(failed)?).ok();
        match text.filter(|text| !text.contains('\0')) {
            Some(text) => Ok(Source { text, executable }),
            None => Err(Refusal::new(Reason::NotEditable, format!("{path}: it is no text in UTF-8"))),
        }
    }

    /// Whether there is such a file, of any sort.
    #[must_use]
    pub fn has(&self, path: &str) -> bool {
        self.locate(path).is_ok()
    }

    /// Whether a file can be made there.
    ///
    /// # Errors
    /// If nothing must be made there: see [`Reason::NotEditable`].
    pub fn is_free(&self, path: &str) -> Result<bool, Refusal> {
        match self.locate(path) {
            Ok(_) => Ok(false),
            Err(refusal) if refusal.reason == Reason::NoFile => Ok(true),
            Err(refusal) => Err(refusal),
        }
    }

    /// The files that a pattern means: a path, in which a `*` may stand for a part of one name. In
    /// order of the names, a hundred at most.
    #[must_use]
    pub fn expand(&self, pattern: &str) -> Vec<String> {
        let mut found = vec![String::new()];
        for part in pattern.split('/') {
            let mut next = Vec::new();
            for before in &found {
                let join = |name: &str| {
                    if before.is_empty() { name.to_owned() } else { format!("{before}/{name}") }
                };
                let Some((prefix, suffix)) = part.split_once('*') else {
                    next.push(join(part));
                    continue;
                };
                let mut names: Vec<String> = fs::read_dir(self.root.join(before))
                    .into_iter()
                    .flatten()
                    .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
                    .filter(|name| {
                        name.len() >= prefix.len() + suffix.len()
                            && name.starts_with(prefix)
                            && name.ends_with(suffix)
                    })
                    .collect();
                names.sort();
                next.extend(names.iter().map(|name| join(name)));
            }
            next.truncate(100);
            found = next;
        }
        found.retain(|path| self.has(path));
        found
    }
}

/// Whether the system takes the text for one name, and no drive or stream.
fn is_one(part: &str) -> bool {
    let mut components = Path::new(part).components();
    matches!(components.next(), Some(std::path::Component::Normal(name)) if name == part)
        && components.next().is_none()
        && !(cfg!(windows) && part.contains(':'))
}

#[cfg(unix)]
fn is_executable(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    metadata.permissions().mode() & 0o100 != 0
}

#[cfg(not(unix))]
fn is_executable(_: &fs::Metadata) -> bool {
    false
}

/// The path of a file that another one names, relative to the root: `../b/c.txt` of `a/x.txt` is
/// `b/c.txt`. `None` if it leads out of the root.
#[must_use]
pub fn beside(file: &str, named: &str) -> Option<String> {
    if named.starts_with(['/', '\\']) || named.contains(':') {
        return None;
    }
    let mut parts: Vec<&str> = file.split('/').collect();
    parts.pop();
    for part in named.split(['/', '\\']) {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    (!parts.is_empty()).then(|| parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_text_files_below_the_root_are_read() -> io::Result<()> {
        let outside = tempfile::tempdir()?;
        fs::write(outside.path().join("secret"), "x")?;
        let root = tempfile::tempdir()?;
        let at = |name: &str| root.path().join(name);
        for folder in ["sub", "module", ".git"] {
            fs::create_dir(at(folder))?;
        }
        for (name, bytes) in [
            ("a.txt", &b"a\n"[..]),
            ("sub/b.txt", b"b"),
            ("latin.txt", b"\xe4"),
            ("nul.bin", b"a\0b"),
            ("module/.git", b"gitdir: x"),
            ("module/c.txt", b"c"),
            (".git/config", b"x"),
        ] {
            fs::write(at(name), bytes)?;
        }
        fs::write(at("large.txt"), vec![b'a'; MAX_FILE as usize + 1])?;
        let mut tree = Tree::new(root.path().to_owned());
        for (path, want) in [
            ("a.txt", Ok("a\n")),
            ("sub/b.txt", Ok("b")),
            ("sub", Err(Reason::NotEditable)),
            ("none.txt", Err(Reason::NoFile)),
            ("sub/../a.txt", Err(Reason::NotEditable)),
            ("../secret", Err(Reason::NotEditable)),
            ("/etc/passwd", Err(Reason::NotEditable)),
            ("", Err(Reason::NotEditable)),
            ("latin.txt", Err(Reason::NotEditable)),
            ("nul.bin", Err(Reason::NotEditable)),
            ("large.txt", Err(Reason::NotEditable)),
            ("module/c.txt", Err(Reason::NotEditable)),
            (".git/config", Err(Reason::NotEditable)),
        ] {
            let got = tree.read(path);
            assert_eq!(got.as_ref().map(|source| &*source.text).map_err(|e| e.reason), want, "{path}");
        }
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(outside.path(), at("link"))?;
            std::os::unix::fs::symlink(at("a.txt"), at("inner"))?;
            for path in ["link/secret", "inner"] {
                assert_eq!(tree.read(path).map_err(|e| e.reason), Err(Reason::NotEditable), "{path}");
            }
        }
        assert_eq!(tree.expand("*/b.txt"), ["sub/b.txt"]);
        assert_eq!(tree.expand("s*/*.txt"), ["sub/b.txt"]);
        Ok(())
    }

    #[test]
    fn paths_beside_a_file_stay_below_the_root() {
        for (file, named, want) in [
            ("a/x.txt", "../b/c.txt", Some("b/c.txt")),
            ("x.txt", "./c.txt", Some("c.txt")),
            ("x.txt", "../c.txt", None),
            ("x.txt", "/etc/passwd", None),
            ("x.txt", "https://a.example/r.txt", None),
            ("a/x.txt", "..", None),
        ] {
            assert_eq!(beside(file, named).as_deref(), want, "{file} {named}");
        }
    }
}
