//! Texts of a vulnerability as people read them.

use scanlift_convert_api::json::filled;
use scanlift_report_core::Text;
use scanlift_vex::csaf::{Note, Remediation};
use std::borrow::Cow;

/// Notes in Markdown: what describes the vulnerability first, then the others below their titles
/// (CSAF 2.0 §3.1.5). Legal ones are left out. Where none describes it, the document may.
pub(crate) fn description<'x>(notes: &'x [Note<'_>], document: Option<&'x str>) -> Option<Text<'x>> {
    let of = |category: &'static str| {
        notes
            .iter()
            .filter(move |note| filled(&note.category) == Some(category))
            .filter_map(|note| filled(&note.text))
    };
    let lead = of("description").chain(of("summary")).next().or(document);
    let is_other =
        |note: &&Note<'_>| filled(&note.text) != lead && filled(&note.category) != Some("legal_disclaimer");
    let mut text = Cow::Borrowed(lead.unwrap_or_default());
    for note in notes.iter().filter(is_other) {
        let Some(more) = filled(&note.text) else { continue };
        let text = text.to_mut();
        if !text.is_empty() {
            text.push_str("\n\n");
        }
        if let Some(title) = filled(&note.title).filter(|_| lead.is_some()) {
            text.push_str(&format!("**{title}**\n\n"));
        }
        text.push_str(more);
    }
    (!text.is_empty()).then_some(text)
}

/// What to do, the best first: a fix, something that helps, or that nothing does
/// (CSAF 2.0 §3.2.3.12).
pub(crate) fn solution<'x>(remediations: impl Iterator<Item = &'x Remediation<'x>>) -> Option<String> {
    let mut all: Vec<_> = remediations.collect();
    all.sort_by_key(|remediation| rank(filled(&remediation.category).unwrap_or_default()));
    let several = all.len() > 1;
    let mut texts: Vec<String> = Vec::new();
    for remediation in all {
        let mut text =
            match (label(filled(&remediation.category).unwrap_or_default()), filled(&remediation.details)) {
                (label, Some(details)) if several && !label.is_empty() => format!("{label}: {details}"),
                (_, Some(details)) => details.to_owned(),
                (label, None) => label.to_owned(),
            };
        if let Some(url) = filled(&remediation.url).filter(|url| !text.contains(url)) {
            text = format!("{text} {url}");
        }
        let restart = remediation.restart_required.as_ref();
        let what = restart.and_then(|restart| filled(&restart.category)).filter(|what| *what != "none");
        if let Some(what) = what {
            text = format!("{text} (restart required: {})", what.replace('_', " "));
        }
        let text = text.trim().to_owned();
        if !text.is_empty() && !texts.contains(&text) {
            texts.push(text);
        }
    }
    (!texts.is_empty()).then(|| texts.join("\n\n"))
}

fn rank(category: &str) -> u8 {
    match category {
        "vendor_fix" => 0,
        "optional_patch" => 1,
        "mitigation" => 2,
        "workaround" => 3,
        "fix_planned" => 4,
        "none_available" => 6,
        "no_fix_planned" => 7,
        _ => 5,
    }
}

fn label(category: &str) -> &'static str {
    match category {
        "vendor_fix" => "Fix",
        "optional_patch" => "Optional patch",
        "mitigation" => "Mitigation",
        "workaround" => "Workaround",
        "fix_planned" => "A fix is planned",
        "none_available" => "No fix is available",
        "no_fix_planned" => "No fix is planned",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use scanlift_convert_api::json::Loose;

    fn text(text: &'static str) -> Option<Loose<'static>> {
        (!text.is_empty()).then_some(Loose(Cow::Borrowed(text)))
    }

    fn remediation(category: &'static str, details: &'static str, url: &'static str) -> Remediation<'static> {
        let mut remediation = Remediation::default();
        (remediation.category, remediation.details, remediation.url) =
            (text(category), text(details), text(url));
        remediation
    }

    #[test]
    fn the_best_remediation_stands_first() {
        for (all, want) in [
            (vec![], None),
            (vec![remediation("vendor_fix", "Update to 2.", "")], Some("Update to 2.")),
            (
                vec![
                    remediation("workaround", "Switch it off.", ""),
                    remediation("vendor_fix", "Update.", "https://a.example/"),
                ],
                Some("Fix: Update. https://a.example/\n\nWorkaround: Switch it off."),
            ),
            (vec![remediation("no_fix_planned", "", "")], Some("No fix is planned")),
            (
                vec![remediation("vendor_fix", "See https://a.example/", "https://a.example/")],
                Some("See https://a.example/"),
            ),
            (vec![remediation("new_category", "Pray.", ""), remediation("", "", "")], Some("Pray.")),
        ] {
            assert_eq!(solution(all.iter()).as_deref(), want);
        }
    }

    #[test]
    fn notes_are_one_text() {
        let note = |category, title, words| {
            let mut note = Note::default();
            (note.category, note.title, note.text) = (text(category), text(title), text(words));
            note
        };
        let notes = [
            note("general", "More", "Much more."),
            note("legal_disclaimer", "Terms", "As is."),
            note("description", "Description", "What it is."),
        ];
        let text = |notes, document| description(notes, document).map(Cow::into_owned);
        let both = Some("What it is.\n\n**More**\n\nMuch more.".to_owned());
        assert_eq!(text(&notes[..], None), both);
        assert_eq!(text(&notes[..], Some("What all is.")), both);
        assert_eq!(text(&notes[..1], None), Some("Much more.".to_owned()));
        let of_document = Some("What all is.\n\n**More**\n\nMuch more.".to_owned());
        assert_eq!(text(&notes[..1], Some("What all is.")), of_document);
        assert_eq!(text(&[], None), None);
    }
}
