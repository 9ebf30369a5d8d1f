//! `cargo audit --json`: one document, or one for each binary that `cargo audit bin` looked into.
//!
//! The layout is `Report` of the crate `rustsec`. A vulnerability is a record, and so is a warning:
//! a crate that is unmaintained, unsound or yanked, or has a notice.

use crate::audit::NOT_MENDED;
use crate::audit::requirement::mended;
use scanlift_convert_api::details::add_list;
use scanlift_convert_api::json::{
    self, Fields, Head, Kind as JsonKind, Loose, Reader, Records, TextOr, filled,
};
use scanlift_convert_api::package::{Advisory, Package, Place, Rating, manifest_or_option};
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Input, Match, Options, Outcome, ScanInfo, Sink, SkipReason,
};
use scanlift_report_core::{Details, Kind, OptionSource, ScanOption, Severity, Text};
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::Read;

/// Reads the reports of cargo-audit.
#[derive(Clone, Copy, Debug, Default)]
pub struct CargoAudit;

/// The converter.
pub static CONVERTER: CargoAudit = CargoAudit;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "cargo-audit",
    name: "cargo-audit",
    summary: "JSON reports of cargo-audit",
    versions: "any",
    kinds: &[Kind::DependencyScanning],
    url: "https://github.com/rustsec/rustsec/tree/main/cargo-audit",
};

impl Converter for CargoAudit {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, bytes: &[u8]) -> Match {
        let head = Head::of(bytes);
        let beside = ["lockfile", "database", "settings"].iter().filter(|key| head.has(key)).count();
        let list = ["list", "found"].iter().any(|key| head.path_has(&["vulnerabilities", key]));
        if list && beside > 0 { Match::Yes } else { Match::No }
    }

    /// The document is read twice: once for how it was made, and once for the records.
    fn convert(&self, input: &dyn Input, options: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
        let mut outline = Outline::default();
        while reader.next_document()? {
            reader.each_key(|key, reader| outline.read(key, reader))?;
        }
        drop(reader);
        if !outline.is_report {
            return Err(ConvertError::Unrecognised {
                expected: "`vulnerabilities`, as cargo-audit writes them",
                help: "give the file that cargo audit wrote with --json",
            });
        }

        let mut scan = ScanInfo::new(DESCRIPTOR.name, Kind::DependencyScanning);
        scan.options = outline.options();
        sink.begin_scan(scan).map_err(ConvertError::Deliver)?;
        outline.fields.warnings.into_iter().for_each(|warning| sink.warn(warning));
        let manifest = manifest_or_option(None, Some("Cargo.lock"), options, input, sink);
        let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
        let mut records = Records::new(sink);
        while reader.next_document()? {
            reader.each_key(|key, reader| visit(key, reader, &mut records, &manifest))?;
        }
        Ok(())
    }
}

/// What a first pass finds.
#[derive(Debug, Default)]
struct Outline {
    is_report: bool,
    settings: Settings,
    database: Database,
    fields: Fields,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Settings {
    #[serde(deserialize_with = "json::list")]
    ignore: Vec<String>,
    severity: Option<String>,
    #[serde(deserialize_with = "json::list")]
    target_arch: Vec<String>,
    #[serde(deserialize_with = "json::list")]
    target_os: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
struct Database {
    last_commit: Option<String>,
    last_updated: Option<String>,
}

impl Outline {
    fn read<R: Read>(&mut self, key: &str, reader: &mut Reader<R>) -> Result<(), ConvertError> {
        match key {
            "settings" => self.settings = self.fields.object(reader)?.unwrap_or_default(),
            "database" => self.database = self.fields.object(reader)?.unwrap_or_default(),
            "vulnerabilities" => self.is_report |= self.fields.is(JsonKind::Object, reader)?,
            _ => {}
        }
        Ok(())
    }

    /// What bears on what was found.
    fn options(&self) -> Vec<ScanOption<'static>> {
        let Self { settings, database, .. } = self;
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        [
            ("ignore", settings.ignore.join(", ")),
            ("severity", text(&settings.severity)),
            ("target-arch", settings.target_arch.join(", ")),
            ("target-os", settings.target_os.join(", ")),
            ("database-commit", text(&database.last_commit)),
            ("database-updated", text(&database.last_updated)),
        ]
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .filter_map(|(name, value)| ScanOption::new(name, OptionSource::Other, value))
        .collect()
    }
}

fn visit<R: Read>(
    key: &str,
    reader: &mut Reader<R>,
    records: &mut Records<'_>,
    manifest: &str,
) -> Result<(), ConvertError> {
    let is_object = reader.peek()? == JsonKind::Object;
    match key {
        "vulnerabilities" if is_object => reader.each_key(|key, reader| match key {
            "list" => warnings(reader, records, &Scope { kind: "", manifest }),
            _ => Ok(()),
        }),
        // By kind; cargo-audit 0.11 wrote a list.
        "warnings" if is_object => {
            reader.each_key(|kind, reader| warnings(reader, records, &Scope { kind, manifest }))
        }
        "warnings" => warnings(reader, records, &Scope { kind: "warning", manifest }),
        _ => Ok(()),
    }
}

fn warnings<R: Read>(
    reader: &mut Reader<R>,
    records: &mut Records<'_>,
    scope: &Scope<'_>,
) -> Result<(), ConvertError> {
    records.each(reader, |records, reader| records.map(reader, scope, map_entry))
}

/// Around a list.
struct Scope<'a> {
    /// Of warnings; empty for vulnerabilities.
    kind: &'a str,
    manifest: &'a str,
}

/// A `Vulnerability` or `Warning` of the crate `rustsec`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Entry<'a> {
    /// A word; in cargo-audit 0.11 an object with the word for its key.
    #[serde(borrow)]
    kind: Option<TextOr<'a, BTreeMap<Loose<'a>, IgnoredAny>>>,
    advisory: Option<Metadata<'a>>,
    versions: Option<Versions<'a>>,
    affected: Option<Affected<'a>>,
    package: Option<Crate<'a>>,
}

/// `advisory::Metadata`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Metadata<'a> {
    #[serde(borrow)]
    id: Option<Loose<'a>>,
    package: Option<Loose<'a>>,
    title: Option<Loose<'a>>,
    description: Option<Loose<'a>>,
    date: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    aliases: Vec<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    related: Vec<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    categories: Vec<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    keywords: Vec<Loose<'a>>,
    cvss: Option<Loose<'a>>,
    informational: Option<TextOr<'a, IgnoredAny>>,
    #[serde(deserialize_with = "json::list")]
    references: Vec<Loose<'a>>,
    url: Option<Loose<'a>>,
    withdrawn: Option<Loose<'a>>,
    /// Where `versions` stood before cargo-audit 0.11.
    #[serde(deserialize_with = "json::list")]
    patched_versions: Vec<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    unaffected_versions: Vec<Loose<'a>>,
}

/// `advisory::Versions`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Versions<'a> {
    #[serde(borrow, deserialize_with = "json::list")]
    patched: Vec<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    unaffected: Vec<Loose<'a>>,
}

/// `advisory::Affected`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Affected<'a> {
    #[serde(borrow, deserialize_with = "json::list")]
    arch: Vec<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    os: Vec<Loose<'a>>,
    functions: BTreeMap<Loose<'a>, IgnoredAny>,
}

/// `cargo_lock::Package`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Crate<'a> {
    #[serde(borrow)]
    name: Option<Loose<'a>>,
    version: Option<Loose<'a>>,
    source: Option<Loose<'a>>,
}

fn map_entry<'a>(entry: &'a Entry<'_>, scope: &'a Scope<'_>) -> Outcome<'a> {
    let metadata = entry.advisory.as_ref();
    let text =
        |field: fn(&'a Metadata<'_>) -> &'a Option<Loose<'a>>| metadata.and_then(|it| filled(field(it)));
    let kind = entry.kind.as_ref().and_then(|kind| match kind {
        TextOr::Text(word) => Some(word.trim()),
        TextOr::Other(words) => words.keys().next().map(|word| &**word),
    });
    let kind = kind.filter(|_| !scope.kind.is_empty()).unwrap_or(scope.kind);
    let installed = entry.package.as_ref();
    let name = installed.and_then(|it| filled(&it.name)).or(text(|it| &it.package)).unwrap_or_default();
    if let Some(date) = text(|it| &it.withdrawn) {
        let id = text(|it| &it.id).unwrap_or_default();
        return Outcome::skip(SkipReason::NotAFinding, format!("withdrawn: {date}"), id);
    }

    // A yanked crate has no advisory.
    let mut about = Advisory::new("cargo_audit_rule_id", text(|it| &it.id).unwrap_or(kind));
    let listed = |list: fn(&'a Metadata<'_>) -> &'a [Loose<'a>]| metadata.map(list).unwrap_or_default();
    about.aliases = listed(|it| &it.aliases).iter().map(|id| Cow::Borrowed(&**id)).collect();
    about.title = text(|it| &it.title).map(Cow::Borrowed).or_else(|| warning_title(kind, name));
    about.description = text(|it| &it.description).map(Cow::Borrowed);
    about.url = text(|it| &it.url).map(Cow::Borrowed);
    about.ratings.extend(text(|it| &it.cvss).map(|vector| Rating::new("", Some(vector.into()), None)));
    about.references = listed(|it| &it.references).iter().map(|url| Cow::Borrowed(&**url)).collect();
    about.published = text(|it| &it.date).map(Cow::Borrowed);
    if kind == "unmaintained" {
        about.weaknesses.push(UNMAINTAINED);
    }

    let mut package = Package::new(name, installed.and_then(|it| filled(&it.version)).unwrap_or_default());
    package.kind = Some("cargo".into());
    let versions = entry.versions.as_ref();
    let patched = versions.map_or_else(|| listed(|it| &it.patched_versions), |it| &it.patched);
    let unaffected = versions.map_or_else(|| listed(|it| &it.unaffected_versions), |it| &it.unaffected);
    package.fixed = mended(patched.iter().map(|requirement| &**requirement));
    if package.fixed.is_empty() {
        about.solution = no_version(kind, patched, name);
    }

    let place = Place::Manifest(Cow::Borrowed(scope.manifest));
    let Some(mut finding) = about.into_finding(package, place).filter(|_| !name.is_empty()) else {
        return Outcome::skip(SkipReason::Unsupported, "an entry without an advisory or a package", name);
    };
    finding.severity.level = Some(severity(kind));
    let details = &mut finding.vulnerability.details;
    let informational = metadata.and_then(|it| it.informational.as_ref()).and_then(TextOr::text);
    details.text(
        "warning",
        "Warning",
        if kind.is_empty() { informational.unwrap_or_default() } else { kind },
    );
    list_affected(details, entry.affected.as_ref());
    details.text("unaffected_versions", "Unaffected versions", joined(unaffected));
    if let Some(metadata) = metadata {
        details.text("categories", "Categories", joined(&metadata.categories));
        details.text("keywords", "Keywords", joined(&metadata.keywords));
        details.text("related", "Related advisories", joined(&metadata.related));
    }
    let source = installed.and_then(|it| filled(&it.source)).filter(|source| !source.contains(CRATES_IO));
    details.text("package_source", "Package source", source.unwrap_or_default());
    Outcome::finding(finding)
}

/// The registry that needs no mention.
const CRATES_IO: &str = "github.com/rust-lang/crates.io-index";

/// CWE-1104: Use of Unmaintained Third Party Components.
const UNMAINTAINED: u32 = 1104;

/// What an entry weighs where its advisory has no rating. A vulnerability is what cargo-audit's own
/// SARIF calls an `error`. An unsound crate can corrupt memory when it is used in a way that its
/// author did not think of; other warnings only inform.
fn severity(kind: &str) -> Severity {
    match kind {
        "" => Severity::High,
        "unsound" => Severity::Low,
        _ => Severity::Info,
    }
}

fn warning_title<'a>(kind: &str, name: &str) -> Option<Text<'a>> {
    let says = match kind {
        "" => return None,
        "yanked" => "was yanked from its registry",
        "unmaintained" => "is unmaintained",
        "unsound" => "is unsound",
        _ => "has a notice",
    };
    Some(Cow::Owned(format!("{name} {says}")))
}

/// What to do where no requirement names a mended version.
fn no_version<'a>(kind: &str, patched: &[Loose<'_>], name: &str) -> Option<Text<'a>> {
    match kind {
        "yanked" => Some(Cow::Owned(format!("Use a version of {name} that was not yanked"))),
        _ if !patched.is_empty() => Some(Cow::Owned(format!("Use {name} {}", joined(patched)))),
        "unmaintained" => Some(Cow::Owned(format!("Replace {name} by a crate that is maintained"))),
        "" | "unsound" => Some(Cow::Borrowed(NOT_MENDED)),
        _ => None,
    }
}

fn list_affected<'a>(details: &mut Details<'a>, affected: Option<&'a Affected<'_>>) {
    if let Some(affected) = affected {
        let functions = affected.functions.keys().map(|function| &**function);
        add_list(details, "affected_functions", "Affected functions", functions);
        details.text("affected_systems", "Affected systems", joined(&affected.os));
        details.text("affected_architectures", "Affected architectures", joined(&affected.arch));
    }
}

fn joined(texts: &[Loose<'_>]) -> String {
    texts.iter().map(|text| text.trim()).filter(|text| !text.is_empty()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_have_a_weight_and_a_title() {
        for (kind, want, title) in [
            ("", Severity::High, None),
            ("unsound", Severity::Low, Some("a is unsound")),
            ("unmaintained", Severity::Info, Some("a is unmaintained")),
            ("yanked", Severity::Info, Some("a was yanked from its registry")),
            ("notice", Severity::Info, Some("a has a notice")),
        ] {
            assert_eq!(severity(kind), want, "{kind}");
            assert_eq!(warning_title(kind, "a").as_deref(), title, "{kind}");
        }
    }

    #[test]
    fn there_is_always_something_to_do() {
        let patched = [Loose("> 1.2".into())];
        for (kind, patched, want) in [
            ("", &[][..], NOT_MENDED),
            ("", &patched[..], "Use a > 1.2"),
            ("yanked", &[][..], "Use a version of a that was not yanked"),
            ("unmaintained", &[][..], "Replace a by a crate that is maintained"),
        ] {
            assert_eq!(no_version(kind, patched, "a").as_deref(), Some(want));
        }
    }
}
