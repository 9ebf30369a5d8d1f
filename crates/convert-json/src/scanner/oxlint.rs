//! Oxlint, `--format json`.

use crate::layout::Layout;
use scanlift_convert_api::code::{self, Issue};
use scanlift_convert_api::json::{self, Head, Loose, filled};
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Input, Match, Options, Outcome, ScanInfo, Sink, SkipReason,
};
use scanlift_report_core::{Kind, Location, Severity};
use serde::Deserialize;
use std::borrow::Cow;

/// Reads the JSON reports of Oxlint.
#[derive(Clone, Copy, Debug, Default)]
pub struct Oxlint;

/// The converter.
pub static CONVERTER: Oxlint = Oxlint;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "oxlint",
    name: "Oxlint",
    summary: "JSON reports of Oxlint",
    versions: "0.3 to 1",
    kinds: &[Kind::Sast],
    url: "https://oxc.rs/docs/guide/usage/linter/output-formats.html",
};

impl Converter for Oxlint {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        let head = Head::of(head);
        let within = |key: &str| head.path_has(&["diagnostics", key]);
        let of_object = ["message", "severity", "labels", "filename"].into_iter().all(within);
        // Before 0.16 a list.
        let of_list = ["message", "causes", "labels", "related", "filename"].iter().all(|key| head.has(key));
        let empty = head.has("diagnostics") && head.has("number_of_rules");
        if of_object || of_list || empty { Match::Yes } else { Match::No }
    }

    /// The document is read twice: once to see that it is whole, and once for the diagnostics.
    fn convert(&self, input: &dyn Input, _: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let layout = Layout::read(input, &["diagnostics"], &["labels"])?
            .known("`diagnostics`", "write the report with oxlint --format json")?;
        let scan = ScanInfo::new(DESCRIPTOR.name, Kind::Sast);
        layout.convert(input, scan, sink, |records, reader| records.map(reader, &(), map_diagnostic))
    }
}

/// A diagnostic, with only the fields that are used.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Diagnostic<'a> {
    #[serde(borrow)]
    message: Option<Loose<'a>>,
    /// `eslint(no-eval)`; none of a file that cannot be parsed.
    code: Option<Loose<'a>>,
    severity: Option<Loose<'a>>,
    url: Option<Loose<'a>>,
    help: Option<Loose<'a>>,
    note: Option<Loose<'a>>,
    filename: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    labels: Vec<Label>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Label {
    span: Span,
}

/// Before 1.0 without lines.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Span {
    #[serde(deserialize_with = "json::number")]
    line: Option<u64>,
}

fn map_diagnostic<'a>(found: &'a Diagnostic<'_>, _: &'a ()) -> Outcome<'a> {
    let file = filled(&found.filename).unwrap_or_default();
    let message = filled(&found.message).unwrap_or_default();
    let (code, message) = match (filled(&found.code), rule_before(message)) {
        (Some(code), _) => (code, message),
        (None, Some(parts)) => parts,
        (None, None) => {
            return Outcome::skip(SkipReason::NotAFinding, "no code: the file cannot be parsed", file);
        }
    };
    let mut issue = Issue::new("oxlint_rule_id", code);
    issue.url = filled(&found.url).map(Cow::Borrowed);
    issue.message = Some(message.into());
    issue.about = filled(&found.note).map(Cow::Borrowed);
    issue.solution = filled(&found.help).map(Cow::Borrowed);
    issue.severity = filled(&found.severity).map(Cow::Borrowed);
    issue.rating = filled(&found.severity).filter(|word| *word == "advice").map(|_| Severity::Info);
    let line = found.labels.iter().find_map(|label| label.span.line);
    match issue.into_finding(Location::Sast(code::lines(file, line, None))) {
        Some(finding) => Outcome::finding(finding),
        None => Outcome::skip(SkipReason::Unsupported, "a diagnostic without a code", file),
    }
}

/// Rule and message of `eslint(no-debugger): not allowed`, as they stood before there were codes.
fn rule_before(message: &str) -> Option<(&str, &str)> {
    let (rule, rest) = message.split_once("): ")?;
    let (plugin, name) = rule.split_once('(')?;
    let is_name = |text: &str| {
        let mut chars = text.chars();
        !text.is_empty() && chars.all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '/' | '@'))
    };
    let end = rule.len() + 1;
    (is_name(plugin) && is_name(name)).then(|| (message.get(..end).unwrap_or(rule), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_stood_before_messages() {
        for (message, want) in [
            ("eslint(no-debugger): not allowed", Some(("eslint(no-debugger)", "not allowed"))),
            ("typescript-eslint(no-x): a: b", Some(("typescript-eslint(no-x)", "a: b"))),
            ("Unexpected token (a b): c", None),
            ("Unexpected token", None),
        ] {
            assert_eq!(rule_before(message), want, "{message}");
        }
    }
}
