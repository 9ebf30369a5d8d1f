//! What is said of a file that nobody recognises.

use super::shown;
use crate::explain::Failure;
use scanlift_convert_api::Registry;
use scanlift_input::{Source, sniff_container};

/// Why a file is none of the formats, as far as its first bytes tell.
pub(super) fn unknown(registry: &Registry, label: &str, source: &Source, head: &[u8]) -> Failure {
    let shown = shown(label);
    if head.trim_ascii().is_empty() && source.is_empty().unwrap_or(false) {
        return Failure::input(format!(
            "{shown} is empty: most scanners write a document even if they found nothing"
        ))
        .help("look into the scanner's own log, and whether its exit code was swallowed")
        .help("name the format of one that writes a line for each finding, and of none nothing: --from trufflehog");
    }
    if sniff_container(head) == Some("zip archive") {
        return Failure::input(format!("{shown} is a zip archive without a file that can be read")).help(
            "files without a password are read, stored or deflated: take the report out, and name that",
        );
    }
    if let Some(container) = sniff_container(head) {
        return Failure::input(format!("{shown} is a {container}, which is not read"))
            .help("take the scanner's report out of it, and name that");
    }
    let mut packed = head.iter().filter(|byte| !byte.is_ascii_whitespace());
    if packed.by_ref().take(2).eq(b"[]") && packed.next().is_none() {
        return Failure::input(format!("{shown} is an empty list, which does not tell what wrote it"))
            .help("name the format, as --from gitleaks: an empty report tells GitLab that nothing is left");
    }
    if is_page(head) {
        return Failure::input(format!("{shown} is a page of HTML, and no report"))
            .note(format!("it begins with: {}", beginning(head)))
            .help("where it was downloaded, the server sent a page to sign in, or an error: look into it")
            .help("where it is a scanner's report for people, have it write JSON, XML or SARIF");
    }
    let failure = Failure::input(format!("{shown} is of no known format"))
        .note(format!("it begins with: {}", beginning(head)));
    let names: Vec<_> = registry.iter().map(|converter| converter.descriptor().name).collect();
    let failure = match names.len() {
        0..=12 => failure.note(format!("looked for: {}", names.join(", "))),
        many => failure.note(format!("looked for {many} formats; `scanlift formats` lists them")),
    };
    failure.help(
        "if it is one of them all the same, say so with --from FORMAT; many scanners can also write SARIF",
    )
}

fn is_page(head: &[u8]) -> bool {
    let start: Vec<u8> = head.trim_ascii_start().iter().take(14).map(u8::to_ascii_lowercase).collect();
    start.starts_with(b"<!doctype html") || start.starts_with(b"<html")
}

/// The first characters, on one line.
fn beginning(head: &[u8]) -> String {
    let text = String::from_utf8_lossy(&head[..head.len().min(400)]);
    let words: Vec<_> = text.split_whitespace().collect();
    let mut line: String = words.join(" ").chars().take(60).collect();
    if text.chars().count() > 60 {
        line.push_str("...");
    }
    line
}
