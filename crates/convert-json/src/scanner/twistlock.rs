//! Prisma Cloud Compute, once Twistlock: what `twistcli images scan --output-file` and `twistcli coderepo
//! scan` write, and the scan reports of the console's API.

mod map;

use map::{Scope, map_compliance, map_vulnerability};
use scanlift_convert_api::json::{Fields, Head, Kind as JsonKind, Reader, Records, filled};
use scanlift_convert_api::package::SpareManifest;
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Input, Match, Options, ScanInfo, Sink, image,
};
use scanlift_report_core::Kind;
use serde::Deserialize;
use std::borrow::Cow;
use std::io::Read;

/// Reads the reports of twistcli.
#[derive(Clone, Copy, Debug, Default)]
pub struct Twistlock;

/// The converter.
pub static CONVERTER: Twistlock = Twistlock;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "twistlock",
    name: "Prisma Cloud Compute (Twistlock)",
    summary: "twistcli's JSON reports on images and repositories, and scan reports of Prisma Cloud Compute",
    versions: "all",
    kinds: &[Kind::ContainerScanning, Kind::DependencyScanning],
    url: "https://docs.prismacloud.io/en/compute-edition",
};

impl Converter for Twistlock {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        let head = Head::of(head);
        let marks = [
            "vulnerabilityDistribution",
            "complianceDistribution",
            "vulnerabilityScanPassed",
            "complianceScanPassed",
        ];
        let of_result = |key: &str| head.path_has(&["results", key]);
        // Packages stand before what was found, and a head may show no more than them.
        let lists = ["compliances", "vulnerabilities", "packages", "collections"];
        // A list of reports is none itself.
        let of_twistcli = head.kind() == Some(JsonKind::Object)
            && (marks.iter().any(|key| of_result(key))
                || (of_result("distro") && lists.iter().any(|key| of_result(key)))
                || head.path_has(&["results", "entityInfo"])
                || (head.has("results") && head.has("consoleURL")));
        let of_check = head.has("complianceDistribution") || head.has("complianceIssues");
        let of_scan = ["_id", "hostname", "scanTime"].iter().all(|key| head.has(key))
            && ["binaries", "osDistro", "packages"].iter().any(|key| head.has(key));
        let of_entity = ["repoTag", "vulnerabilities", "complianceIssues", "packages", "binaries"]
            .iter()
            .any(|key| head.path_has(&["entityInfo", key]));
        let of_api =
            of_scan || of_entity || (of_check && (head.has("vulnerabilities") || head.has("repoTag")));
        if of_twistcli || of_api { Match::Yes } else { Match::No }
    }

    /// The document is read twice: what was scanned may stand behind what was found.
    fn convert(&self, input: &dyn Input, options: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let outline = Outline::read(&mut Reader::new(input.open().map_err(ConvertError::Read)?))?;
        sink.begin_scan(scan_info(&outline)).map_err(ConvertError::Deliver)?;
        outline.fields.warnings.iter().for_each(|warning| sink.warn(warning.clone()));
        let manifest = SpareManifest::new(options, input);
        let scopes: Vec<Scope<'_>> =
            outline.heads.iter().map(|head| scope(head, &manifest, options, sink)).collect();
        let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
        let is_bare = outline.is_bare;
        Walk { scopes: &scopes, records: Records::new(sink), number: 0, is_bare }.document(&mut reader)?;
        manifest.tell(sink);
        Ok(())
    }
}

fn scan_info(outline: &Outline) -> ScanInfo<'_> {
    let of_repositories =
        !outline.heads.is_empty() && outline.heads.iter().all(|head| head.repository.is_some());
    let kind = if of_repositories { Kind::DependencyScanning } else { Kind::ContainerScanning };
    let mut scan = ScanInfo::new("Prisma Cloud Compute", kind);
    scan.vendor = Some("Palo Alto Networks".into());
    scan.url = Some("https://www.paloaltonetworks.com/prisma/cloud".into());
    let time = outline.heads.iter().find_map(|head| filled(&head.time));
    scan.start_time = time.map(Into::into);
    scan.end_time = time.map(Into::into);
    scan
}

/// Results by their number in the document.
#[derive(Debug, Default)]
struct Outline {
    heads: Vec<ResultHead>,
    /// Whether the document is a result itself, and no list of them.
    is_bare: bool,
    known: bool,
    /// Whether a result says what results say.
    has_result: bool,
    fields: Fields,
}

/// What was scanned.
#[derive(Debug, Default)]
struct ResultHead {
    id: Option<String>,
    name: Option<String>,
    /// What `twistcli coderepo` scanned.
    repository: Option<String>,
    distro: Option<String>,
    time: Option<String>,
}

/// A name in parts, of the API.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RepoTag {
    registry: Option<String>,
    repo: Option<String>,
    tag: Option<String>,
}

impl RepoTag {
    fn name(&self) -> Option<String> {
        let repo = filled(&self.repo)?;
        let registry = filled(&self.registry).map(|registry| format!("{registry}/")).unwrap_or_default();
        let tag = filled(&self.tag).map(|tag| format!(":{tag}")).unwrap_or_default();
        Some(format!("{registry}{repo}{tag}"))
    }
}

impl Outline {
    fn read<R: Read>(reader: &mut Reader<R>) -> Result<Self, ConvertError> {
        let mut outline = Self::default();
        match reader.peek().map_err(ConvertError::from) {
            Ok(JsonKind::Object) => {
                let mut head = ResultHead::default();
                outline.is_bare = true;
                reader.each_key(|key, reader| {
                    if key == "results" {
                        outline.known = true;
                        outline.is_bare = false;
                        return outline.results(reader);
                    }
                    outline.known |= matches!(
                        key,
                        "vulnerabilityDistribution" | "complianceDistribution" | "repoTag" | "entityInfo"
                    );
                    outline.field(key, reader, &mut head, true)
                })?;
                if outline.is_bare {
                    outline.heads.push(head);
                }
            }
            Ok(JsonKind::Array) => {
                outline.results(reader)?;
                outline.known = outline.heads.is_empty() || outline.has_result;
            }
            Err(error @ ConvertError::Read(_)) => return Err(error),
            // The other format of twistcli is CSV.
            _ => return Err(unrecognised()),
        }
        reader.finish()?;
        if !outline.known {
            return Err(unrecognised());
        }
        Ok(outline)
    }

    fn results<R: Read>(&mut self, reader: &mut Reader<R>) -> Result<(), ConvertError> {
        match reader.peek()? {
            JsonKind::Array => reader.each_item(|_, reader| {
                let mut head = ResultHead::default();
                self.result(reader, &mut head, true)?;
                self.heads.push(head);
                Ok(())
            }),
            _ => self.fields.is(JsonKind::Array, reader).map(drop),
        }
    }

    fn result<R: Read>(
        &mut self,
        reader: &mut Reader<R>,
        head: &mut ResultHead,
        is_top: bool,
    ) -> Result<(), ConvertError> {
        if !self.fields.is(JsonKind::Object, reader)? {
            return Ok(());
        }
        reader.each_key(|key, reader| self.field(key, reader, head, is_top))
    }

    fn field<R: Read>(
        &mut self,
        key: &str,
        reader: &mut Reader<R>,
        head: &mut ResultHead,
        is_top: bool,
    ) -> Result<(), ConvertError> {
        self.has_result |=
            matches!(key, "vulnerabilities" | "compliances" | "complianceIssues" | "entityInfo" | "scanTime");
        match key {
            "id" | "_id" => head.id = self.fields.text(reader)?,
            "name" => head.name = self.fields.text(reader)?,
            "repository" => head.repository = self.fields.text(reader)?,
            "distro" | "installedProducts.osDistro" => head.distro = self.fields.text(reader)?,
            "scanTime" => head.time = self.fields.text(reader)?,
            "repoTag" => {
                let tag: Option<RepoTag> = self.fields.object(reader)?;
                head.name = head.name.take().or_else(|| tag?.name());
            }
            "entityInfo" if is_top => self.result(reader, head, false)?,
            _ => {}
        }
        Ok(())
    }
}

/// `manifest` is for packages of a repository that name no file.
fn scope<'a>(
    head: &'a ResultHead,
    manifest: &'a SpareManifest<'a>,
    options: &'a Options,
    sink: &mut dyn Sink,
) -> Scope<'a> {
    let digest = filled(&head.id).unwrap_or_default();
    let repository = filled(&head.repository);
    let named = filled(&head.name).or(filled(&options.image)).or(repository).or(Some(digest));
    let system = filled(&head.distro).and_then(image::system_of_title).map(Cow::Owned);
    Scope {
        image: image::or_option(named, options, sink),
        system: system.or(filled(&options.operating_system).map(Cow::Borrowed)),
        digest,
        manifest: repository.map(|_| manifest),
    }
}

/// The second pass.
struct Walk<'s, 'c> {
    scopes: &'s [Scope<'c>],
    records: Records<'s>,
    number: usize,
    is_bare: bool,
}

impl Walk<'_, '_> {
    fn document<R: Read>(&mut self, reader: &mut Reader<R>) -> Result<(), ConvertError> {
        if reader.peek()? == JsonKind::Array {
            return self.results(reader);
        }
        if self.is_bare {
            return self.scopes.first().map_or(Ok(()), |scope| self.result(reader, scope, true));
        }
        reader.each_key(|key, reader| if key == "results" { self.results(reader) } else { Ok(()) })
    }

    fn results<R: Read>(&mut self, reader: &mut Reader<R>) -> Result<(), ConvertError> {
        if reader.peek()? != JsonKind::Array {
            return Ok(());
        }
        reader.each_item(|_, reader| {
            let scope = self.scopes.get(self.number);
            self.number += 1;
            match scope {
                Some(scope) => self.result(reader, scope, true),
                None => Ok(()),
            }
        })
    }

    fn result<R: Read>(
        &mut self,
        reader: &mut Reader<R>,
        scope: &Scope<'_>,
        is_top: bool,
    ) -> Result<(), ConvertError> {
        if reader.peek()? != JsonKind::Object {
            return Ok(());
        }
        reader.each_key(|key, reader| match key {
            "vulnerabilities" => {
                self.records.each(reader, |records, reader| records.map(reader, scope, map_vulnerability))
            }
            "compliances" | "complianceIssues" => {
                self.records.each(reader, |records, reader| records.map(reader, scope, map_compliance))
            }
            "entityInfo" if is_top => self.result(reader, scope, false),
            _ => Ok(()),
        })
    }
}

fn unrecognised() -> ConvertError {
    ConvertError::Unrecognised {
        expected: "a list of `results`",
        help: "let twistcli write JSON with `--output-file report.json`; its CSV is not read",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use scanlift_convert_api::Collector;

    #[test]
    fn other_documents_are_refused() {
        let table = "Registry,Repository,CVE ID\nregistry.example.com,group/app,CVE-2099-0001\n";
        for document in [table, r#"[{"foo": 1}, {"foo": 2}]"#, "[7]", r#"{"foo": 1}"#] {
            let refused = CONVERTER.convert(&document, &Options::default(), &mut Collector::default());
            assert!(matches!(refused, Err(ConvertError::Unrecognised { .. })), "{document}: {refused:?}");
            assert_eq!(CONVERTER.sniff(document.as_bytes()), Match::No);
        }
    }

    #[test]
    fn reports_are_told_by_what_stands_before_their_packages() {
        for (head, want) in [
            (
                r#"{"results": [{"id": "sha256:1", "name": "app:1", "distro": "Debian", "packages": [{"ty"#,
                Match::Yes,
            ),
            (
                r#"[{"_id": "1", "type": "image", "hostname": "", "scanTime": "", "binaries": [{"na"#,
                Match::Yes,
            ),
            (r#"[{"_id": "1", "entityInfo": {"_id": "2", "repoTag": {"registry": ""#, Match::Yes),
            (r#"{"results": [{"id": "1", "packages": [{"#, Match::No),
            (r#"[{"results": [{"id": "1", "distro": "Debian", "packages": [{"#, Match::No),
        ] {
            assert_eq!(CONVERTER.sniff(head.as_bytes()), want, "{head}");
        }
    }
}
