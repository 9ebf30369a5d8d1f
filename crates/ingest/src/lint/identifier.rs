//! Identifiers: the first one decides what GitLab takes for the same finding.

use super::{Issue, Linter, quoted, rule, stand_in};
use crate::limits as limit;
use crate::ruby;
use crate::schema::Pointer;
use scanlift_report_core::Kind;
use serde_json::{Map, Value};

/// Types that say of what sort a weakness is, and not which.
const CATEGORIES: [&str; 3] = ["cwe", "wasc", "owasp"];
/// Types that everybody uses, in the spelling that GitLab's analyzers use.
const WELL_KNOWN: [&str; 11] =
    ["cve", "cwe", "wasc", "owasp", "ghsa", "osvdb", "usn", "rhsa", "elsa", "hackerone", "capec"];
/// Weaknesses of leaked or badly kept credentials.
pub(crate) const SECRET_CWES: [u32; 9] = [798, 259, 321, 522, 312, 319, 256, 257, 540];

/// First identifiers that end in the finding's line. A rule may be called `checks:12`; that it is the line shows
/// where it is in every finding.
#[derive(Debug, Default)]
pub(super) struct Lines {
    count: u64,
    first: Vec<Issue>,
    differ: bool,
}

impl Linter<'_> {
    pub(super) fn identifiers(&mut self, map: &Map<String, Value>, at: &Pointer<'_>) {
        let Some(Value::Array(items)) = map.get("identifiers") else { return };
        let at = at.key("identifiers");
        if items.len() > limit::IDENTIFIERS {
            self.push(&rule::IDENTIFIERS_MANY, &at, || format!("it has {}", items.len()));
        }
        let all: Vec<(&str, &str)> = items.iter().filter_map(parts).collect();
        if let Some(first) = items.first().and_then(parts) {
            self.primary(first, map, &at.index(0));
        }
        for (index, item) in items.iter().enumerate() {
            let Some((kind, value)) = parts(item) else { continue };
            let at = at.index(index as u64);
            if all.iter().take(index.min(limit::IDENTIFIERS)).any(|other| *other == (kind, value)) {
                self.push(&rule::IDENTIFIER_REPEATED, &at, || quoted(&format!("{kind}:{value}")));
            }
            let lower = kind.to_ascii_lowercase();
            if lower != kind && WELL_KNOWN.contains(&lower.as_str()) {
                self.push(&rule::IDENTIFIER_SPELLING, &at.key("type"), || quoted(kind));
            }
            let fits = match lower.as_str() {
                "cve" => is_cve(value),
                "cwe" => cwe_of(value).is_some(),
                "ghsa" => {
                    value.len() > 5 && value.get(..5).is_some_and(|head| head.eq_ignore_ascii_case("ghsa-"))
                }
                _ => true,
            };
            if !fits {
                self.push(&rule::IDENTIFIER_TYPE, &at, || format!("{} is no {lower}", quoted(value)));
            }
        }
        self.kind_of(&all, map, &at);
    }

    fn primary(&mut self, (kind, value): (&str, &str), map: &Map<String, Value>, at: &Pointer<'_>) {
        if CATEGORIES.iter().any(|category| kind.eq_ignore_ascii_case(category)) {
            self.push(&rule::IDENTIFIER_CATEGORY_FIRST, at, || quoted(&format!("{kind}:{value}")));
        }
        let has = |what: &str| format!("{} has a {what}", quoted(value));
        if let Some(what) = volatile(value, map.get("location")) {
            self.push(&rule::IDENTIFIER_VOLATILE, &at.key("value"), || has(what));
        } else if let Some(number) = number_of(value) {
            let line = map.get("location").and_then(|location| location.get("start_line"));
            let Lines { count, first, differ } = &mut self.lines;
            *differ |= line.and_then(Value::as_u64) != Some(number);
            *count += 1;
            if first.len() < self.most && !*differ {
                first.push(Issue { pointer: at.key("value").render(), message: has("line") });
            }
        }
        if self.listed.as_ref().is_some_and(|listed| !listed.contains(&stand_in(&format!("{kind}:{value}"))))
        {
            self.push(&rule::PRIMARY_UNLISTED, at, || quoted(&format!("{kind}:{value}")));
        }
    }

    pub(super) fn finish_identifiers(&mut self) {
        let Lines { count, first, differ: false } = std::mem::take(&mut self.lines) else { return };
        if count > 1 {
            let tally = self.lint.rules.entry(&rule::IDENTIFIER_VOLATILE).or_default();
            tally.count += count;
            let room = self.most.saturating_sub(tally.first.len());
            tally.first.extend(first.into_iter().take(room));
        }
    }

    /// Whether the finding is one for a report of another kind.
    fn kind_of(&mut self, all: &[(&str, &str)], map: &Map<String, Value>, at: &Pointer<'_>) {
        let is_advisory = |kind: &str| ["cve", "ghsa"].iter().any(|it| kind.eq_ignore_ascii_case(it));
        let cwes = || {
            all.iter().filter(|(kind, _)| kind.eq_ignore_ascii_case("cwe")).filter_map(|(_, it)| cwe_of(it))
        };
        let has = |key: &str| map.get("location").is_some_and(|location| location.get(key).is_some());
        let other = match self.kind {
            Kind::Sast | Kind::SecretDetection if has("image") => Some("container_scanning"),
            Kind::Sast | Kind::SecretDetection if has("dependency") => Some("dependency_scanning"),
            Kind::Sast if all.first().is_some_and(|(kind, _)| is_advisory(kind)) => {
                Some("dependency_scanning")
            }
            Kind::SecretDetection
                if cwes().next().is_some() && !cwes().any(|number| SECRET_CWES.contains(&number)) =>
            {
                Some("sast")
            }
            Kind::DependencyScanning if has("image") => Some("container_scanning"),
            _ => None,
        };
        if let Some(other) = other {
            let first = all.first().map(|(kind, value)| format!("{kind}:{value}")).unwrap_or_default();
            self.push(&rule::KIND_MISMATCH, at, || format!("{} belongs to {other}", quoted(&first)));
        }
    }
}

fn parts(item: &Value) -> Option<(&str, &str)> {
    Some((item.get("type")?.as_str()?, item.get("value")?.as_str()?))
}

/// Whether a text is the name of a CVE, as `CVE-2021-44228`.
pub(crate) fn is_cve(text: &str) -> bool {
    let mut parts = text.trim().splitn(3, '-');
    let digits = |part: Option<&str>, least: usize| {
        part.is_some_and(|part| part.len() >= least && part.bytes().all(|b| b.is_ascii_digit()))
    };
    parts.next().is_some_and(|part| part.eq_ignore_ascii_case("cve"))
        && digits(parts.next(), 4)
        && digits(parts.next(), 4)
}

/// The number of a weakness, as `79` or `CWE-79`.
fn cwe_of(text: &str) -> Option<u32> {
    let text = text.trim();
    let number = match text.get(..3) {
        Some(head) if head.eq_ignore_ascii_case("cwe") => text[3..].trim_start_matches(['-', ':', '_']),
        _ => text,
    };
    number.parse().ok()
}

/// What in an identifier changes with the code around it.
fn volatile(value: &str, location: Option<&Value>) -> Option<&'static str> {
    let field = |path: &[&str]| path.iter().try_fold(location?, |value, key| value.get(key));
    let text = |path: &[&str]| field(path).and_then(Value::as_str).unwrap_or_default();
    let file = text(&["file"]);
    let name = ruby::basename(file);
    let is_file =
        |text: &str| text.len() > 3 && (text.contains('/') || text.contains('.')) && has_token(value, text);
    if is_file(file) || (name.len() > 4 && is_file(name)) || value.starts_with("./") || is_absolute(value) {
        return Some("path");
    }
    let line = field(&["start_line"]).and_then(Value::as_u64).filter(|line| *line > 0);
    if let Some(line) = line
        && [format!("#L{line}"), format!(" line {line}")].iter().any(|end| value.ends_with(end))
    {
        return Some("line");
    }
    let version = text(&["dependency", "version"]);
    if version.len() > 2 && version.contains('.') && has_token(value, version) {
        return Some("version");
    }
    value.split(|c: char| !c.is_ascii_alphanumeric()).any(is_hash).then_some("hash")
}

/// The number behind the last colon.
fn number_of(value: &str) -> Option<u64> {
    let (_, number) = value.rsplit_once(':')?;
    number.parse().ok()
}

fn is_absolute(text: &str) -> bool {
    (text.starts_with('/') && text[1..].contains('/')) || text.get(1..3) == Some(":\\")
}

/// Whether the text has the token, with no letter, digit or point on either side.
fn has_token(text: &str, token: &str) -> bool {
    text.match_indices(token).any(|(at, _)| {
        let is_part = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric() || c == '.');
        !is_part(text[..at].chars().next_back()) && !is_part(text[at + token.len()..].chars().next())
    })
}

/// The hexadecimal digits of MD5, SHA-1 or SHA-256.
fn is_hash(word: &str) -> bool {
    matches!(word.len(), 32 | 40 | 64)
        && word.bytes().all(|b| b.is_ascii_hexdigit())
        && word.bytes().any(|b| b.is_ascii_digit())
        && word.bytes().any(|b| b.is_ascii_alphabetic())
}
