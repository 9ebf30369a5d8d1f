//! `pip-audit --format json`: an object since pip-audit 2.0, a list of dependencies before.
//!
//! A vulnerability of a dependency is a record, and so is a dependency that could not be audited.
//! pip-audit knows no severities, and does not say which file it read.

use crate::audit::{NOT_MENDED, probe};
use scanlift_convert_api::json::{self, Fields, Head, Kind as JsonKind, Loose, Reader, Records, filled};
use scanlift_convert_api::package::{Advisory, Package, Place, manifest_or_option};
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Input, Match, Options, Outcome, ScanInfo, Sink, SkipReason, Warning,
};
use scanlift_report_core::{Kind, Message, MessageLevel};
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::HashMap;
use std::io::Read;

/// Reads the reports of pip-audit.
#[derive(Clone, Copy, Debug, Default)]
pub struct PipAudit;

/// The converter.
pub static CONVERTER: PipAudit = PipAudit;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "pip-audit",
    name: "pip-audit",
    summary: "JSON reports of pip-audit",
    versions: "1 and 2",
    kinds: &[Kind::DependencyScanning],
    url: "https://github.com/pypa/pip-audit",
};

impl Converter for PipAudit {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, bytes: &[u8]) -> Match {
        let head = Head::of(bytes);
        let is = |keys: &[&str]| head.path_has(keys);
        let audited = is(&["dependencies", "name"])
            && (is(&["dependencies", "vulns"]) || is(&["dependencies", "skip_reason"]));
        let listed = is(&["name"]) && (is(&["vulns"]) || is(&["skip_reason"]));
        match head.kind() {
            Some(JsonKind::Object) if audited || (is(&["dependencies"]) && is(&["fixes"])) => Match::Yes,
            Some(JsonKind::Object) if is_empty(bytes) => Match::Maybe,
            Some(JsonKind::Array) if listed => Match::Yes,
            _ => Match::No,
        }
    }

    /// The document is read twice: once for fixes, which stand behind the dependencies, and what was
    /// not audited, and once for the records.
    fn convert(&self, input: &dyn Input, options: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
        let mut outline = Outline::default();
        match reader.peek()? {
            JsonKind::Array => outline.dependencies(&mut reader)?,
            _ => reader.each_key(|key, reader| match key {
                "dependencies" => outline.dependencies(reader),
                "fixes" => outline.fixes(reader),
                _ => Ok(()),
            })?,
        }
        reader.finish()?;
        drop(reader);
        if !outline.is_report {
            return Err(ConvertError::Unrecognised {
                expected: "`dependencies`, as pip-audit writes them",
                help: "give the file that pip-audit wrote with --format json",
            });
        }

        let mut scan = ScanInfo::new(DESCRIPTOR.name, Kind::DependencyScanning);
        scan.vendor = Some("PyPA".into());
        scan.url = Some(DESCRIPTOR.url.into());
        let note = outline.note();
        scan.messages.extend(note.as_deref().and_then(|note| Message::new(MessageLevel::Warn, note)));
        sink.begin_scan(scan).map_err(ConvertError::Deliver)?;
        outline.fields.warnings.drain(..).for_each(|warning| sink.warn(warning));
        note.into_iter().for_each(|note| sink.warn(Warning::note(note)));
        let manifest = manifest_or_option(None, None, options, input, sink);
        let scope = Scope { manifest: &manifest, fixes: &outline.fixes };

        let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
        let mut records = Records::new(sink);
        match reader.peek()? {
            JsonKind::Array => dependencies(&mut reader, &mut records, &scope)?,
            _ => reader.each_key(|key, reader| match key {
                "dependencies" => dependencies(reader, &mut records, &scope),
                _ => Ok(()),
            })?,
        }
        Ok(reader.finish()?)
    }
}

fn dependencies<R: Read>(
    reader: &mut Reader<R>,
    records: &mut Records<'_>,
    scope: &Scope<'_>,
) -> Result<(), ConvertError> {
    records.each(reader, |records, reader| records.map_group(reader, scope, map_dependency))
}

/// Whether this is what versions before `fixes` wrote when there was nothing to audit. A document that is
/// cut off behind its first key could be anybody's.
fn is_empty(bytes: &[u8]) -> bool {
    bytes.iter().filter(|byte| !byte.is_ascii_whitespace()).eq(br#"{"dependencies":[]}"#)
}

/// What a first pass finds.
#[derive(Debug, Default)]
struct Outline {
    is_report: bool,
    dependencies: u64,
    named: u64,
    not_audited: u64,
    /// By the name of the package.
    fixes: HashMap<String, Fix>,
    fields: Fields,
}

/// What `--fix` did or would do (`fixes[]`).
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Fix {
    name: Option<String>,
    new_version: Option<String>,
    skip_reason: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Audited {
    name: Option<String>,
    skip_reason: Option<String>,
}

impl Outline {
    fn dependencies<R: Read>(&mut self, reader: &mut Reader<R>) -> Result<(), ConvertError> {
        if reader.peek()? == JsonKind::Array {
            reader.each_item(|_, reader| {
                self.dependencies += 1;
                let audited: Audited = probe(reader)?;
                self.named += u64::from(filled(&audited.name).is_some());
                self.not_audited += u64::from(audited.skip_reason.is_some());
                Ok::<_, ConvertError>(())
            })?;
        }
        self.is_report = self.dependencies == 0 || self.named > 0;
        Ok(())
    }

    fn fixes<R: Read>(&mut self, reader: &mut Reader<R>) -> Result<(), ConvertError> {
        if !self.fields.is(JsonKind::Array, reader)? {
            return Ok(());
        }
        reader.each_item(|_, reader| {
            let fix: Fix = self.fields.object(reader)?.unwrap_or_default();
            if let Some(name) = fix.name.clone() {
                self.fixes.insert(name, fix);
            }
            Ok(())
        })
    }

    /// That the audit has gaps: pip-audit tells of success all the same.
    fn note(&self) -> Option<String> {
        (self.not_audited > 0).then(|| {
            format!(
                "pip-audit could not audit {} of {} dependencies: they may have vulnerabilities that are not reported",
                self.not_audited, self.dependencies
            )
        })
    }
}

/// Around a dependency.
struct Scope<'a> {
    manifest: &'a str,
    fixes: &'a HashMap<String, Fix>,
}

/// An entry of `dependencies` (`JsonFormat` of pip-audit).
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Dependency<'a> {
    #[serde(borrow)]
    name: Option<Loose<'a>>,
    version: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    vulns: Vec<Vuln<'a>>,
    skip_reason: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Vuln<'a> {
    #[serde(borrow)]
    id: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    aliases: Vec<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    fix_versions: Vec<Loose<'a>>,
    description: Option<Loose<'a>>,
}

fn map_dependency<'a>(dependency: &'a Dependency<'_>, scope: &'a Scope<'_>) -> Vec<Outcome<'a>> {
    let name = filled(&dependency.name).unwrap_or_default();
    let mut outcomes: Vec<_> =
        dependency.vulns.iter().map(|vuln| map_vuln(vuln, name, dependency, scope)).collect();
    if let Some(reason) = filled(&dependency.skip_reason) {
        // The reason names the package, which would make every detail another.
        let reason = reason.split(':').next().unwrap_or(reason);
        outcomes.push(Outcome::skip(SkipReason::NotAFinding, format!("not audited: {reason}"), name));
    }
    outcomes
}

fn map_vuln<'a>(
    vuln: &'a Vuln<'_>,
    name: &'a str,
    dependency: &'a Dependency<'_>,
    scope: &'a Scope<'_>,
) -> Outcome<'a> {
    let mut about = Advisory::new("pip_audit_id", filled(&vuln.id).unwrap_or_default());
    about.aliases = vuln.aliases.iter().map(|alias| Cow::Borrowed(&**alias)).collect();
    about.description = filled(&vuln.description).map(Cow::Borrowed);
    let mut package = Package::new(name, filled(&dependency.version).unwrap_or_default());
    package.kind = Some("pypi".into());
    package.fixed = vuln.fix_versions.iter().map(|version| Cow::Borrowed(&**version)).collect();
    if package.fixed.is_empty() {
        about.solution = Some(NOT_MENDED.into());
    }
    let place = Place::Manifest(Cow::Borrowed(scope.manifest));
    let Some(mut finding) = about.into_finding(package, place).filter(|_| !name.is_empty()) else {
        return Outcome::skip(SkipReason::Unsupported, "a vulnerability without an id or a package", name);
    };
    if let Some(fix) = scope.fixes.get(name) {
        let details = &mut finding.vulnerability.details;
        details.text(
            "fix_version",
            "Version that pip-audit --fix chose",
            fix.new_version.as_deref().unwrap_or_default(),
        );
        details.text(
            "fix_failure",
            "Why pip-audit --fix did not help",
            fix.skip_reason.as_deref().unwrap_or_default(),
        );
    }
    Outcome::finding(finding)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_dependencies_is_not_always_an_audit() {
        for (head, want) in [
            ("{\"dependencies\": [ ]}\n", Match::Maybe),
            ("{\"dependencies\": [{\"fileName\": \"a.jar\", \"md5\": \"0", Match::No),
            ("{\"dependencies\": [{\"name\": \"a\", \"version\": \"1\", \"vulns\": [", Match::Yes),
            ("[{\"name\": \"a\", \"skip_reason\": \"\"}]", Match::Yes),
        ] {
            assert_eq!(CONVERTER.sniff(head.as_bytes()), want, "{head}");
        }
    }
}
