//! Snyk's JSON (`snyk test`, `snyk container test`, `snyk unmanaged test` and `snyk iac test` with
//! `--json`): a project, or a list of them.

mod iac;
mod project;
mod unmanaged;

use crate::snyk_issue::map_filtered;
use iac::map_iac;
use project::{Outline, Scope};
use scanlift_convert_api::json::{Head, Kind as JsonKind, Reader, Records};
use scanlift_convert_api::{ConvertError, Converter, Descriptor, Input, Match, Options, ScanInfo, Sink};
use scanlift_report_core::Kind;
use std::io::Read;
use unmanaged::{map_affected, map_vulnerability};

/// Reads what Snyk's CLI writes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Snyk;

/// The converter.
pub static CONVERTER: Snyk = Snyk;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "snyk",
    name: "Snyk",
    summary: "JSON of Snyk's CLI for open source, containers and infrastructure as code (`--json`)",
    versions: "all",
    kinds: &[Kind::DependencyScanning, Kind::ContainerScanning, Kind::Sast],
    url: "https://docs.snyk.io/snyk-cli",
};

impl Converter for Snyk {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        let head = Head::of(head);
        // CycloneDX documents have Snyk's ids, too.
        if head.has("bomFormat") {
            return Match::No;
        }
        if head.has("infrastructureAsCodeIssues") {
            return Match::Yes;
        }
        let any = |keys: &[&str]| keys.iter().any(|key| head.has(key));
        let of_issue = |keys: &[&str]| keys.iter().any(|key| head.path_has(&["vulnerabilities", key]));
        let of_project = any(&["ok", "licensesPolicy", "uniqueCount", "ignoreSettings", "filesystemPolicy"])
            && any(&["dependencyCount", "packageManager", "summary", "isPrivate", "org", "targetFile"]);
        // npm's audit has packages by name there: one may be called `semver`.
        let own = of_issue(&["id"])
            && of_issue(&["from", "identifiers", "title"])
            && of_issue(&[
                "upgradePath",
                "isUpgradable",
                "isPatchable",
                "CVSSv3",
                "semver",
                "packageManager",
            ]);
        let snyk = head.path_text(&["vulnerabilities", "id"]).is_some_and(|id| id.starts_with("SNYK-"));
        let of_unmanaged = head.has("issuesData") && head.has("depGraphData")
            || ["issueId", "pkgName", "pkgVersion"].iter().all(|key| head.path_has(&["issues", key]));
        let failed = any(&["ok"]) && any(&["error"]) && any(&["path"]);
        if head.has("vulnerabilities") && (of_project || own || snyk) || of_unmanaged || failed {
            Match::Yes
        } else if head.has("vulnerabilities") && any(&["ok"]) {
            Match::Maybe
        } else {
            Match::No
        }
    }

    /// The document is read twice: what a project is stands behind its vulnerabilities.
    fn convert(&self, input: &dyn Input, options: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let outline = Outline::read(&mut Reader::new(input.open().map_err(ConvertError::Read)?))?;
        sink.begin_scan(scan_info(&outline)).map_err(ConvertError::Deliver)?;
        outline.warnings().for_each(|warning| sink.warn(warning));
        let scope = Scope::new(&outline, options, input, sink);
        let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
        let mut walk = Walk { scope: &scope, records: Records::new(sink), project: 0 };
        walk.projects(&mut reader, true)
    }
}

fn scan_info(outline: &Outline) -> ScanInfo<'_> {
    let kind = outline.kind();
    // As the SARIF of the same commands calls itself.
    let name = match kind {
        Kind::ContainerScanning => "Snyk Container",
        Kind::Sast => "Snyk IaC",
        _ => "Snyk",
    };
    let mut scan = ScanInfo::new(name, kind);
    scan.vendor = Some("Snyk".into());
    scan.url = Some("https://snyk.io/".into());
    scan.roots = outline.roots().map(Into::into).collect();
    scan
}

/// The second pass. Projects are known by their number in the document.
struct Walk<'s, 'c> {
    scope: &'s Scope<'c>,
    records: Records<'s>,
    project: usize,
}

impl Walk<'_, '_> {
    /// A project, or a list of them; `applications` of an image stand in their project.
    fn projects<R: Read>(&mut self, reader: &mut Reader<R>, is_top: bool) -> Result<(), ConvertError> {
        match reader.peek()? {
            JsonKind::Array => reader.each_item(|_, reader| self.project(reader, is_top)),
            _ => self.project(reader, is_top),
        }
    }

    fn project<R: Read>(&mut self, reader: &mut Reader<R>, is_top: bool) -> Result<(), ConvertError> {
        if reader.peek()? != JsonKind::Object {
            return Ok(());
        }
        let number = self.project;
        self.project += 1;
        let scope = self.scope;
        let Some(project) = scope.project(number) else { return Ok(()) };
        reader.each_key(|key, reader| match key {
            "vulnerabilities" => {
                self.records.each(reader, |records, reader| records.map(reader, project, map_vulnerability))
            }
            "issuesData" if project.affected.is_some() && reader.peek()? == JsonKind::Object => {
                reader.each_key(|_, reader| self.records.map_group(reader, project, map_affected))
            }
            "infrastructureAsCodeIssues" => {
                self.records.each(reader, |records, reader| records.map(reader, project, map_iac))
            }
            "filtered" if reader.peek()? == JsonKind::Object => reader.each_key(|key, reader| match key {
                "ignore" | "patch" => {
                    let how = if key == "ignore" { "ignored" } else { "patched" };
                    self.records.each(reader, |records, reader| records.map(reader, how, map_filtered))
                }
                _ => Ok(()),
            }),
            "applications" if is_top => self.projects(reader, false),
            _ => Ok(()),
        })
    }
}
