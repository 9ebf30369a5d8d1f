//! `retire --outputformat json`: an object since retire.js 2, a list of files before.
//!
//! A vulnerability of a component in a file is a record. A component without any, which
//! `--verbose` lists too, is none.

use crate::audit::{path, probe, title_with};
use scanlift_convert_api::json::{self, Fields, Head, Kind as JsonKind, Loose, Reader, Records, filled};
use scanlift_convert_api::package::{Advisory, Package, Place, manifest_or_option, version_range};
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Input, Match, Options, Outcome, ScanInfo, Sink, SkipReason, cwe,
    slug,
};
use scanlift_report_core::{Kind, Message, MessageLevel, Text};
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::borrow::Cow;
use std::io::Read;

/// Reads the reports of retire.js.
#[derive(Clone, Copy, Debug, Default)]
pub struct Retire;

/// The converter.
pub static CONVERTER: Retire = Retire;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "retire",
    name: "Retire.js",
    summary: "JSON reports of retire.js",
    versions: "1 to 5",
    kinds: &[Kind::DependencyScanning],
    url: "https://github.com/RetireJS/retire.js",
};

impl Converter for Retire {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, bytes: &[u8]) -> Match {
        let head = Head::of(bytes);
        let is = |keys: &[&str]| head.path_has(keys);
        let found = is(&["data", "results", "component"]);
        let empty = is(&["data"]) && is(&["messages"]) && is(&["errors"]) && is(&["version"]);
        match head.kind() {
            Some(JsonKind::Object) if found || empty => Match::Yes,
            Some(JsonKind::Array) if is(&["results", "component"]) => Match::Yes,
            _ => Match::No,
        }
    }

    /// The document is read twice: once for what stands beside the files, and once for the records.
    fn convert(&self, input: &dyn Input, options: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
        let mut outline = Outline::default();
        match reader.peek()? {
            JsonKind::Array => outline.files(&mut reader)?,
            _ => reader.each_key(|key, reader| outline.read(key, reader))?,
        }
        reader.finish()?;
        drop(reader);
        if !outline.is_report {
            return Err(ConvertError::Unrecognised {
                expected: "`data`, as retire.js writes it",
                help: "give what retire --outputformat json wrote",
            });
        }

        let mut scan = ScanInfo::new(DESCRIPTOR.name, Kind::DependencyScanning);
        scan.vendor = Some("Retire.js".into());
        scan.url = Some("https://retirejs.github.io/retire.js".into());
        scan.version = outline.version.take().map(Into::into);
        scan.start_time = outline.start.take().map(Into::into);
        scan.messages = std::mem::take(&mut outline.messages);
        sink.begin_scan(scan).map_err(ConvertError::Deliver)?;
        outline.fields.warnings.drain(..).for_each(|warning| sink.warn(warning));
        let unnamed = if outline.has_unnamed {
            // Old versions looked at package.json, and named no file.
            manifest_or_option(None, Some("package.json"), options, input, sink)
        } else {
            Text::default()
        };

        let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
        let mut records = Records::new(sink);
        match reader.peek()? {
            JsonKind::Array => files(&mut reader, &mut records, &unnamed)?,
            _ => reader.each_key(|key, reader| match key {
                "data" => files(reader, &mut records, &unnamed),
                _ => Ok(()),
            })?,
        }
        Ok(reader.finish()?)
    }
}

fn files<R: Read>(
    reader: &mut Reader<R>,
    records: &mut Records<'_>,
    unnamed: &str,
) -> Result<(), ConvertError> {
    records.each(reader, |records, reader| records.map_group(reader, unnamed, map_file))
}

/// What a first pass finds.
#[derive(Debug, Default)]
struct Outline {
    is_report: bool,
    has_unnamed: bool,
    version: Option<String>,
    start: Option<String>,
    messages: Vec<Message<'static>>,
    fields: Fields,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Named {
    file: Option<String>,
    results: Option<IgnoredAny>,
}

impl Outline {
    fn read<R: Read>(&mut self, key: &str, reader: &mut Reader<R>) -> Result<(), ConvertError> {
        match key {
            "version" => self.version = self.fields.text(reader)?,
            "start" => self.start = self.fields.text(reader)?,
            "data" => self.files(reader)?,
            "errors" | "messages" if reader.peek()? == JsonKind::Array => {
                let level = if key == "errors" { MessageLevel::Warn } else { MessageLevel::Info };
                reader.each_item(|_, reader| {
                    if self.messages.len() < MOST_MESSAGES && reader.peek()? == JsonKind::String {
                        let text = self.fields.text(reader)?.unwrap_or_default();
                        self.messages.extend(Message::new(level, text));
                    }
                    Ok::<_, ConvertError>(())
                })?;
            }
            _ => {}
        }
        Ok(())
    }

    fn files<R: Read>(&mut self, reader: &mut Reader<R>) -> Result<(), ConvertError> {
        if self.fields.is(JsonKind::Array, reader)? {
            let (mut files, mut known) = (0_u64, 0_u64);
            reader.each_item(|_, reader| {
                let named: Named = probe(reader)?;
                files += 1;
                known += u64::from(named.file.is_some() || named.results.is_some());
                self.has_unnamed |= filled(&named.file).is_none();
                Ok::<_, ConvertError>(())
            })?;
            self.is_report = files == 0 || known > 0;
        }
        Ok(())
    }
}

/// A tree may have many files that cannot be read.
const MOST_MESSAGES: usize = 20;

/// An entry of `data`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct File<'a> {
    #[serde(borrow)]
    file: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    results: Vec<Component<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Component<'a> {
    #[serde(borrow)]
    component: Option<Loose<'a>>,
    npmname: Option<Loose<'a>>,
    version: Option<Loose<'a>>,
    detection: Option<Loose<'a>>,
    /// Of a package that a package depends on (before retire.js 3).
    parent: Option<Box<Component<'a>>>,
    #[serde(deserialize_with = "json::list")]
    vulnerabilities: Vec<Flaw<'a>>,
}

/// A vulnerability of retire.js's repository.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Flaw<'a> {
    #[serde(borrow, deserialize_with = "json::list")]
    info: Vec<Loose<'a>>,
    severity: Option<Loose<'a>>,
    #[serde(rename = "atOrAbove")]
    at_or_above: Option<Loose<'a>>,
    below: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    cwe: Vec<Loose<'a>>,
    identifiers: Option<Identifiers<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Identifiers<'a> {
    #[serde(borrow)]
    summary: Option<Loose<'a>>,
    #[serde(rename = "CVE", deserialize_with = "json::list")]
    cve: Vec<Loose<'a>>,
    #[serde(rename = "githubID", deserialize_with = "json::list")]
    github_id: Vec<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    osvdb: Vec<Loose<'a>>,
    retid: Option<Loose<'a>>,
    issue: Option<Loose<'a>>,
    bug: Option<Loose<'a>>,
    #[serde(rename = "PR")]
    pull_request: Option<Loose<'a>>,
    release: Option<Loose<'a>>,
    commit: Option<Loose<'a>>,
    tenable: Option<Loose<'a>>,
    blog: Option<Loose<'a>>,
}

fn map_file<'a>(file: &'a File<'_>, unnamed: &'a str) -> Vec<Outcome<'a>> {
    let name = filled(&file.file).unwrap_or(unnamed);
    let flaws =
        |component: &'a Component<'a>| component.vulnerabilities.iter().map(move |flaw| (component, flaw));
    file.results.iter().flat_map(flaws).map(|(component, flaw)| map_flaw(flaw, component, name)).collect()
}

fn map_flaw<'a>(flaw: &'a Flaw<'a>, component: &'a Component<'a>, file: &'a str) -> Outcome<'a> {
    let name = filled(&component.component).unwrap_or_default();
    let none = Identifiers::default();
    let ids = flaw.identifiers.as_ref();
    let known = |of: fn(&'a Identifiers<'a>) -> &'a [Loose<'a>]| {
        ids.map(of).unwrap_or_default().iter().map(|id| id.trim()).filter(|id| !id.is_empty())
    };
    let osvdb = known(|ids| &ids.osvdb).map(|id| match id.bytes().all(|b| b.is_ascii_digit()) {
        true => Cow::Owned(format!("OSVDB-{id}")),
        false => Cow::Borrowed(id),
    });
    let mut published: Vec<Text<'a>> =
        known(|ids| &ids.cve).chain(known(|ids| &ids.github_id)).map(Cow::Borrowed).chain(osvdb).collect();
    if published.is_empty() {
        published.push(Cow::Owned(own_id(ids.unwrap_or(&none), name)));
    }
    let mut published = published.into_iter();
    let mut about = Advisory::new("retire_js_id", published.next().unwrap_or_default());
    about.aliases = published.collect();
    let summary = ids.and_then(|ids| filled(&ids.summary));
    let title = summary.and_then(|summary| summary.lines().next());
    about.title = title.map(|title| title_with(title, name));
    about.description = summary.map(Cow::Borrowed);
    about.severity = filled(&flaw.severity).map(Cow::Borrowed);
    about.weaknesses = flaw.cwe.iter().flat_map(|text| cwe::all(text)).collect();
    about.references = flaw.info.iter().map(|url| Cow::Borrowed(&**url)).collect();

    let mut package = Package::new(name, filled(&component.version).unwrap_or_default());
    package.kind = Some("npm".into());
    let range = version_range(filled(&flaw.at_or_above), None, None, filled(&flaw.below));
    package.vulnerable = Some(range.into());
    match filled(&flaw.below).filter(|below| !is_every_version(below)) {
        Some(below) => package.fixed.push(Cow::Borrowed(below)),
        None => about.solution = Some(format!("No version of {name} mends it: replace it").into()),
    }
    package.introduced_by = path(parents(component));
    let place = Place::Manifest(Cow::Borrowed(file));
    let Some(mut finding) = about.into_finding(package, place).filter(|_| !name.is_empty()) else {
        return Outcome::skip(SkipReason::Unsupported, "a vulnerability without a component", file);
    };
    let details = &mut finding.vulnerability.details;
    let npm_name = filled(&component.npmname).filter(|npm_name| *npm_name != name);
    details.text("npm_name", "Name in npm", npm_name.unwrap_or_default());
    details.text("detection", "Detected by", filled(&component.detection).unwrap_or_default());
    if let Some(ids) = ids {
        for (key, label, id) in [
            ("issue", "Issue", &ids.issue),
            ("bug", "Bug", &ids.bug),
            ("pull_request", "Pull request", &ids.pull_request),
            ("commit", "Commit", &ids.commit),
            ("release", "Release", &ids.release),
            ("tenable", "Tenable", &ids.tenable),
            ("blog", "Blog", &ids.blog),
            ("retire_id", "Id of retire.js", &ids.retid),
        ] {
            details.text(key, label, filled(id).unwrap_or_default());
        }
    }
    Outcome::finding(finding)
}

/// An id for a vulnerability that has none of a database: the number that retire.js or the
/// component's own tracker gave it, else what it is called.
fn own_id(ids: &Identifiers<'_>, component: &str) -> String {
    let numbers = [
        ("retid", &ids.retid),
        ("issue", &ids.issue),
        ("bug", &ids.bug),
        ("pr", &ids.pull_request),
        ("commit", &ids.commit),
        ("release", &ids.release),
    ];
    let number = numbers.into_iter().find_map(|(kind, number)| Some((kind, filled(number)?)));
    let (kind, number) = match (number, filled(&ids.summary)) {
        (Some((kind, number)), _) => (kind, number.to_owned()),
        (None, Some(summary)) => ("summary", slug(summary)),
        (None, None) => ("vulnerability", "unnamed".to_owned()),
    };
    format!("retire:{}:{kind}:{number}", if component.is_empty() { "component" } else { component })
}

/// retire.js writes a release line that ended as `2.999.999`.
fn is_every_version(below: &str) -> bool {
    below.split('.').any(|part| part.len() >= 3 && part.bytes().all(|b| b == b'9'))
}

/// The components that lead to one, and itself.
fn parents<'a>(component: &'a Component<'a>) -> Vec<&'a str> {
    let mut way: Vec<&str> = std::iter::successors(Some(component), |it| it.parent.as_deref())
        .filter_map(|it| filled(&it.component))
        .take(50)
        .collect();
    way.reverse();
    way
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn release_lines_end() {
        for (below, want) in
            [("2.999.999", true), ("1.9.0", false), ("3.5.0b1", false), ("999", true), ("99.1", false)]
        {
            assert_eq!(is_every_version(below), want, "{below}");
        }
    }

    #[test]
    fn what_has_no_id_gets_a_stable_one() {
        for (json, want) in [
            (r#"{"retid": "73", "issue": "162"}"#, "retire:jquery:retid:73"),
            (r#"{"issue": 11974, "summary": "parseHTML()"}"#, "retire:jquery:issue:11974"),
            (r#"{"summary": "XSS in load()"}"#, "retire:jquery:summary:xss-in-load"),
            ("{}", "retire:jquery:vulnerability:unnamed"),
        ] {
            let ids: Identifiers<'_> = serde_json::from_str(json).expect(json);
            assert_eq!(own_id(&ids, "jquery"), want);
        }
    }
}
