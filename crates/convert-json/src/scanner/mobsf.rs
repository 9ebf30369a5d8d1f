//! MobSF's static analysis of an app, the JSON of `report_json`.
//!
//! Findings stand in sections of different make; before version 3.5 most sections were bare lists or objects, since
//! then an object with `findings` and a summary.

use scanlift_convert_api::code::{self, Issue};
use scanlift_convert_api::details::add_list;
use scanlift_convert_api::json::{
    self, Fields, Head, Kind as JsonKind, Loose, Reader, Records, TextOr, filled,
};
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Input, Match, Options, Outcome, Record, ScanInfo, Sink, SkipReason,
    cwe, slug,
};
use scanlift_report_core::{Kind, Location, Severity, SourceLocation, Text};
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::Read;

/// Reads the JSON reports of MobSF.
#[derive(Clone, Copy, Debug, Default)]
pub struct Mobsf;

/// The converter.
pub static CONVERTER: Mobsf = Mobsf;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "mobsf",
    name: "MobSF",
    summary: "JSON reports of MobSF's static analysis",
    versions: "3 and 4",
    kinds: &[Kind::Sast],
    url: "https://github.com/MobSF/Mobile-Security-Framework-MobSF",
};

const SCHEME: &str = "mobsf_rule_id";

impl Converter for Mobsf {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        let head = Head::of(head);
        let file = ["app_name", "file_name", "md5", "sha256", "size"].iter().all(|key| head.has(key));
        let app = head.has("package_name") || head.has("bundle_id");
        if file && app { Match::Yes } else { Match::No }
    }

    /// The document is read twice: once for the version, and once for the findings.
    fn convert(&self, input: &dyn Input, _: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let (mut fields, mut known, mut version) = (Fields::default(), false, None);
        json::walk(input, |key, reader| {
            match key {
                "code_analysis" | "manifest_analysis" | "binary_analysis" => known = true,
                "version" => version = fields.text(reader)?,
                _ => {}
            }
            Ok(())
        })?;
        if !known {
            return Err(ConvertError::Unrecognised {
                expected: "`code_analysis`",
                help: "give what MobSF's API answers to /api/v1/report_json",
            });
        }
        fields.warnings.into_iter().for_each(|warning| sink.warn(warning));
        let mut scan = ScanInfo::new(DESCRIPTOR.name, Kind::Sast);
        scan.version = version.map(|version| Cow::Owned(version.trim_start_matches('v').to_owned()));
        sink.begin_scan(scan).map_err(ConvertError::Deliver)?;
        let (mut records, mut lists) = (Records::new(sink), Fields::default());
        json::walk(input, |section, reader| {
            let records = &mut records;
            match section {
                "code_analysis" => {
                    each_rule(reader, |rule, reader| records.map_group(reader, rule, map_code))
                }
                "binary_analysis" if reader.peek()? == JsonKind::Object => {
                    each_rule(reader, |rule, reader| records.map(reader, rule, map_binary_rule))
                }
                "binary_analysis" | "dylib_analysis" | "framework_analysis" => {
                    records.each(reader, |records, reader| records.map_group(reader, &(), map_binary))
                }
                "manifest_analysis" => each_of(reader, "manifest_findings", records, |records, reader| {
                    records.map(reader, "AndroidManifest.xml", map_entry)
                }),
                "network_security" => each_of(reader, "network_findings", records, |records, reader| {
                    records.map(reader, "network_security", map_entry)
                }),
                "ats_analysis" => each_of(reader, "ats_findings", records, |records, reader| {
                    records.map(reader, "Info.plist", map_entry)
                }),
                "certificate_analysis" => {
                    each_of(reader, "certificate_findings", records, |records, reader| {
                        // A list, and no object.
                        let told = lists.texts(reader)?;
                        Record::begin(records.sink()).spend(map_certificate(&told))
                    })
                }
                "secrets" if reader.peek()? == JsonKind::Array => reader.each_item(|_, _| {
                    let detail = "secrets: a possible secret without its place";
                    Record::begin(records.sink()).skip(SkipReason::Unsupported, detail, "");
                    Ok(())
                }),
                _ => Ok(()),
            }
        })?;
        lists.warnings.into_iter().for_each(|warning| records.sink().warn(warning));
        Ok(())
    }
}

/// Visits the rules of an object of rules, or of its `findings`.
fn each_rule<R: Read>(
    reader: &mut Reader<R>,
    mut visit: impl FnMut(&str, &mut Reader<R>) -> Result<(), ConvertError>,
) -> Result<(), ConvertError> {
    if reader.peek()? != JsonKind::Object {
        return Ok(());
    }
    reader.each_key(|key, reader| match key {
        "findings" if reader.peek()? == JsonKind::Object => {
            reader.each_key(|rule, reader| visit(rule, reader))
        }
        "findings" | "summary" => Ok(()),
        rule => visit(rule, reader),
    })
}

/// Visits the items of a list, or of the list under that key.
fn each_of<R: Read>(
    reader: &mut Reader<R>,
    key: &str,
    records: &mut Records<'_>,
    mut visit: impl FnMut(&mut Records<'_>, &mut Reader<R>) -> Result<(), ConvertError>,
) -> Result<(), ConvertError> {
    match reader.peek()? {
        JsonKind::Object => reader.each_key(|found, reader| match found {
            _ if found == key && reader.peek()? == JsonKind::Array => {
                reader.each_item(|_, reader| visit(records, reader))
            }
            _ => Ok(()),
        }),
        JsonKind::Array => reader.each_item(|_, reader| visit(records, reader)),
        _ => Ok(()),
    }
}

/// A rule of `code_analysis`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Rule<'a> {
    /// The lines of each file, as `3,17`.
    #[serde(borrow)]
    files: BTreeMap<Loose<'a>, Option<Loose<'a>>>,
    metadata: Metadata<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
struct Metadata<'a> {
    #[serde(borrow)]
    severity: Option<Loose<'a>>,
    description: Option<Loose<'a>>,
    #[serde(rename = "detailed_desc")]
    detailed: Option<Loose<'a>>,
    cwe: Option<Loose<'a>>,
    owasp_mobile: Option<Loose<'a>>,
    masvs: Option<Loose<'a>>,
    #[serde(rename = "ref")]
    reference: Option<Loose<'a>>,
}

/// A record for each file in which a rule hit.
fn map_code<'a>(rule: &'a Rule<'_>, id: &'a str) -> Vec<Outcome<'a>> {
    let map = |(file, lines): (&'a Loose<'_>, &'a Option<Loose<'_>>)| {
        let lines = filled(lines).unwrap_or_default();
        let first = lines.split(',').next().and_then(|line| line.trim().parse().ok());
        let outcome = map_rule(&rule.metadata, id, code::lines(&**file, first, None));
        match outcome {
            Outcome::Finding(mut finding) if lines.contains(',') => {
                finding.vulnerability.details.text("lines", "Lines", lines.replace(',', ", "));
                Outcome::Finding(finding)
            }
            outcome => outcome,
        }
    };
    if rule.files.is_empty() {
        return vec![map_rule(&rule.metadata, id, SourceLocation::default())];
    }
    rule.files.iter().map(map).collect()
}

/// A rule about the app's binary (iOS), which is called by its description.
fn map_binary_rule<'a>(metadata: &'a Metadata<'_>, id: &'a str) -> Outcome<'a> {
    map_rule(metadata, id, SourceLocation::default())
}

fn map_rule<'a>(metadata: &'a Metadata<'_>, id: &'a str, place: SourceLocation<'a>) -> Outcome<'a> {
    let word = filled(&metadata.severity).unwrap_or_default();
    let Some(severity) = rating(word) else {
        return Outcome::skip(SkipReason::NotAFinding, format!("severity: {word}"), id);
    };
    let mut issue = Issue::new(SCHEME, id);
    issue.message = filled(&metadata.description).or(filled(&metadata.detailed)).map(Cow::Borrowed);
    // Rules of binaries have a sentence for an id.
    issue.title = id.contains(' ').then_some(Cow::Borrowed(id));
    issue.weaknesses = filled(&metadata.cwe).map(cwe::all).unwrap_or_default();
    issue.categories = filled(&metadata.owasp_mobile).map(Cow::Borrowed).into_iter().collect();
    issue.references = filled(&metadata.reference).map(Cow::Borrowed).into_iter().collect();
    issue.severity = Some(word.into());
    issue.rating = Some(severity);
    let Some(mut finding) = issue.into_finding(Location::Sast(place)) else {
        return Outcome::skip(SkipReason::Unsupported, "a rule without an id", "");
    };
    let details = &mut finding.vulnerability.details;
    details.text("masvs", "OWASP MASVS", filled(&metadata.masvs).unwrap_or_default());
    details.text("owasp_mobile", "OWASP Mobile", filled(&metadata.owasp_mobile).unwrap_or_default());
    Outcome::finding(finding)
}

/// A finding of the manifest, of the network security configuration, or of App Transport Security.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Entry<'a> {
    #[serde(borrow)]
    rule: Option<Loose<'a>>,
    #[serde(alias = "issue")]
    title: Option<Loose<'a>>,
    /// `stat` before version 3.5.
    #[serde(alias = "stat")]
    severity: Option<Loose<'a>>,
    #[serde(alias = "desc")]
    description: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    scope: Vec<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    component: Vec<Loose<'a>>,
}

fn map_entry<'a>(entry: &'a Entry<'_>, section: &'a str) -> Outcome<'a> {
    let description = filled(&entry.description).unwrap_or_default();
    let title = filled(&entry.title).map(without_markup);
    let told = title.as_deref().unwrap_or(description);
    let word = filled(&entry.severity).unwrap_or_default();
    let Some(severity) = rating(word) else {
        return Outcome::skip(SkipReason::NotAFinding, format!("severity: {word}"), told.to_owned());
    };
    // What has no rule is known by what it says. Components that break a rule are findings of their own.
    let id = match (filled(&entry.rule), &*entry.component) {
        (Some(rule), [component]) => Cow::Owned(format!("{rule}:{}", component.trim())),
        (Some(rule), _) => Cow::Borrowed(rule),
        (None, _) => Cow::Owned(slug(told)),
    };
    let mut issue = Issue::new(SCHEME, id);
    issue.message = Some(without_markup(description));
    issue.title = title;
    issue.severity = Some(word.into());
    issue.rating = Some(severity);
    let Some(mut finding) = issue.into_finding(Location::Sast(SourceLocation::file(section))) else {
        return Outcome::skip(SkipReason::Unsupported, "a finding that says nothing", section);
    };
    let details = &mut finding.vulnerability.details;
    add_list(details, "scope", "Scope", crate::field::texts(&entry.scope));
    add_list(details, "component", "Component", crate::field::texts(&entry.component));
    Outcome::finding(finding)
}

/// Severity, description and, since version 3.5, title.
fn map_certificate(found: &[String]) -> Outcome<'_> {
    let at = |index: usize| found.get(index).map(|text| text.trim()).filter(|text| !text.is_empty());
    let word = at(0).unwrap_or_default();
    let title = at(2).or(at(1)).unwrap_or_default();
    let Some(severity) = rating(word) else {
        return Outcome::skip(SkipReason::NotAFinding, format!("severity: {word}"), title);
    };
    let mut issue = Issue::new(SCHEME, slug(title));
    issue.title = Some(title.into());
    issue.message = at(1).map(Cow::Borrowed);
    issue.severity = Some(word.into());
    issue.rating = Some(severity);
    match issue.into_finding(Location::Sast(SourceLocation::file("META-INF"))) {
        Some(finding) => Outcome::finding(finding),
        None => Outcome::skip(SkipReason::Unsupported, "a finding that says nothing", ""),
    }
}

/// A check of a binary.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Check<'a> {
    #[serde(borrow)]
    severity: Option<Loose<'a>>,
    description: Option<Loose<'a>>,
}

/// The `name` of a binary, and its checks: `nx`, `stack_canary`.
fn map_binary<'a>(
    binary: &'a BTreeMap<Loose<'_>, Option<TextOr<'_, Check<'_>>>>,
    _: &'a (),
) -> Vec<Outcome<'a>> {
    let checks = || binary.iter().filter_map(|(name, value)| Some((&**name, value.as_ref()?)));
    let file =
        checks().find(|(name, _)| *name == "name").and_then(|(_, value)| value.text()).unwrap_or_default();
    let checks = checks().filter_map(|(name, value)| Some((name, value.other()?)));
    checks.map(|(name, check)| map_check(name, check, file)).collect()
}

fn map_check<'a>(name: &'a str, check: &'a Check<'_>, file: &'a str) -> Outcome<'a> {
    let word = filled(&check.severity).unwrap_or_default();
    let Some(severity) = rating(word) else {
        return Outcome::skip(
            SkipReason::NotAFinding,
            format!("severity: {word}"),
            format!("{name} of {file}"),
        );
    };
    let mut issue = Issue::new(SCHEME, format!("binary_{name}"));
    issue.message = filled(&check.description).map(Cow::Borrowed);
    issue.severity = Some(word.into());
    issue.rating = Some(severity);
    match issue.into_finding(Location::Sast(code::lines(file, None, None))) {
        Some(finding) => Outcome::finding(finding),
        None => Outcome::skip(SkipReason::Unsupported, "a check without a name", file),
    }
}

/// MobSF's words; `None` where all is well.
fn rating(word: &str) -> Option<Severity> {
    match word.to_ascii_lowercase().as_str() {
        "high" | "insecure" => Some(Severity::High),
        "warning" | "medium" => Some(Severity::Medium),
        "info" | "hotspot" => Some(Severity::Info),
        "good" | "secure" => None,
        _ => Some(Severity::Unknown),
    }
}

/// Titles hold `<strong>` and `<br>`, and descriptions `</br>`.
fn without_markup(text: &str) -> Text<'_> {
    if !text.contains('<') {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, tag)) = rest.split_once('<') {
        plain.push_str(before);
        let (name, behind) = tag.split_once('>').unwrap_or((tag, ""));
        if name.trim_matches(['/', ' ']).eq_ignore_ascii_case("br") {
            plain.push('\n');
        }
        rest = behind;
    }
    plain.push_str(rest);
    Cow::Owned(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_have_a_weight_unless_all_is_well() {
        for (word, want) in [
            ("high", Some(Severity::High)),
            ("warning", Some(Severity::Medium)),
            ("INFO", Some(Severity::Info)),
            ("secure", None),
            ("good", None),
            ("", Some(Severity::Unknown)),
        ] {
            assert_eq!(rating(word), want, "{word}");
        }
    }

    #[test]
    fn markup_is_no_text() {
        for (text, want) in [
            ("plain", "plain"),
            (
                "Activity (<strong>a.B</strong>) is not Protected.<br>[android:exported=true]",
                "Activity (a.B) is not Protected.\n[android:exported=true]",
            ),
            ("a </br> b", "a \n b"),
        ] {
            assert_eq!(without_markup(text), want);
        }
    }
}
