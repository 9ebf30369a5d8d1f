//! `composer audit --format json`.
//!
//! An advisory is a record, also an ignored one, and so is a package that is abandoned.

use crate::audit::address::advisory_id;
use crate::audit::upgrade_out_of;
use scanlift_convert_api::details::add_list;
use scanlift_convert_api::json::{self, Head, Kind as JsonKind, Loose, Reader, Records, TextOr, filled};
use scanlift_convert_api::package::{Advisory, Package, Place, manifest_or_option};
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Input, Match, Options, Outcome, Record, ScanInfo, Sink, SkipReason,
};
use scanlift_report_core::{Kind, Severity};
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::borrow::Cow;
use std::io::Read;

/// Reads the reports of composer audit.
#[derive(Clone, Copy, Debug, Default)]
pub struct ComposerAudit;

/// The converter.
pub static CONVERTER: ComposerAudit = ComposerAudit;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "composer-audit",
    name: "composer audit",
    summary: "JSON reports of composer audit",
    versions: "Composer 2.4 and later",
    kinds: &[Kind::DependencyScanning],
    url: "https://getcomposer.org/doc/03-cli.md#audit",
};

impl Converter for ComposerAudit {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, bytes: &[u8]) -> Match {
        let head = Head::of(bytes);
        if head.kind() != Some(JsonKind::Object) || !head.has("advisories") {
            return Match::No;
        }
        let beside = ["abandoned", "ignored-advisories", "unreachable-repositories"];
        let text = String::from_utf8_lossy(bytes);
        let entries = text.contains("\"advisoryId\"") && text.contains("\"affectedVersions\"");
        match () {
            () if entries || beside.iter().any(|key| head.has(key)) => Match::Yes,
            () if head.keys().eq(["advisories"]) && !text.contains("\"module_name\"") => Match::Maybe,
            () => Match::No,
        }
    }

    fn convert(&self, input: &dyn Input, options: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
        let mut is_report = false;
        reader.each_key(|key, reader| {
            is_report |= key == "advisories" && matches!(reader.peek()?, JsonKind::Object | JsonKind::Array);
            Ok::<_, ConvertError>(())
        })?;
        reader.finish()?;
        drop(reader);
        if !is_report {
            return Err(ConvertError::Unrecognised {
                expected: "`advisories`, as composer audit writes them",
                help: "give what composer audit --format=json wrote",
            });
        }

        let mut scan = ScanInfo::new(DESCRIPTOR.name, Kind::DependencyScanning);
        scan.vendor = Some("Composer".into());
        scan.url = Some("https://getcomposer.org".into());
        sink.begin_scan(scan).map_err(ConvertError::Deliver)?;
        let manifest = manifest_or_option(None, Some("composer.lock"), options, input, sink);
        let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
        let mut records = Records::new(sink);
        reader.each_key(|key, reader| {
            let ignored = match key {
                "advisories" => false,
                "ignored-advisories" => true,
                "abandoned" if reader.peek()? == JsonKind::Object => {
                    return reader
                        .each_key(|package, reader| abandoned(package, reader, &mut records, &manifest));
                }
                _ => return Ok(()),
            };
            by_package(reader, &mut records, &Scope { package: "", ignored, manifest: &manifest })
        })?;
        Ok(reader.finish()?)
    }
}

/// Around the advisories of a package.
struct Scope<'a> {
    package: &'a str,
    ignored: bool,
    manifest: &'a str,
}

/// Lists of advisories by package; PHP writes an empty list for none.
fn by_package<R: Read>(
    reader: &mut Reader<R>,
    records: &mut Records<'_>,
    scope: &Scope<'_>,
) -> Result<(), ConvertError> {
    if reader.peek()? != JsonKind::Object {
        return records.each(reader, |records, reader| records.map(reader, scope, map_advisory));
    }
    reader.each_key(|package, reader| {
        let scope = Scope { package, ..*scope };
        match reader.peek()? {
            // PHP writes a list with gaps, which filters leave, as an object: `{"1": {...}}`.
            JsonKind::Object => reader.each_key(|_, reader| records.map(reader, &scope, map_advisory)),
            _ => records.each(reader, |records, reader| records.map(reader, &scope, map_advisory)),
        }
    })
}

/// A `SecurityAdvisory` of Composer.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Found<'a> {
    #[serde(borrow)]
    advisory_id: Option<Loose<'a>>,
    package_name: Option<Loose<'a>>,
    affected_versions: Option<Loose<'a>>,
    title: Option<Loose<'a>>,
    cve: Option<Loose<'a>>,
    link: Option<Loose<'a>>,
    /// A text; of Composer 2.4 an object.
    reported_at: Option<TextOr<'a, Date<'a>>>,
    #[serde(deserialize_with = "json::list")]
    sources: Vec<Source<'a>>,
    severity: Option<Loose<'a>>,
    ignore_reason: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Date<'a> {
    #[serde(borrow)]
    date: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Source<'a> {
    #[serde(borrow)]
    name: Option<Loose<'a>>,
    remote_id: Option<Loose<'a>>,
}

fn map_advisory<'a>(found: &'a Found<'_>, scope: &'a Scope<'_>) -> Outcome<'a> {
    let name = filled(&found.package_name).unwrap_or(scope.package);
    let link = filled(&found.link);
    let others = || {
        let sources = found.sources.iter().filter_map(|source| filled(&source.remote_id));
        let ids = sources.filter_map(advisory_id).chain(link.and_then(advisory_id));
        filled(&found.cve).into_iter().chain(ids)
    };
    let id = filled(&found.advisory_id).or_else(|| others().next()).unwrap_or_default();
    if scope.ignored {
        let reason = filled(&found.ignore_reason).unwrap_or("no reason given");
        return Outcome::skip(
            SkipReason::Suppressed,
            format!("ignored by Composer's configuration: {reason}"),
            id,
        );
    }
    let mut about = Advisory::new("packagist_advisory_id", id);
    for other in others() {
        if !about.aliases.iter().any(|known| known == other) {
            about.aliases.push(Cow::Borrowed(other));
        }
    }
    about.url = link.map(Cow::Borrowed);
    about.title = filled(&found.title).map(Cow::Borrowed);
    about.severity = filled(&found.severity).map(Cow::Borrowed);
    about.published = match &found.reported_at {
        Some(TextOr::Text(date)) => Some(Cow::Borrowed(date)),
        Some(TextOr::Other(date)) => filled(&date.date).map(Cow::Borrowed),
        None => None,
    };
    // Composer does not say which version is installed.
    let mut package = Package::new(name, "");
    package.kind = Some("composer".into());
    package.vulnerable = filled(&found.affected_versions).map(Cow::Borrowed);
    about.solution = Some(upgrade_out_of(name, filled(&found.affected_versions)).into());
    let place = Place::Manifest(Cow::Borrowed(scope.manifest));
    let Some(mut finding) = about.into_finding(package, place).filter(|_| !name.is_empty()) else {
        return Outcome::skip(SkipReason::Unsupported, "an advisory without an id or a package", name);
    };
    let sources = found.sources.iter().map(|source| {
        let (name, id) = (filled(&source.name), filled(&source.remote_id));
        name.into_iter().chain(id).collect::<Vec<_>>().join(": ")
    });
    add_list(&mut finding.vulnerability.details, "sources", "Sources", sources);
    Outcome::finding(finding)
}

/// CWE-1104: Use of Unmaintained Third Party Components.
const UNMAINTAINED: u32 = 1104;

/// A package that nobody keeps up, and what to use instead (a text, or null for nothing).
fn abandoned<R: Read>(
    name: &str,
    reader: &mut Reader<R>,
    records: &mut Records<'_>,
    manifest: &str,
) -> Result<(), ConvertError> {
    let instead: Option<TextOr<'_, IgnoredAny>> = reader.parse()?;
    let instead = instead.as_ref().and_then(TextOr::text).filter(|text| *text != "true" && *text != "false");
    let mut about = Advisory::new("composer_rule_id", format!("abandoned:{name}"));
    about.title = Some(format!("{name} is abandoned").into());
    about.description = Some(format!("{name} is abandoned: nobody mends flaws that are found in it.").into());
    about.solution = Some(match instead {
        Some(instead) => format!("Use {instead} instead").into(),
        None => "Replace it by a package that is maintained; its authors suggest none".into(),
    });
    about.weaknesses.push(UNMAINTAINED);
    let mut package = Package::new(name, "");
    package.kind = Some("composer".into());
    let record = Record::begin(records.sink());
    match about.into_finding(package, Place::Manifest(manifest.into())).filter(|_| !name.trim().is_empty()) {
        Some(mut finding) => {
            finding.severity.level = Some(Severity::Info);
            record.emit(finding)
        }
        None => {
            record.skip(SkipReason::Unsupported, "an abandoned package without a name", "");
            Ok(())
        }
    }
}
