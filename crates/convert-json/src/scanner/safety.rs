//! Safety: `safety check` with `--output json` (versions 2 and 3) and `--json` (version 1), and
//! `safety scan --output json` (version 3).

use crate::field::texts;
use scanlift_convert_api::json::{
    self, Fields, Head, Kind as JsonKind, Loose, Reader, Records, Repair, TextOr, filled,
};
use scanlift_convert_api::package::{Advisory, Package, Place, Rating, SpareManifest, is_manifest};
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Input, Match, Options, Outcome, Record, ScanInfo, Sink, SkipReason,
    advisory, sentence,
};
use scanlift_report_core::Kind;
use serde::Deserialize;
use std::borrow::Cow;
use std::io::Read;

/// Reads the JSON reports of Safety.
#[derive(Clone, Copy, Debug, Default)]
pub struct Safety;

/// The converter.
pub static CONVERTER: Safety = Safety;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "safety",
    name: "Safety",
    summary: "JSON reports of `safety check` and `safety scan`",
    versions: "1 to 3",
    kinds: &[Kind::DependencyScanning],
    url: "https://docs.safetycli.com/",
};

impl Converter for Safety {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, bytes: &[u8]) -> Match {
        let head = Head::of(bytes);
        let report = head.path_has(&["report_meta", "safety_version"])
            || (head.has("report_meta") && head.has("affected_packages"))
            || (head.path_has(&["vulnerabilities", "analyzed_version"])
                && head.has("ignored_vulnerabilities"))
            || head.path_has(&["meta", "safety_version"])
            || head.path_has(&["scan_results", "projects", "files", "results"]);
        // A list of reports is none itself.
        let report = report && head.kind() == Some(JsonKind::Object);
        if report || begins_with_row(bytes) { Match::Yes } else { Match::No }
    }

    fn convert(&self, input: &dyn Input, options: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
        let (mut fields, mut known, mut meta) = (Fields::default(), false, None);
        let is_list = reader.peek()? == JsonKind::Array;
        if is_list {
            reader.each_item(|_, _| Ok::<_, ConvertError>(()))?;
        } else {
            reader.each_key(|key, reader| {
                match key {
                    "vulnerabilities" | "scan_results" => known = true,
                    "report_meta" | "meta" => meta = fields.object::<Meta, _>(reader)?,
                    _ => {}
                }
                Ok::<_, ConvertError>(())
            })?;
        }
        reader.finish()?;
        drop(reader);
        if !known && !is_list {
            return Err(ConvertError::Unrecognised {
                expected: "`vulnerabilities` or `scan_results`, as Safety writes them",
                help: "write the report with safety check or safety scan, and --output json",
            });
        }
        let meta = meta.unwrap_or_default();
        let mut scan = ScanInfo::new(DESCRIPTOR.name, Kind::DependencyScanning);
        scan.url = Some(DESCRIPTOR.url.into());
        scan.version = meta.safety_version.clone().map(Into::into);
        let locations =
            meta.scan_locations.iter().filter(|path| path.starts_with('/') || path.contains(":\\"));
        scan.roots = locations.map(Into::into).collect();
        sink.begin_scan(scan).map_err(ConvertError::Deliver)?;
        fields.warnings.into_iter().for_each(|warning| sink.warn(warning));
        let scope = Scope { meta: &meta, spare: SpareManifest::new(options, input) };

        let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
        let mut records = Records::new(sink);
        if is_list {
            reader.each_item(|_, reader| map_row(reader, records.sink(), &scope))?;
        } else {
            reader.each_key(|key, reader| match key {
                "vulnerabilities" => {
                    records.each(reader, |records, reader| records.map(reader, &scope, map_vulnerability))
                }
                "ignored_vulnerabilities" => {
                    records.each(reader, |records, reader| records.map(reader, &scope, map_ignored))
                }
                "scan_results" if reader.peek()? == JsonKind::Object => {
                    reader.each_key(|key, reader| each_file(key, reader, &mut records, &scope))
                }
                _ => Ok(()),
            })?;
        }
        reader.finish()?;
        scope.spare.tell(sink);
        Ok(())
    }
}

/// Visits the files of `safety scan`, those of projects too.
fn each_file<R: Read>(
    key: &str,
    reader: &mut Reader<R>,
    records: &mut Records<'_>,
    scope: &Scope<'_>,
) -> Result<(), ConvertError> {
    match (key, reader.peek()?) {
        ("files", _) => records.each(reader, |records, reader| records.map_group(reader, scope, map_file)),
        ("projects", JsonKind::Array) => reader.each_item(|_, reader| match reader.peek()? {
            JsonKind::Object => reader.each_key(|key, reader| match key {
                "files" => each_file(key, reader, records, scope),
                _ => Ok(()),
            }),
            _ => Ok(()),
        }),
        _ => Ok(()),
    }
}

/// Where packages stand.
struct Scope<'c> {
    meta: &'c Meta,
    spare: SpareManifest<'c>,
}

impl Scope<'_> {
    /// The file that a package was found in, which may also be an environment; else the only one that
    /// was checked.
    fn manifest<'a>(&'a self, found: Option<&'a str>) -> &'a str {
        let file = found.filter(|found| self.meta.is_of_files() || is_manifest(found));
        file.or(self.meta.file()).unwrap_or_else(|| self.spare.name())
    }
}

/// `report_meta`, or `meta` of `safety scan`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Meta {
    safety_version: Option<String>,
    #[serde(deserialize_with = "json::list")]
    scan_locations: Vec<String>,
    scan_target: Option<String>,
    #[serde(deserialize_with = "json::list")]
    scanned: Vec<String>,
}

impl Meta {
    /// Whether files of requirements were checked, and no environment.
    fn is_of_files(&self) -> bool {
        matches!(self.scan_target.as_deref(), Some("file" | "files"))
    }

    /// The file of requirements, if it was one, and only one, that was checked.
    fn file(&self) -> Option<&str> {
        match self.scanned.as_slice() {
            [file] if self.is_of_files() => Some(file),
            _ => None,
        }
    }
}

/// `Vulnerability.to_dict`, with only the fields that are used.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Vulnerability<'a> {
    #[serde(borrow)]
    vulnerability_id: Option<Loose<'a>>,
    package_name: Option<Loose<'a>>,
    analyzed_version: Option<Loose<'a>>,
    analyzed_requirement: Option<Requirement<'a>>,
    #[serde(deserialize_with = "json::list")]
    vulnerable_spec: Vec<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    fixed_versions: Vec<Loose<'a>>,
    advisory: Option<Loose<'a>>,
    #[serde(rename = "CVE")]
    cve: Option<Loose<'a>>,
    severity: Option<Ratings<'a>>,
    is_transitive: Option<bool>,
    published_date: Option<Loose<'a>>,
    more_info_url: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    resources: Vec<Loose<'a>>,
    ignored: Option<Loose<'a>>,
    ignored_reason: Option<Loose<'a>>,
}

/// How a package is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Requirement<'a> {
    /// The file or the environment that has it.
    #[serde(borrow)]
    found: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Ratings<'a> {
    #[serde(borrow)]
    source: Option<Loose<'a>>,
    cvssv2: Option<Score<'a>>,
    cvssv3: Option<Score<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Score<'a> {
    #[serde(deserialize_with = "json::number")]
    base_score: Option<f64>,
    #[serde(borrow)]
    base_severity: Option<Loose<'a>>,
    vector_string: Option<Loose<'a>>,
}

impl Score<'_> {
    fn rating<'a>(&'a self, source: &'a str) -> Rating<'a> {
        Rating::new(source, filled(&self.vector_string).map(Cow::Borrowed), self.base_score)
    }
}

fn map_ignored<'a>(found: &'a Vulnerability<'_>, _: &'a Scope<'_>) -> Outcome<'a> {
    let why = filled(&found.ignored_reason).unwrap_or("ignored_vulnerabilities");
    Outcome::skip(SkipReason::Suppressed, why, filled(&found.vulnerability_id).unwrap_or_default())
}

fn map_vulnerability<'a>(found: &'a Vulnerability<'_>, scope: &'a Scope<'_>) -> Outcome<'a> {
    if json::flag(&found.ignored) == Some(true) {
        return map_ignored(found, scope);
    }
    let name = filled(&found.package_name).unwrap_or_default();
    let mut about = Advisory::new("safety_id", filled(&found.vulnerability_id).unwrap_or_default());
    about.aliases =
        filled(&found.cve).into_iter().flat_map(|ids| ids.split([',', ' '])).map(Cow::Borrowed).collect();
    about.url = filled(&found.more_info_url).map(Cow::Borrowed);
    about.title = filled(&found.advisory).map(sentence);
    about.description = filled(&found.advisory).map(Cow::Borrowed);
    about.published = filled(&found.published_date).map(Cow::Borrowed);
    about.references = texts(&found.resources).map(Cow::Borrowed).collect();
    if let Some(ratings) = &found.severity {
        // Safety names the CVE that it has the ratings from.
        let source = filled(&ratings.source).unwrap_or_default();
        let source = if advisory::kind(source) == Some("cve") { "NVD" } else { source };
        let scores = [&ratings.cvssv3, &ratings.cvssv2].into_iter().flatten();
        about.ratings = scores.map(|score| score.rating(source)).collect();
        let word = ratings.cvssv3.as_ref().and_then(|score| filled(&score.base_severity));
        about.severity = word.map(Cow::Borrowed);
    }
    let mut package = Package::new(name, filled(&found.analyzed_version).unwrap_or_default());
    package.kind = Some("pypi".into());
    package.direct = found.is_transitive.map(|transitive| !transitive);
    package.vulnerable = Some(texts(&found.vulnerable_spec).collect::<Vec<_>>().join(" || ").into());
    package.fixed = texts(&found.fixed_versions).map(Cow::Borrowed).collect();
    let found_in = found.analyzed_requirement.as_ref().and_then(|requirement| filled(&requirement.found));
    outcome(about, package, scope.manifest(found_in))
}

fn outcome<'a>(about: Advisory<'a>, package: Package<'a>, manifest: &'a str) -> Outcome<'a> {
    let name = package.name.clone();
    let finding = about.into_finding(package, Place::Manifest(manifest.into()));
    match finding.filter(|_| !name.is_empty()) {
        Some(finding) => Outcome::finding(finding),
        None => Outcome::skip(SkipReason::Unsupported, "a vulnerability without an id or a package", name),
    }
}

/// A file of `safety scan`, with only the fields that are used.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct File<'a> {
    #[serde(borrow)]
    location: Option<Loose<'a>>,
    results: Option<Results<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Results<'a> {
    #[serde(borrow, deserialize_with = "json::list")]
    dependencies: Vec<Dependency<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Dependency<'a> {
    #[serde(borrow)]
    name: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    specifications: Vec<Specification<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Specification<'a> {
    /// As the file has it: `acme==1.0`.
    #[serde(borrow)]
    raw: Option<Loose<'a>>,
    vulnerabilities: Option<Known<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Known<'a> {
    #[serde(borrow, deserialize_with = "json::list")]
    known_vulnerabilities: Vec<KnownVulnerability<'a>>,
    remediation: Option<Remediation<'a>>,
}

/// A vulnerability of which no more is told than its number.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct KnownVulnerability<'a> {
    #[serde(borrow)]
    id: Option<Loose<'a>>,
    vulnerable_spec: Option<Loose<'a>>,
    ignored: Option<TextOr<'a, Ignored<'a>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Ignored<'a> {
    #[serde(borrow)]
    code: Option<Loose<'a>>,
    reason: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Remediation<'a> {
    #[serde(borrow)]
    recommended: Option<Loose<'a>>,
}

fn map_file<'a>(file: &'a File<'_>, scope: &'a Scope<'_>) -> Vec<Outcome<'a>> {
    let mut outcomes = Vec::new();
    for dependency in file.results.iter().flat_map(|results| &results.dependencies) {
        for specification in &dependency.specifications {
            let known = specification.vulnerabilities.iter().flat_map(|it| &it.known_vulnerabilities);
            outcomes.extend(known.map(|found| map_known(found, specification, dependency, file, scope)));
        }
    }
    outcomes
}

fn map_known<'a>(
    found: &'a KnownVulnerability<'_>,
    specification: &'a Specification<'_>,
    dependency: &'a Dependency<'_>,
    file: &'a File<'_>,
    scope: &'a Scope<'_>,
) -> Outcome<'a> {
    let id = filled(&found.id).unwrap_or_default();
    if let Some(TextOr::Other(ignored)) = &found.ignored {
        let why = filled(&ignored.reason).or(filled(&ignored.code)).unwrap_or("ignored");
        return Outcome::skip(SkipReason::Suppressed, why, id);
    }
    let name = filled(&dependency.name).unwrap_or_default();
    let mut package = Package::new(name, version(filled(&specification.raw).unwrap_or_default()));
    package.kind = Some("pypi".into());
    package.vulnerable = filled(&found.vulnerable_spec).map(Cow::Borrowed);
    let remediation = specification.vulnerabilities.as_ref().and_then(|known| known.remediation.as_ref());
    let recommended = remediation.and_then(|remediation| filled(&remediation.recommended));
    package.fixed = recommended.map(Cow::Borrowed).into_iter().collect();
    let manifest = filled(&file.location).unwrap_or_else(|| scope.manifest(None));
    outcome(Advisory::new("safety_id", id), package, manifest)
}

/// The version that a requirement pins: `1.0` of `acme==1.0 ; python_version < "4"`.
fn version(requirement: &str) -> &str {
    // Behind a semicolon stands for which Python it is asked for.
    let asked = requirement.split(';').next().unwrap_or_default();
    let pinned = asked.split_once("==").map_or("", |(_, pinned)| pinned);
    let pinned = pinned.trim_start_matches(['=', ' ']);
    pinned.split([' ', ',', '#']).next().unwrap_or_default()
}

/// A row of version 1: package, vulnerable versions, installed version, advisory, id, and with a key ratings
/// by CVSS 2 and 3.
type Row<'a> = Vec<Option<TextOr<'a, Score<'a>>>>;

fn map_row<R: Read>(
    reader: &mut Reader<R>,
    sink: &mut dyn Sink,
    scope: &Scope<'_>,
) -> Result<(), ConvertError> {
    let found = reader.peek()?;
    if found != JsonKind::Array {
        let detail = format!("expected an array, found {found}");
        Record::begin(sink).skip(SkipReason::Unsupported, &detail, &reader.path());
        return Ok(());
    }
    let mut repair = Repair::default();
    let (row, _) = reader.parse_lenient::<Row<'_>>(&mut repair)?;
    let column = |at: usize| row.get(at).and_then(|text| text.as_ref()?.text());
    let mut about = Advisory::new("safety_id", column(4).unwrap_or_default());
    about.title = column(3).map(sentence);
    about.description = column(3).map(Cow::Borrowed);
    let scores = [6, 5].into_iter().filter_map(|at| row.get(at)?.as_ref()?.other());
    about.ratings = scores.map(|score| score.rating("NVD")).collect();
    let mut package = Package::new(column(0).unwrap_or_default(), column(2).unwrap_or_default());
    package.kind = Some("pypi".into());
    package.vulnerable = column(1).map(Cow::Borrowed);
    Record::begin(sink).spend(outcome(about, package, scope.manifest(None)))
}

/// Whether a list begins with a row of version 1: `[["jinja2", "<2.11.3", "2.0", "...", "39525"]]`.
fn begins_with_row(bytes: &[u8]) -> bool {
    let mut packed = bytes.iter().filter(|byte| !byte.is_ascii_whitespace());
    if !packed.by_ref().take(3).eq(b"[[\"") {
        return false;
    }
    let (mut first, mut fields) = (None, Fields::default());
    // A list that is cut off is of no concern here.
    let _ = Reader::new(bytes).each_item(|index, reader| {
        if index == 0 {
            first = fields.read(reader, |row: Row<'_>| is_row(&row))?;
        }
        Ok::<_, ConvertError>(())
    });
    first == Some(true)
}

fn is_row(row: &Row<'_>) -> bool {
    let column = |at: usize| row.get(at).and_then(|text| text.as_ref()?.text());
    let is_range = column(1).is_some_and(|text| text.starts_with(['<', '>', '=', '!', '~']));
    let is_id = column(4).is_some_and(|id| id.bytes().any(|b| b.is_ascii_digit()) && !id.contains(' '));
    (5..=7).contains(&row.len()) && is_range && is_id
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requirements_pin_versions() {
        for (requirement, want) in [
            ("acme==1.0", "1.0"),
            ("acme[tls] == 1.0.post1 ; python_version < \"4\"", "1.0.post1"),
            ("acme===1.0,<2", "1.0"),
            ("acme>=1.0 ; python_version == \"3.9\"", ""),
            ("acme", ""),
        ] {
            assert_eq!(version(requirement), want, "{requirement}");
        }
    }

    #[test]
    fn rows_have_ranges_and_ids() {
        for (document, want) in [
            ("[[\"jinja2\", \"<2.11.3\", \"2.0\", \"text\", \"39525\"], [\"", true),
            ("[[\"a\", \"<1\", \"0\", \"text\", \"39525\", {\"base_score\": 5}, {}]]", true),
            ("[\n [\"a\", \">=1,<2\", \"1.5\", \"text\", \"pyup.io-1\", null, null]\n]", true),
            ("[[\"a\", \"b\", \"c\", \"d\", \"1\"]]", false),
            ("[[\"a\", \"<1\", \"0\"]]", false),
            ("[]", false),
        ] {
            assert_eq!(begins_with_row(document.as_bytes()), want, "{document}");
        }
    }
}
