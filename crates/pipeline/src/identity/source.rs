//! Lines of the scanned sources, for signatures that move with the code.

use std::{
    collections::HashMap,
    fs::File,
    io::Read,
    path::{Component, Path, PathBuf},
};

/// Reads lines of the files below the repository root; keeps the file read last, since scanners
/// report file by file.
#[derive(Debug, Default)]
pub(crate) struct Sources {
    root: Option<PathBuf>,
    path: String,
    /// The lines of that file; empty if it cannot be read.
    lines: Vec<Line>,
}

/// A line as it is told apart from others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// Its text, runs of white space folded into one blank.
    pub(crate) text: String,
    /// How many equal lines stand before it in the file.
    pub(crate) occurrence: usize,
}

/// Larger files are no sources.
const MAX_FILE: u64 = 8 * 1024 * 1024;

impl Sources {
    /// Reads below a root; without one there are no sources.
    #[must_use]
    pub(crate) fn new(root: Option<PathBuf>) -> Self {
        Self { root, ..Self::default() }
    }

    /// A line, 1-based, of a file below the root; `None` if there is no such line, it is blank, or
    /// the file cannot be read.
    pub(crate) fn line(&mut self, path: &str, number: u64) -> Option<Line> {
        let root = self.root.as_deref()?;
        if self.path != path {
            path.clone_into(&mut self.path);
            self.lines = read(root, path).unwrap_or_default();
        }
        let at = usize::try_from(number).ok()?.checked_sub(1)?;
        self.lines.get(at).filter(|line| !line.text.is_empty()).cloned()
    }
}

fn read(root: &Path, path: &str) -> Option<Vec<Line>> {
    let relative = Path::new(path);
    if !relative.components().all(|part| matches!(part, Component::Normal(_))) {
        return None;
    }
    // A link may lead out of the root.
    let full = root.join(relative).canonicalize().ok()?;
    if !full.starts_with(root.canonicalize().ok()?) {
        return None;
    }
    let file = File::open(full).ok()?;
    let metadata = file.metadata().ok()?;
    if !metadata.is_file() || metadata.len() > MAX_FILE {
        return None;
    }
    let mut bytes = Vec::new();
    file.take(MAX_FILE).read_to_end(&mut bytes).ok()?;
    let mut seen: HashMap<String, usize> = HashMap::new();
    let lines = String::from_utf8_lossy(&bytes);
    let lines = lines.lines().map(|line| {
        let text = line.split_whitespace().collect::<Vec<_>>().join(" ");
        let count = seen.entry(text.clone()).or_default();
        *count += 1;
        Line { text, occurrence: *count - 1 }
    });
    Some(lines.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_told_apart_by_text_and_occurrence() -> std::io::Result<()> {
        let root = tempfile::tempdir()?;
        std::fs::write(root.path().join("a.c"), "x =  1;\n\n  x = 1;\ny\n")?;
        let mut sources = Sources::new(Some(root.path().to_owned()));
        let line = |text: &str, occurrence| Some(Line { text: text.to_owned(), occurrence });
        assert_eq!(sources.line("a.c", 1), line("x = 1;", 0));
        assert_eq!(sources.line("a.c", 3), line("x = 1;", 1));
        assert_eq!(sources.line("a.c", 2), None);
        assert_eq!(sources.line("a.c", 9), None);
        assert_eq!(sources.line("a.c", 0), None);
        assert_eq!(sources.line("../a.c", 1), None);
        assert_eq!(sources.line("missing.c", 1), None);
        Ok(())
    }
}
