//! `cargo audit --json`: one document, or one for each binary that `cargo audit bin` looked into.
//!
//! The layout is `Report` of the crate `rustsec`. A vulnerability is a record, and so is a warning:
//! a crate that is unmaintained, unsound or yanked, or has a notice.

use crate::audit::rustsec::{Scope, map_entry};
use scanlift_convert_api::json::{self, Fields, Head, Kind as JsonKind, Reader, Records};
use scanlift_convert_api::package::manifest_or_option;
use scanlift_convert_api::{ConvertError, Converter, Descriptor, Input, Match, Options, ScanInfo, Sink};
use scanlift_report_core::{Kind, OptionSource, ScanOption};
use serde::Deserialize;
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
            "list" => warnings(reader, records, &scope("", manifest)),
            _ => Ok(()),
        }),
        // By kind; cargo-audit 0.11 wrote a list.
        "warnings" if is_object => {
            reader.each_key(|kind, reader| warnings(reader, records, &scope(kind, manifest)))
        }
        "warnings" => warnings(reader, records, &scope("warning", manifest)),
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

fn scope<'a>(kind: &'a str, manifest: &'a str) -> Scope<'a> {
    Scope { scheme: "cargo_audit_rule_id", kind, manifest }
}
