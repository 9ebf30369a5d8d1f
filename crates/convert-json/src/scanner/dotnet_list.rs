//! `dotnet list package --vulnerable --format json` (output version 1).
//!
//! A vulnerability of a package of a framework of a project is a record. Packages that are only
//! deprecated or outdated are none: for these the list is made with other options, and is then empty
//! with a warning.

use crate::audit::address::advisory_id;
use crate::audit::{in_a_line, probe, upgrade_somewhere};
use scanlift_convert_api::json::{self, Fields, Head, Kind as JsonKind, Loose, Reader, Records, filled};
use scanlift_convert_api::package::{Advisory, Package, Place, manifest_or_option};
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Input, Match, Options, Outcome, ScanInfo, Sink, SkipReason, Warning,
};
use scanlift_report_core::{Kind, Message, MessageLevel, Text};
use serde::Deserialize;
use std::borrow::Cow;
use std::io::Read;

/// Reads the package lists of dotnet.
#[derive(Clone, Copy, Debug, Default)]
pub struct DotnetList;

/// The converter.
pub static CONVERTER: DotnetList = DotnetList;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "dotnet-list",
    name: "dotnet list package",
    summary: "JSON output of dotnet list package --vulnerable",
    versions: "1",
    kinds: &[Kind::DependencyScanning],
    url: "https://learn.microsoft.com/dotnet/core/tools/dotnet-package-list",
};

impl Converter for DotnetList {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, bytes: &[u8]) -> Match {
        let head = Head::of(bytes);
        let frameworks = ["framework", "topLevelPackages", "transitivePackages"];
        let listed = frameworks.iter().any(|key| head.path_has(&["projects", "frameworks", key]));
        let made_by =
            head.has("version") && head.has("parameters") && (head.has("projects") || head.has("problems"));
        if listed || made_by { Match::Yes } else { Match::No }
    }

    /// The document is read twice: once for how it was made, and once for the records.
    fn convert(&self, input: &dyn Input, options: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
        let mut outline = Outline::default();
        reader.each_key(|key, reader| outline.read(key, reader))?;
        reader.finish()?;
        drop(reader);
        outline.check()?;

        let mut scan = ScanInfo::new(DESCRIPTOR.name, Kind::DependencyScanning);
        scan.vendor = Some("Microsoft".into());
        scan.url = Some(DESCRIPTOR.url.into());
        scan.format_version = outline.version.as_deref().map(Into::into);
        scan.messages = std::mem::take(&mut outline.messages);
        sink.begin_scan(scan).map_err(ConvertError::Deliver)?;
        outline.fields.warnings.drain(..).for_each(|warning| sink.warn(warning));
        if let Some(note) = outline.note() {
            sink.warn(Warning::note(note));
        }
        let unnamed = if outline.has_unnamed {
            manifest_or_option(None, None, options, input, sink)
        } else {
            Text::default()
        };

        let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
        let mut records = Records::new(sink);
        reader.each_key(|key, reader| match key {
            "projects" => {
                records.each(reader, |records, reader| records.map_group(reader, &*unnamed, map_project))
            }
            _ => Ok(()),
        })?;
        Ok(reader.finish()?)
    }
}

/// What a first pass finds.
#[derive(Debug, Default)]
struct Outline {
    version: Option<String>,
    parameters: Option<String>,
    has_projects: bool,
    /// Some project has no path.
    has_unnamed: bool,
    messages: Vec<Message<'static>>,
    fields: Fields,
}

/// A project, as far as it is about its file.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Named {
    path: Option<String>,
}

/// An entry of `problems`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Problem {
    project: Option<String>,
    level: Option<String>,
    text: Option<String>,
}

impl Outline {
    fn read<R: Read>(&mut self, key: &str, reader: &mut Reader<R>) -> Result<(), ConvertError> {
        match key {
            "version" => self.version = self.fields.text(reader)?,
            "parameters" => self.parameters = self.fields.text(reader)?,
            "projects" if self.fields.is(JsonKind::Array, reader)? => {
                self.has_projects = true;
                reader.each_item(|_, reader| {
                    let named: Named = probe(reader)?;
                    self.has_unnamed |= filled(&named.path).is_none();
                    Ok::<_, ConvertError>(())
                })?;
            }
            "problems" if self.fields.is(JsonKind::Array, reader)? => {
                reader.each_item(|_, reader| {
                    let problem: Problem = probe(reader)?;
                    if self.messages.len() < MOST_MESSAGES {
                        self.messages.extend(message(&problem));
                    }
                    Ok::<_, ConvertError>(())
                })?;
            }
            _ => {}
        }
        Ok(())
    }

    fn check(&self) -> Result<(), ConvertError> {
        if self.version.as_deref().and_then(|version| version.parse::<f64>().ok()).is_some_and(|it| it >= 2.0)
        {
            return Err(ConvertError::UnsupportedVersion {
                format: DESCRIPTOR.name,
                found: self.version.clone().unwrap_or_default(),
                supported: DESCRIPTOR.versions,
                help: "ask dotnet for --output-version 1",
            });
        }
        match self.messages.first() {
            _ if self.has_projects => Ok(()),
            Some(message) => {
                Err(ConvertError::Failed { scanner: DESCRIPTOR.name, message: in_a_line(&message.value) })
            }
            None => Err(ConvertError::Unrecognised {
                expected: "`projects`, as dotnet list package writes them",
                help: "give what dotnet list package --vulnerable --include-transitive --format json wrote",
            }),
        }
    }

    /// That the list was made for something else.
    fn note(&self) -> Option<&'static str> {
        let parameters = self.parameters.as_deref()?;
        (!parameters.contains("vulnerable")).then_some(
            "the list was made without --vulnerable, so it has no findings: deprecated and outdated packages are no vulnerabilities",
        )
    }
}

/// A solution may have many projects with the same problem.
const MOST_MESSAGES: usize = 20;

fn message(problem: &Problem) -> Option<Message<'static>> {
    let level = match filled(&problem.level) {
        Some("error") => MessageLevel::Fatal,
        Some("information") => MessageLevel::Info,
        _ => MessageLevel::Warn,
    };
    let text = filled(&problem.text)?;
    Message::new(
        level,
        match filled(&problem.project) {
            Some(project) => format!("{project}: {text}"),
            None => text.to_owned(),
        },
    )
}

/// An entry of `projects`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Project<'a> {
    #[serde(borrow)]
    path: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    frameworks: Vec<Framework<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Framework<'a> {
    #[serde(borrow)]
    framework: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    top_level_packages: Vec<Listed<'a>>,
    #[serde(deserialize_with = "json::list")]
    transitive_packages: Vec<Listed<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Listed<'a> {
    #[serde(borrow)]
    id: Option<Loose<'a>>,
    requested_version: Option<Loose<'a>>,
    resolved_version: Option<Loose<'a>>,
    latest_version: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::list")]
    vulnerabilities: Vec<Vulnerable<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Vulnerable<'a> {
    #[serde(borrow)]
    severity: Option<Loose<'a>>,
    #[serde(rename = "advisoryurl", alias = "advisoryUrl")]
    advisory_url: Option<Loose<'a>>,
}

fn map_project<'a>(project: &'a Project<'_>, unnamed: &'a str) -> Vec<Outcome<'a>> {
    let manifest = filled(&project.path).unwrap_or(unnamed);
    let mut outcomes = Vec::new();
    for framework in &project.frameworks {
        let packages = |list: &'a [Listed<'a>], direct| list.iter().map(move |listed| (listed, direct));
        let transitive = packages(&framework.transitive_packages, false);
        for (listed, direct) in packages(&framework.top_level_packages, true).chain(transitive) {
            let found = Found { listed, framework, direct, manifest };
            outcomes
                .extend(listed.vulnerabilities.iter().map(|vulnerable| map_vulnerable(vulnerable, &found)));
        }
    }
    outcomes
}

/// A package where it stands.
struct Found<'a> {
    listed: &'a Listed<'a>,
    framework: &'a Framework<'a>,
    direct: bool,
    manifest: &'a str,
}

fn map_vulnerable<'a>(vulnerable: &'a Vulnerable<'a>, found: &Found<'a>) -> Outcome<'a> {
    let name = filled(&found.listed.id).unwrap_or_default();
    let url = filled(&vulnerable.advisory_url).unwrap_or_default();
    // Other package sources have advisories of their own, which only their address tells apart.
    let id = advisory_id(url).unwrap_or(url);
    let mut about = Advisory::new("nuget_advisory", id);
    about.url = Some(url.into());
    about.severity = filled(&vulnerable.severity).map(Cow::Borrowed);
    if id == url {
        about.title = Some(format!("Known vulnerability in {name}").into());
    }
    let requested = filled(&found.listed.requested_version);
    let installed = filled(&found.listed.resolved_version).or(requested).unwrap_or_default();
    let mut package = Package::new(name, installed);
    package.kind = Some("nuget".into());
    package.direct = Some(found.direct);
    about.solution = Some(upgrade_somewhere(name).into());
    let place = Place::Manifest(found.manifest.into());
    let Some(mut finding) = about.into_finding(package, place).filter(|_| !name.is_empty()) else {
        return Outcome::skip(
            SkipReason::Unsupported,
            "a vulnerability without an advisory or a package",
            name,
        );
    };
    let details = &mut finding.vulnerability.details;
    let requested = requested.filter(|requested| *requested != installed);
    details.text("requested_version", "Requested version", requested.unwrap_or_default());
    details.text(
        "latest_version",
        "Latest version",
        filled(&found.listed.latest_version).unwrap_or_default(),
    );
    details.text("framework", "Framework", filled(&found.framework.framework).unwrap_or_default());
    Outcome::finding(finding)
}
