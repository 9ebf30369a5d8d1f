//! The XML of Checkstyle, which many linters write as well.

use scanlift_convert_api::code::{self, Issue};
use scanlift_convert_api::xml::{Element, Head, Reader};
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Input, Match, Messages, Options, Outcome, Record, ScanInfo, Sink,
    SkipReason,
};
use scanlift_report_core::{Kind, Location, MessageLevel};
use std::borrow::Cow;

/// Reads XML reports of Checkstyle and of linters that write alike.
#[derive(Clone, Copy, Debug, Default)]
pub struct Checkstyle;

/// The converter.
pub static CONVERTER: Checkstyle = Checkstyle;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "checkstyle",
    name: "Checkstyle",
    summary: "XML reports of Checkstyle and of linters that write alike",
    versions: "all",
    kinds: &[Kind::Sast],
    url: "https://checkstyle.org/",
};

impl Converter for Checkstyle {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        if Head::of(head).root() == "checkstyle" { Match::Yes } else { Match::No }
    }

    /// The document is read twice: only the errors tell which tool wrote it, and what failed stands among
    /// them.
    fn convert(&self, input: &dyn Input, _: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let (tool, messages) = survey(input)?;
        let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
        let root = reader.root()?;
        let mut scan = ScanInfo::new(tool, Kind::Sast);
        // Others write the version of Checkstyle whose format they follow.
        let version = root.attribute("version").filter(|_| tool == DESCRIPTOR.name);
        scan.version = version.map(Into::into);
        scan.messages = messages.into_vec();
        sink.begin_scan(scan).map_err(ConvertError::Deliver)?;
        reader.each_child(|file, reader| match file.name() {
            "file" => reader.each_child(|tag, reader| match tag.name() {
                "error" => {
                    let error = reader.element(tag)?;
                    let file = file.attribute("name").unwrap_or_default();
                    Record::begin(sink).spend(map_error(error.root(), file))
                }
                _ => Ok(()),
            }),
            _ => Ok(()),
        })?;
        reader.end(sink)
    }
}

/// The tool that the source of the first error names, and the files in which it failed.
fn survey(input: &dyn Input) -> Result<(&'static str, Messages), ConvertError> {
    let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
    if reader.root()?.name() != "checkstyle" {
        return Err(ConvertError::Unrecognised {
            expected: "a report of Checkstyle",
            help: "write it with checkstyle -f xml, or the format `checkstyle` of another linter",
        });
    }
    let (mut found, mut messages) = (None, Messages::default());
    let mut failed = |file: &str, exception: Element<'_>| {
        // The rest is where in the tool it happened.
        let first = exception.text().and_then(|text| text.lines().next()).unwrap_or("an exception");
        let place = if file.is_empty() { "" } else { ": " };
        messages.push(MessageLevel::Warn, format!("{file}{place}{first}"));
    };
    reader.each_child(|file, reader| match file.name() {
        "file" => reader.each_child(|tag, reader| {
            if found.is_none() {
                found = tag.attribute("source").map(tool_of);
            }
            if tag.name() == "exception" {
                failed(file.attribute("name").unwrap_or_default(), reader.element(tag)?.root());
            }
            Ok(())
        }),
        "exception" => {
            failed("", reader.element(file)?.root());
            Ok(())
        }
        _ => Ok(()),
    })?;
    Ok((found.unwrap_or(DESCRIPTOR.name), messages))
}

/// The tool whose rules begin like this.
fn tool_of(source: &str) -> &'static str {
    const PHPCS: &str = "PHP_CodeSniffer";
    const TOOLS: [(&str, &str); 19] = [
        ("detekt.", "detekt"),
        ("eslint.", "ESLint"),
        ("org.scalastyle.", "Scalastyle"),
        ("ShellCheck.", "ShellCheck"),
        ("jshint.", "JSHint"),
        ("jslint", "JSLint"),
        ("ktlint", "ktlint"),
        ("golangci", "golangci-lint"),
        ("swiftlint.", "SwiftLint"),
        ("Hadolint.", "Hadolint"),
        ("DL3", "Hadolint"),
        ("DL4", "Hadolint"),
        ("stylelint.", "Stylelint"),
        ("Drupal.", PHPCS),
        ("Generic.", PHPCS),
        ("PEAR.", PHPCS),
        ("PSR", PHPCS),
        ("Squiz.", PHPCS),
        ("WordPress.", PHPCS),
    ];
    TOOLS.iter().find(|(mark, _)| source.starts_with(mark)).map_or(DESCRIPTOR.name, |(_, tool)| tool)
}

fn map_error<'a>(error: Element<'a>, file: &'a str) -> Outcome<'a> {
    let here = |key: &str| error.attribute(key).map(str::trim).filter(|text| !text.is_empty());
    let message = here("message");
    if here("severity") == Some("ignore") {
        return Outcome::skip(SkipReason::Suppressed, "severity: ignore", message.unwrap_or_default());
    }
    let rule = here("source").or(message).unwrap_or_default();
    let mut issue = Issue::new("checkstyle_source", rule);
    // The class of a check is known by its last part.
    let short = rule.rsplit('.').next().filter(|short| !short.is_empty() && here("source").is_some());
    issue.rule_name = short.map(Cow::Borrowed);
    issue.message = message.map(Cow::Borrowed);
    issue.severity = here("severity").map(Cow::Borrowed);
    let place = code::lines(file, here("line").and_then(|line| line.parse().ok()), None);
    match issue.into_finding(Location::Sast(place)) {
        Some(finding) => Outcome::finding(finding),
        None => Outcome::skip(SkipReason::Unsupported, "an error without source and message", file),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_tell_their_tool() {
        for (source, want) in [
            ("detekt.UnreachableCode", "detekt"),
            ("DL3008", "Hadolint"),
            ("PSR12.Files.FileHeader.SpacingAfterBlock", "PHP_CodeSniffer"),
            ("com.puppycrawl.tools.checkstyle.checks.blocks.EmptyBlockCheck", "Checkstyle"),
            ("", "Checkstyle"),
        ] {
            assert_eq!(tool_of(source), want, "{source}");
        }
    }
}
