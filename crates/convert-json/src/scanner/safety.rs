//! Safety, `safety check`: `--output json` (versions 2 and 3) and `--json` (version 1).

use crate::field::texts;
use scanlift_convert_api::json::{
    self, Fields, Head, Kind as JsonKind, Loose, Reader, Records, Repair, TextOr, filled,
};
use scanlift_convert_api::package::{Advisory, Package, Place, Rating, manifest_or_option};
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Input, Match, Options, Outcome, Record, ScanInfo, Sink, SkipReason,
    sentence,
};
use scanlift_report_core::Kind;
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::borrow::Cow;

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
    summary: "JSON reports of `safety check`",
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
                && head.has("ignored_vulnerabilities"));
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
                    "vulnerabilities" => known = true,
                    "report_meta" => meta = fields.object::<Meta, _>(reader)?,
                    _ => {}
                }
                Ok::<_, ConvertError>(())
            })?;
        }
        reader.finish()?;
        drop(reader);
        if !known && !is_list {
            return Err(ConvertError::Unrecognised {
                expected: "`vulnerabilities`, as safety check writes them",
                help: "write the report with safety check --output json",
            });
        }
        let meta = meta.unwrap_or_default();
        let mut scan = ScanInfo::new(DESCRIPTOR.name, Kind::DependencyScanning);
        scan.url = Some(DESCRIPTOR.url.into());
        scan.version = meta.safety_version.clone().map(Into::into);
        sink.begin_scan(scan).map_err(ConvertError::Deliver)?;
        fields.warnings.into_iter().for_each(|warning| sink.warn(warning));
        let manifest = manifest_or_option(meta.file(), None, options, input, sink);

        let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
        let mut records = Records::new(sink);
        if is_list {
            reader.each_item(|_, reader| map_row(reader, records.sink(), &manifest))?;
        } else {
            reader.each_key(|key, reader| match key {
                "vulnerabilities" => {
                    records.each(reader, |records, reader| records.map(reader, &*manifest, map_vulnerability))
                }
                "ignored_vulnerabilities" => {
                    records.each(reader, |records, reader| records.map(reader, &*manifest, map_ignored))
                }
                _ => Ok(()),
            })?;
        }
        Ok(reader.finish()?)
    }
}

/// `report_meta`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Meta {
    safety_version: Option<String>,
    scan_target: Option<String>,
    #[serde(deserialize_with = "json::list")]
    scanned: Vec<String>,
}

impl Meta {
    /// The file of requirements, if it was one, and only one, that was checked.
    fn file(&self) -> Option<&str> {
        let is_file = matches!(self.scan_target.as_deref(), Some("file" | "files"));
        match self.scanned.as_slice() {
            [file] if is_file => Some(file),
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

fn map_ignored<'a>(found: &'a Vulnerability<'_>, _: &'a str) -> Outcome<'a> {
    let why = filled(&found.ignored_reason).unwrap_or("ignored_vulnerabilities");
    Outcome::skip(SkipReason::Suppressed, why, filled(&found.vulnerability_id).unwrap_or_default())
}

fn map_vulnerability<'a>(found: &'a Vulnerability<'_>, manifest: &'a str) -> Outcome<'a> {
    if json::flag(&found.ignored) == Some(true) {
        return map_ignored(found, manifest);
    }
    let name = filled(&found.package_name).unwrap_or_default();
    let mut about = Advisory::new("safety_id", filled(&found.vulnerability_id).unwrap_or_default());
    about.aliases =
        filled(&found.cve).into_iter().flat_map(|ids| ids.split([',', ' '])).map(Cow::Borrowed).collect();
    about.url = filled(&found.more_info_url).map(Cow::Borrowed);
    about.title = filled(&found.advisory).map(|text| Cow::Borrowed(sentence(text)));
    about.description = filled(&found.advisory).map(Cow::Borrowed);
    about.published = filled(&found.published_date).map(Cow::Borrowed);
    about.references = texts(&found.resources).map(Cow::Borrowed).collect();
    if let Some(ratings) = &found.severity {
        let source = filled(&ratings.source).unwrap_or_default();
        let scores = [&ratings.cvssv3, &ratings.cvssv2].into_iter().flatten();
        about.ratings = scores
            .map(|score| {
                Rating::new(source, filled(&score.vector_string).map(Cow::Borrowed), score.base_score)
            })
            .collect();
        let word = ratings.cvssv3.as_ref().and_then(|score| filled(&score.base_severity));
        about.severity = word.map(Cow::Borrowed);
    }
    let mut package = Package::new(name, filled(&found.analyzed_version).unwrap_or_default());
    package.kind = Some("pypi".into());
    package.direct = found.is_transitive.map(|transitive| !transitive);
    package.vulnerable = Some(texts(&found.vulnerable_spec).collect::<Vec<_>>().join(" || ").into());
    package.fixed = texts(&found.fixed_versions).map(Cow::Borrowed).collect();
    outcome(about, package, manifest)
}

fn outcome<'a>(about: Advisory<'a>, package: Package<'a>, manifest: &'a str) -> Outcome<'a> {
    let name = package.name.clone();
    let finding = about.into_finding(package, Place::Manifest(manifest.into()));
    match finding.filter(|_| !name.is_empty()) {
        Some(finding) => Outcome::finding(finding),
        None => Outcome::skip(SkipReason::Unsupported, "a vulnerability without an id or a package", name),
    }
}

/// A row of version 1: package, vulnerable versions, installed version, advisory, id.
type Row<'a> = Vec<Option<TextOr<'a, IgnoredAny>>>;

fn map_row<R: std::io::Read>(
    reader: &mut Reader<R>,
    sink: &mut dyn Sink,
    manifest: &str,
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
    about.title = column(3).map(|text| Cow::Borrowed(sentence(text)));
    about.description = column(3).map(Cow::Borrowed);
    let mut package = Package::new(column(0).unwrap_or_default(), column(2).unwrap_or_default());
    package.kind = Some("pypi".into());
    package.vulnerable = column(1).map(Cow::Borrowed);
    Record::begin(sink).spend(outcome(about, package, manifest))
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
    fn rows_have_ranges_and_ids() {
        for (document, want) in [
            ("[[\"jinja2\", \"<2.11.3\", \"2.0\", \"text\", \"39525\"], [\"", true),
            ("[\n [\"a\", \">=1,<2\", \"1.5\", \"text\", \"pyup.io-1\", null, null]\n]", true),
            ("[[\"a\", \"b\", \"c\", \"d\", \"1\"]]", false),
            ("[[\"a\", \"<1\", \"0\"]]", false),
            ("[]", false),
        ] {
            assert_eq!(begins_with_row(document.as_bytes()), want, "{document}");
        }
    }
}
