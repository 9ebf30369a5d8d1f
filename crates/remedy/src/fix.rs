//! Patches from the fixes of a scanner (SARIF 2.1.0 §3.55).

use crate::{
    Edits, Reason, Refusal, Tree,
    made::{self, Change},
    region::Lines,
};
use scanlift_convert_api::{Fix, Replacement};

/// The first fix that fits the tree, and its diff.
///
/// # Errors
/// Why the first one does not fit, if none does.
pub fn diff<'f, 'a>(fixes: &'f [Fix<'a>], tree: &mut Tree) -> Result<(&'f Fix<'a>, String), Refusal> {
    let mut first = None;
    for fix in fixes {
        match of_fix(fix, tree) {
            Ok(diff) => return Ok((fix, diff)),
            Err(refusal) => drop(first.get_or_insert(refusal)),
        }
    }
    Err(first.unwrap_or_else(|| Refusal::new(Reason::DoesNotFit, "there is no fix")))
}

fn of_fix(fix: &Fix<'_>, tree: &mut Tree) -> Result<String, Refusal> {
    let mut changes: Vec<Change> = Vec::new();
    for change in &fix.changes {
        let path = &*change.file.path;
        let source = tree.read(path)?;
        let edits = edits(&source.text, &change.replacements)
            .map_err(|why| Refusal::new(Reason::DoesNotFit, format!("{path}: {why}")))?;
        match changes.iter_mut().find(|known| known.path == path) {
            Some(known) => known.edits.extend(edits),
            None => changes.push(Change { path: path.to_owned(), source, edits }),
        }
    }
    made::diff(&changes)
}

/// The replacements as edits of that text.
fn edits(text: &str, replacements: &[Replacement<'_>]) -> Result<Edits, &'static str> {
    let lines = Lines::new(text);
    let crlf = text.contains("\r\n");
    let mut edits = Edits::default();
    for replacement in replacements {
        let range = lines.range(replacement).ok_or("the fix is for a place that it does not have")?;
        let there = text.get(range.clone()).unwrap_or_default();
        if replacement.original.as_deref().is_some_and(|original| !is_same(original, there)) {
            return Err("the fix is for another text");
        }
        edits.replace(range, with_line_ends(&replacement.text, crlf));
    }
    Ok(edits)
}

/// Tools differ in the line ends and white space around what they quote.
fn is_same(original: &str, there: &str) -> bool {
    let lines = |text: &str| text.trim().lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>();
    lines(original) == lines(there)
}

/// New lines end as the file's do.
fn with_line_ends(text: &str, crlf: bool) -> String {
    if crlf && text.contains('\n') && !text.contains("\r\n") {
        return text.replace('\n', "\r\n");
    }
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use scanlift_convert_api::{Artifact, Change};

    fn replacement(line: u64, columns: (u64, u64), text: &'static str) -> Replacement<'static> {
        let mut new = Replacement::default();
        (new.start_line, new.start_column, new.end_column) = (Some(line), Some(columns.0), Some(columns.1));
        new.text = text.into();
        new
    }

    fn fix(changes: Vec<(&'static str, Vec<Replacement<'static>>)>) -> Fix<'static> {
        let mut fix = Fix::default();
        fix.changes = changes
            .into_iter()
            .map(|(path, replacements)| Change::new(Artifact { path: path.into() }, replacements))
            .collect();
        fix
    }

    #[test]
    fn the_first_fix_that_fits_wins() -> std::io::Result<()> {
        let root = tempfile::tempdir()?;
        std::fs::write(root.path().join("a.py"), "import os\r\nx = yaml.load(y)\r\nz")?;
        std::fs::write(root.path().join("b.py"), "one\n")?;
        let mut tree = Tree::new(root.path().to_owned());
        let with = |original: &'static str, mut replacement: Replacement<'static>| {
            replacement.original = Some(original.into());
            replacement
        };
        let good = || fix(vec![("a.py", vec![replacement(2, (5, 14), "yaml.safe_load")])]);
        for (what, fixes, want) in [
            ("one", vec![good()], Ok("+x = yaml.safe_load(y)\r\n")),
            (
                "the quoted text is there",
                vec![fix(vec![("a.py", vec![with("yaml.load", replacement(2, (5, 14), "safe"))])])],
                Ok("+x = safe(y)\r\n"),
            ),
            (
                "another text is quoted",
                vec![fix(vec![("a.py", vec![with("yaml.dump", replacement(2, (5, 14), "safe"))])])],
                Err(Reason::DoesNotFit),
            ),
            ("a bad one before", vec![fix(vec![("none.py", vec![])]), good()], Ok("+x = yaml.safe_load(y)")),
            ("a file that is gone", vec![fix(vec![("none.py", vec![])])], Err(Reason::NoFile)),
            ("out of the root", vec![fix(vec![("../a.py", vec![])])], Err(Reason::NotEditable)),
            (
                "two files",
                vec![fix(vec![
                    ("a.py", vec![replacement(1, (1, 1), "import yaml\n")]),
                    ("b.py", vec![replacement(1, (1, 4), "two")]),
                ])],
                Ok("+import yaml\r\n"),
            ),
            (
                "parts that overlap",
                vec![fix(vec![("a.py", vec![replacement(2, (1, 4), ""), replacement(2, (3, 6), "")])])],
                Err(Reason::DoesNotFit),
            ),
            (
                "nothing new",
                vec![fix(vec![("b.py", vec![replacement(1, (1, 4), "one")])])],
                Err(Reason::DoesNotFit),
            ),
            (
                "beyond the end",
                vec![fix(vec![("b.py", vec![replacement(9, (1, 4), "x")])])],
                Err(Reason::DoesNotFit),
            ),
            ("no fix", vec![], Err(Reason::DoesNotFit)),
        ] {
            let got = diff(&fixes, &mut tree).map(|(_, diff)| diff);
            match (&got, want) {
                (Ok(diff), Ok(part)) => assert!(diff.contains(part), "{what}: {diff}"),
                (got, want) => {
                    assert_eq!(got.as_ref().map(|_| "").map_err(|e| e.reason), want, "{what}");
                }
            }
        }
        let mut described = [fix(vec![("none.py", vec![])]), good()];
        described[0].description = Some("Of the first".into());
        described[1].description = Some("Of the second".into());
        let (fix, _) = diff(&described, &mut tree).expect("the second fits");
        assert_eq!(fix.description.as_deref(), Some("Of the second"));
        Ok(())
    }
}
