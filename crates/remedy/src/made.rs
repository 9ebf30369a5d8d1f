//! Makes a patch of edits, and proves that it applies.

use crate::{
    Edits, Reason, Refusal,
    diff::{self, FileDiff},
    patch::Patch,
    tree::Source,
};
use std::sync::Arc;

/// A file and what is to be changed of it.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    pub(crate) path: String,
    pub(crate) source: Arc<Source>,
    pub(crate) edits: Edits,
}

/// The diff of changes. It is read again and applied to the files as they are: what does not give
/// the very text that was meant is never offered.
pub(crate) fn diff(changes: &[Change]) -> Result<String, Refusal> {
    let refuse = |why: String| Refusal::new(Reason::DoesNotFit, why);
    let mut new = Vec::with_capacity(changes.len());
    for Change { path, source, edits } in changes {
        let text = edits.apply(&source.text).ok_or_else(|| refuse(format!("{path}: its parts overlap")))?;
        if !is_still_sound(path, &source.text, &text) {
            return Err(refuse(format!("{path}: it could not be parsed any more")));
        }
        new.push(text);
    }
    let diff = diff::write(changes.iter().zip(&new).map(|(change, new)| FileDiff {
        path: &change.path,
        old: &change.source.text,
        new,
        executable: change.source.executable,
    }));
    if diff.is_empty() {
        return Err(refuse("it changes nothing".to_owned()));
    }
    let patch = Patch::parse(&diff).map_err(|error| refuse(error.to_string()))?;
    for file in &patch.files {
        let of = changes.iter().zip(&new).find(|(change, _)| change.path == file.path);
        let applied = of.map(|(change, new)| {
            let edits = file.edits(&change.source.text).ok()?;
            edits.apply(&change.source.text).filter(|text| text == new)
        });
        if applied.flatten().is_none() {
            return Err(refuse(format!("{}: its diff does not apply", file.path)));
        }
    }
    Ok(diff)
}

/// Whether a document that could be parsed still can.
fn is_still_sound(path: &str, old: &str, new: &str) -> bool {
    let is_json = |text: &str| {
        serde_json::from_str::<serde::de::IgnoredAny>(text.trim_start_matches('\u{feff}')).is_ok()
    };
    let is_toml = |text: &str| toml_edit::Document::parse(text).is_ok();
    match path.rsplit_once('.').map(|(_, extension)| extension) {
        Some("json") => !is_json(old) || is_json(new),
        Some("toml") => !is_toml(old) || is_toml(new),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_breaks_a_document_is_refused() {
        let change = |path: &str, text: &str, edits| Change {
            path: path.to_owned(),
            source: Arc::new(Source { text: text.to_owned(), executable: false }),
            edits,
        };
        for (path, text, edits, want) in [
            ("a.json", "{}\n", Edits::one(0..1, ""), false),
            ("a.json", "{}\n", Edits::one(1..1, "\"a\":1"), true),
            ("a.json", "no json\n", Edits::one(0..1, ""), true),
            ("a.toml", "a = 1\n", Edits::one(2..3, ""), false),
            ("a.txt", "a\n", Edits::one(0..1, "a"), false),
            ("a.txt", "a\n", Edits::one(0..9, "a"), false),
        ] {
            assert_eq!(diff(&[change(path, text, edits)]).is_ok(), want, "{path} {text}");
        }
    }
}
