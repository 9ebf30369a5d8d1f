//! HCL AppScan (formerly IBM): the `xml-report` of Standard, Enterprise and on Cloud.
//!
//! An issue points into groups of types, addresses, entities and advisories, which may stand before or
//! behind it; they are read first.

mod issue;

use issue::map_issue;
use scanlift_convert_api::xml::{Element, Head, Reader, Tree};
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Input, Match, Options, Record, ScanInfo, Sink,
};
use scanlift_report_core::Kind;
use std::collections::HashMap;

/// Reads the XML reports of AppScan.
#[derive(Clone, Copy, Debug, Default)]
pub struct Appscan;

/// The converter.
pub static CONVERTER: Appscan = Appscan;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "appscan",
    name: "HCL AppScan",
    summary: "XML reports of AppScan Standard, Enterprise and on Cloud",
    versions: "xml-report: Standard 9 to 10.9, on Cloud",
    kinds: &[Kind::Dast, Kind::Sast],
    url: "https://help.hcl-software.com/appscan/Standard/10.7.0/t_XMLReport.html",
};

impl Converter for Appscan {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        let head = Head::of(head);
        let named =
            head.attribute("name").or(head.attribute("Name")).is_some_and(|name| name.contains("AppScan"));
        let marked =
            named || head.has("issue-type-group") || head.has("issue-group") || head.has("AppScanInfo");
        let of_source = head.root() == "AssessmentRun" && head.has("AssessmentStats");
        let is_report = matches!(head.root(), "xml-report" | "XmlReport") && marked;
        if is_report || of_source { Match::Yes } else { Match::No }
    }

    fn convert(&self, input: &dyn Input, _: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let groups = Groups::read(input)?;
        let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
        let root = reader.root()?;
        let technology = root.attribute("technology").unwrap_or_default().to_owned();
        let kind = if technology == "SAST" { Kind::Sast } else { Kind::Dast };
        let mut scan = ScanInfo::new(DESCRIPTOR.name, kind);
        scan.vendor = Some("HCL".into());
        scan.url = Some("https://www.hcl-software.com/appscan".into());
        scan.version = groups.version.as_deref().map(Into::into);
        scan.start_time = groups.start.as_deref().map(Into::into);
        scan.format_version =
            root.attribute("xmlExportVersion").or(root.attribute("AsocXmlExportVersion")).map(Into::into);
        sink.begin_scan(scan).map_err(ConvertError::Deliver)?;
        reader.each_child(|tag, reader| match tag.name() {
            "issue-group" => reader.each_child(|tag, reader| match tag.name() {
                "item" => {
                    let issue = reader.element(tag)?;
                    Record::begin(sink).spend(map_issue(issue.root(), &groups, &technology))
                }
                _ => Ok(()),
            }),
            _ => Ok(()),
        })?;
        reader.end(sink)
    }
}

/// Groups that issues point into.
const GROUPS: [&str; 11] = [
    "issue-type-group",
    "url-group",
    "entity-group",
    "advisory-group",
    "article-group",
    "remediation-group",
    "fix-recommendation-group",
    "security-risk-group",
    "cause-group",
    "threat-class-group",
    "affected-product-group",
];

/// What issues point to.
#[derive(Debug, Default)]
struct Groups {
    items: HashMap<&'static str, HashMap<String, Tree>>,
    version: Option<String>,
    start: Option<String>,
}

impl Groups {
    fn read(input: &dyn Input) -> Result<Self, ConvertError> {
        let mut groups = Self::default();
        let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
        match reader.root()?.name() {
            "xml-report" => {}
            "XmlReport" => {
                return Err(ConvertError::UnsupportedVersion {
                    format: DESCRIPTOR.name,
                    found: "XmlReport (AppScan 8 and older)".to_owned(),
                    supported: DESCRIPTOR.versions,
                    help: "open the scan in a newer AppScan Standard and report it as XML",
                });
            }
            "AssessmentRun" => {
                return Err(ConvertError::Unrecognised {
                    expected: "an xml-report of AppScan",
                    help: "this is an assessment of AppScan Source (.ozasmt): publish it to AppScan Enterprise, and report its issues as XML",
                });
            }
            _ => {
                return Err(ConvertError::Unrecognised {
                    expected: "an xml-report of AppScan",
                    help: "report the issues from AppScan as XML",
                });
            }
        }
        reader.each_child(|tag, reader| {
            if tag.name() == "scan-information" {
                let scan = reader.element(tag)?;
                groups.version = scan.root().child_text("product-version").map(str::to_owned);
                groups.start = scan
                    .root()
                    .first_text(&["scan-date-and-time-iso", "scan-date-and-time"])
                    .map(str::to_owned);
                return Ok(());
            }
            let Some(group) = GROUPS.iter().find(|group| **group == tag.name()) else { return Ok(()) };
            let items = groups.items.entry(group).or_default();
            reader.each_child(|tag, reader| match tag.attribute("id") {
                Some(id) => {
                    items.insert(id.to_owned(), reader.element(tag)?);
                    Ok(())
                }
                None => Ok(()),
            })
        })?;
        reader.finish()?;
        Ok(groups)
    }

    fn get(&self, group: &str, id: &str) -> Option<Element<'_>> {
        self.items.get(group)?.get(id).map(Tree::root)
    }
}
