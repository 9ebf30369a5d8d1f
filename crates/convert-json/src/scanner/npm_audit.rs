//! `npm audit --json`: of npm 7 and later, which reports packages, and of npm 6, which passes on the
//! registry's answer. Also the audit inside of what `npm audit fix --json` writes, and `bun audit --json`,
//! which passes on the registry's answer to a bulk request: advisories by package.
//!
//! In report version 2 (`AuditReport` of `@npmcli/arborist`) a package has `via`: advisories
//! (objects) and names of packages that make it vulnerable (texts). An advisory of a package is a
//! record. A package that is vulnerable only through others is one too, and is skipped: it has no
//! flaw of its own, and the finding of its cause says what depends on it.

use crate::audit::address::advisory_id;
use crate::audit::npm::{self, Answer, Client, Cvss, SCHEME};
use crate::audit::ways::Ways;
use crate::audit::{path, probe, title_with, upgrade_out_of};
use scanlift_convert_api::details::add_list;
use scanlift_convert_api::json::{
    self, Head, Kind as JsonKind, Loose, Reader, Records, TextOr, filled, flag,
};
use scanlift_convert_api::package::{Package, Place, manifest_or_option};
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Input, Match, Options, Outcome, ScanInfo, Sink, SkipReason, Warning,
};
use scanlift_report_core::{Kind, Text};
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::HashSet;
use std::io::Read;

/// Reads the reports of npm audit.
#[derive(Clone, Copy, Debug, Default)]
pub struct NpmAudit;

/// The converter.
pub static CONVERTER: NpmAudit = NpmAudit;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "npm-audit",
    name: "npm audit",
    summary: "JSON reports of npm audit and bun audit",
    versions: "npm 6; report version 2 (npm 7 and later); Bun",
    kinds: &[Kind::DependencyScanning],
    url: "https://docs.npmjs.com/cli/commands/npm-audit",
};

impl Converter for NpmAudit {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, bytes: &[u8]) -> Match {
        let head = Head::of(bytes);
        let is = |keys: &[&str]| head.path_has(keys);
        let failed = is(&["error", "summary"]) && is(&["error", "detail"]);
        let report = is(&["auditReportVersion"]) || is(&["audit", "auditReportVersion"]);
        let answer = || npm::client(bytes, &head) == Some(Client::Npm);
        let bulk = || head.keys().next().is_some_and(|name| BULK.iter().all(|key| is(&[name, key])));
        if head.kind() == Some(JsonKind::Object) && (failed || report || answer() || bulk()) {
            Match::Yes
        } else {
            Match::No
        }
    }

    /// The document is read twice: once for who depends on whom, and once for the records.
    fn convert(&self, input: &dyn Input, options: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
        let mut outline = Outline::default();
        reader.each_key(|key, reader| match key {
            "audit" if reader.peek()? == JsonKind::Object => {
                reader.each_key(|key, reader| outline.read(key, reader))
            }
            _ => outline.read(key, reader),
        })?;
        reader.finish()?;
        drop(reader);
        // Bun's `{}`, which only `--from` leads here.
        outline.is_bulk |= !outline.has_keys;
        outline.check()?;

        let (tool, vendor, url, lock_file) = if outline.is_bulk {
            ("bun audit", "Oven", "https://bun.com/docs/install/audit", "bun.lock")
        } else {
            (DESCRIPTOR.name, "npm", DESCRIPTOR.url, Client::Npm.lock_file())
        };
        let mut scan = ScanInfo::new(tool, Kind::DependencyScanning);
        scan.vendor = Some(vendor.into());
        scan.url = Some(url.into());
        scan.format_version = outline.version.as_deref().map(Into::into);
        sink.begin_scan(scan).map_err(ConvertError::Deliver)?;
        outline.ways.find();
        for warning in std::mem::take(&mut outline.answer.fields.warnings) {
            sink.warn(warning);
        }
        if outline.is_answer && !outline.has_run && filled(&options.path).is_none() {
            sink.warn(Warning::note(
                "npm 6 writes a runId, and there is none: if Yarn 2 or 3 wrote this, convert it with --from yarn-audit",
            ));
        }
        let manifest = manifest_or_option(None, Some(lock_file), options, input, sink);
        let actions = std::mem::take(&mut outline.answer.actions);
        let scope = npm::Scope { manifest: Cow::Borrowed(&manifest), importers: false, actions };

        let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
        let mut records = Records::new(sink);
        reader.each_key(|key, reader| match key {
            "audit" if reader.peek()? == JsonKind::Object => {
                reader.each_key(|key, reader| visit(key, reader, &mut records, &outline, &scope))
            }
            _ => visit(key, reader, &mut records, &outline, &scope),
        })?;
        Ok(reader.finish()?)
    }
}

/// What the registry says of each advisory in its answer to a bulk request.
const BULK: [&str; 4] = ["id", "url", "title", "vulnerable_versions"];

/// What a first pass finds.
#[derive(Debug, Default)]
struct Outline {
    /// The document is the registry's answer to a bulk request.
    is_bulk: bool,
    /// It is that to another one, as npm 6, which has a number of the run then, and Yarn 2 and 3 pass it on.
    is_answer: bool,
    has_run: bool,
    has_keys: bool,
    /// `auditReportVersion`.
    version: Option<String>,
    answer: Answer,
    /// Every package that the report has.
    names: HashSet<String>,
    /// From what the project asks for itself to the packages of the report.
    ways: Ways,
}

/// A package, as far as it is about who depends on it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Node {
    #[serde(rename = "isDirect")]
    is_direct: Option<bool>,
    /// Packages that are vulnerable because of this one: some of those that depend on it.
    #[serde(deserialize_with = "json::list")]
    effects: Vec<String>,
}

/// An advisory of a bulk answer, as far as it tells what the document is.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Entry {
    vulnerable_versions: Option<String>,
}

impl Outline {
    fn read<R: Read>(&mut self, key: &str, reader: &mut Reader<R>) -> Result<(), ConvertError> {
        self.has_keys = true;
        self.is_answer |= key == "advisories";
        self.has_run |= key == "runId";
        match key {
            "auditReportVersion" => {
                self.version = self.answer.fields.text(reader)?;
                Ok(())
            }
            "vulnerabilities" if reader.peek()? == JsonKind::Object => {
                self.answer.is_audit = true;
                reader.each_key(|name, reader| self.node(name, reader))
            }
            "actions" | "advisories" | "muted" => self.answer.read(key, reader, Client::Npm),
            _ if reader.peek()? == JsonKind::Array => reader.each_item(|_, reader| {
                let entry: Entry = probe(reader)?;
                self.is_bulk |= entry.vulnerable_versions.is_some();
                Ok(())
            }),
            _ => self.answer.read(key, reader, Client::Npm),
        }
    }

    fn node<R: Read>(&mut self, name: &str, reader: &mut Reader<R>) -> Result<(), ConvertError> {
        self.names.insert(name.to_owned());
        let node: Node = probe(reader)?;
        // npm 7 did not say at first what is direct: then ways begin where the report's do.
        if node.is_direct.unwrap_or(node.effects.is_empty()) {
            self.ways.add_root(name);
        }
        node.effects.iter().for_each(|effect| self.ways.add(effect, name));
        Ok(())
    }

    fn check(&self) -> Result<(), ConvertError> {
        let version = self.version.as_deref().and_then(|version| version.parse::<f64>().ok());
        if version.is_some_and(|version| version > 2.0) {
            return Err(ConvertError::UnsupportedVersion {
                format: DESCRIPTOR.name,
                found: self.version.clone().unwrap_or_default(),
                supported: DESCRIPTOR.versions,
                help: "use a newer scanlift, or audit with npm 11",
            });
        }
        if self.is_bulk {
            return Ok(());
        }
        self.answer.check(Client::Npm, "`vulnerabilities` or `advisories`, as npm audit writes them")
    }
}

fn visit<R: Read>(
    key: &str,
    reader: &mut Reader<R>,
    records: &mut Records<'_>,
    outline: &Outline,
    scope: &npm::Scope<'_>,
) -> Result<(), ConvertError> {
    if outline.is_bulk {
        let scope = Scope { name: key, outline, manifest: &scope.manifest };
        return records.each(reader, |records, reader| records.map(reader, &scope, map_bulk));
    }
    if key != "vulnerabilities" || reader.peek()? != JsonKind::Object {
        return npm::visit(key, reader, records, scope);
    }
    reader.each_key(|name, reader| {
        let scope = Scope { name, outline, manifest: &scope.manifest };
        records.map_group(reader, &scope, map_package)
    })
}

/// Around a package.
struct Scope<'a> {
    /// Its key.
    name: &'a str,
    outline: &'a Outline,
    manifest: &'a str,
}

/// A package that is vulnerable (`Vuln` of `@npmcli/metavuln-calculator`).
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Vulnerable<'a> {
    #[serde(borrow)]
    name: Option<Loose<'a>>,
    severity: Option<Loose<'a>>,
    is_direct: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    via: Vec<TextOr<'a, Via<'a>>>,
    #[serde(deserialize_with = "json::list")]
    effects: Vec<Loose<'a>>,
    range: Option<Loose<'a>>,
    /// Where it is installed.
    #[serde(deserialize_with = "json::list")]
    nodes: Vec<Loose<'a>>,
    fix_available: Option<TextOr<'a, Fix<'a>>>,
}

/// An advisory of a package; npm 7 called `source` `id`, and `range` `vulnerable_versions` at first.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Via<'a> {
    #[serde(borrow)]
    source: Option<Loose<'a>>,
    id: Option<Loose<'a>>,
    title: Option<Loose<'a>>,
    url: Option<Loose<'a>>,
    severity: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    cwe: Vec<Loose<'a>>,
    cvss: Option<Cvss<'a>>,
    range: Option<Loose<'a>>,
    vulnerable_versions: Option<Loose<'a>>,
}

/// What to install to be rid of it: often a package that depends on it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Fix<'a> {
    #[serde(borrow)]
    name: Option<Loose<'a>>,
    version: Option<Loose<'a>>,
    #[serde(rename = "isSemVerMajor")]
    is_major: Option<Loose<'a>>,
}

fn map_package<'a>(vulnerable: &'a Vulnerable<'_>, scope: &'a Scope<'_>) -> Vec<Outcome<'a>> {
    let name = filled(&vulnerable.name).unwrap_or(scope.name);
    let advisories: Vec<_> = vulnerable.via.iter().filter_map(TextOr::other).collect();
    if !advisories.is_empty() {
        return advisories.into_iter().map(|via| map_via(via, Some(vulnerable), name, scope)).collect();
    }
    let causes: Vec<&str> = vulnerable.via.iter().filter_map(TextOr::text).collect();
    let example = format!("{name} (via {})", causes.join(", "));
    vec![match () {
        () if causes.is_empty() => {
            Outcome::skip(SkipReason::Unsupported, "a package without an advisory", name)
        }
        () if causes.iter().any(|cause| scope.outline.names.contains(*cause)) => Outcome::skip(
            SkipReason::NotAFinding,
            "vulnerable only through a package that it depends on, which has the finding",
            example,
        ),
        () => Outcome::skip(
            SkipReason::Unsupported,
            "vulnerable only through a package that the document does not have",
            example,
        ),
    }]
}

/// An advisory of a bulk answer, of which the key is the package.
fn map_bulk<'a>(via: &'a Via<'_>, scope: &'a Scope<'_>) -> Outcome<'a> {
    map_via(via, None, scope.name, scope)
}

/// `vulnerable`: what npm knows of the package beside its advisories.
fn map_via<'a>(
    via: &'a Via<'_>,
    vulnerable: Option<&'a Vulnerable<'_>>,
    name: &'a str,
    scope: &'a Scope<'_>,
) -> Outcome<'a> {
    let number = filled(&via.source).or(filled(&via.id)).unwrap_or_default();
    let url = filled(&via.url);
    let mut about = npm::about(url.and_then(advisory_id).into_iter(), number);
    about.url = url.map(Cow::Borrowed);
    about.title = filled(&via.title).map(|title| title_with(title, name));
    let worst = vulnerable.and_then(|it| filled(&it.severity));
    about.severity = filled(&via.severity).or(worst).map(Cow::Borrowed);
    about.ratings.extend(via.cvss.as_ref().and_then(npm::rating));
    about.weaknesses = npm::weaknesses(&via.cwe);
    let fix = vulnerable.and_then(|it| it.fix_available.as_ref());
    about.solution = match vulnerable {
        Some(_) => fix.and_then(|fix| solution(fix, name)),
        None => Some(upgrade_out_of(name, filled(&via.vulnerable_versions)).into()),
    };

    // npm does not say which version is installed.
    let mut package = Package::new(name, "");
    package.kind = Some("npm".into());
    package.direct = vulnerable.and_then(|it| flag(&it.is_direct));
    package.introduced_by = path(scope.outline.ways.to(scope.name));
    let own = filled(&via.range).or(filled(&via.vulnerable_versions));
    package.vulnerable = own.or_else(|| filled(&vulnerable?.range)).map(Cow::Borrowed);
    let fix = fix.and_then(TextOr::other);
    if let Some(version) =
        fix.filter(|fix| filled(&fix.name) == Some(name)).and_then(|it| filled(&it.version))
    {
        package.fixed.push(Cow::Borrowed(version));
    }

    let place = Place::Manifest(Cow::Borrowed(scope.manifest));
    let Some(mut finding) = about.into_finding(package, place) else {
        return Outcome::skip(SkipReason::Unsupported, "an advisory without an id", name);
    };
    let is_number = finding.vulnerability.identifiers.primary().kind == SCHEME;
    let details = &mut finding.vulnerability.details;
    if let Some(vulnerable) = vulnerable {
        add_list(details, "installed_at", "Installed at", vulnerable.nodes.iter().map(|node| &**node));
        add_list(details, "affects", "Makes vulnerable", vulnerable.effects.iter().map(|effect| &**effect));
    }
    details.text("npm_advisory", "npm advisory", if is_number { "" } else { number });
    Outcome::finding(finding)
}

/// `fixAvailable`: whether `npm audit fix` helps, or what to install instead.
fn solution<'a>(fix: &TextOr<'_, Fix<'_>>, package: &str) -> Option<Text<'a>> {
    match fix {
        TextOr::Text(text) => match flag(&Some(text.clone()))? {
            true => Some(Cow::Owned(format!("Upgrade {package} with `npm audit fix`"))),
            false => Some(Cow::Borrowed("npm knows of no fix")),
        },
        TextOr::Other(fix) => {
            let (name, version) = (filled(&fix.name)?, filled(&fix.version)?);
            let (major, force) = match flag(&fix.is_major) {
                Some(true) => (" (a new major version)", " --force"),
                _ => ("", ""),
            };
            let rid = if name == package { String::new() } else { format!(" to be rid of {package}") };
            Some(Cow::Owned(format!("Upgrade {name} to {version}{major}{rid}: `npm audit fix{force}`")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use scanlift_convert_api::Collector;

    #[test]
    fn bun_may_find_nothing() {
        let mut sink = Collector::default();
        CONVERTER.convert(&"{}", &Options::default(), &mut sink).expect("an answer");
        assert_eq!(sink.records, 0);
        assert_eq!(CONVERTER.sniff(b"{}"), Match::No);
        assert!(CONVERTER.convert(&"{\"a\": []}", &Options::default(), &mut sink).is_err());
    }

    #[test]
    fn fixes_are_sentences() {
        for (json, want) in [
            ("true", Some("Upgrade a with `npm audit fix`")),
            ("false", Some("npm knows of no fix")),
            (r#"{"name": "a", "version": "2.0.0"}"#, Some("Upgrade a to 2.0.0: `npm audit fix`")),
            (
                r#"{"name": "b", "version": "3.0.0", "isSemVerMajor": true}"#,
                Some("Upgrade b to 3.0.0 (a new major version) to be rid of a: `npm audit fix --force`"),
            ),
            (r#"{"name": "b"}"#, None),
            (r#""perhaps""#, None),
        ] {
            let fix = serde_json::from_str(json).expect(json);
            assert_eq!(solution(&fix, "a").as_deref(), want, "{json}");
        }
    }
}
