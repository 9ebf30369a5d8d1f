//! Qualys: scan results (`SCAN`), scan reports (`ASSET_DATA_REPORT`), detections of hosts
//! (`HOST_LIST_VM_DETECTION_OUTPUT`), and web application reports (`WAS_SCAN_REPORT`,
//! `WAS_WEBAPP_REPORT`, `WasScan` of the API). The knowledge base is known, and holds no findings.
//!
//! What a QID means stands behind its detections in most of them, so that is read first.

mod host;
mod web;

use scanlift_convert_api::package::Rating;
use scanlift_convert_api::weakness::Weakness;
use scanlift_convert_api::xml::{Element, Head, Reader, Tree};
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Input, Match, Options, Record, ScanInfo, Sink, Warning, html,
    one_line,
};
use scanlift_report_core::{Kind, Message, MessageLevel, ScanStatus, Severity};
use std::collections::HashMap;
use std::io::Read;

/// Reads the XML reports of Qualys.
#[derive(Clone, Copy, Debug, Default)]
pub struct Qualys;

/// The converter.
pub static CONVERTER: Qualys = Qualys;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "qualys",
    name: "Qualys",
    summary: "XML reports of Qualys VM and WAS",
    versions: "SCAN, ASSET_DATA_REPORT, HOST_LIST_VM_DETECTION_OUTPUT, WAS_SCAN_REPORT, WAS_WEBAPP_REPORT, WasScan, Finding",
    kinds: &[Kind::Dast],
    url: "https://docs.qualys.com/en/vm/api/",
};

/// Roots of reports.
const ROOTS: [&str; 7] = [
    "SCAN",
    "ASSET_DATA_REPORT",
    "HOST_LIST_VM_DETECTION_OUTPUT",
    "WAS_SCAN_REPORT",
    "WAS_WEBAPP_REPORT",
    "WasScan",
    KNOWLEDGE_BASE,
];

/// What QIDs mean, and not where they were found.
const KNOWLEDGE_BASE: &str = "KNOWLEDGE_BASE_VULN_LIST_OUTPUT";

impl Converter for Qualys {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        let head = Head::of(head);
        match head.root() {
            "SCAN" if ["IP", "HEADER", "KEY", "ERROR"].iter().any(|name| head.has(name)) => Match::Yes,
            "ServiceResponse" if head.has("WasScan") || head.has("Finding") && head.has("qid") => Match::Yes,
            root if root != "SCAN" && ROOTS.contains(&root) => Match::Yes,
            _ => Match::No,
        }
    }

    fn convert(&self, input: &dyn Input, options: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
        let root = reader.root()?;
        if !ROOTS.contains(&root.name()) && root.name() != "ServiceResponse" {
            return Err(ConvertError::Unrecognised {
                expected: "a scan result or a report of Qualys",
                help: "download the scan result or the report as XML",
            });
        }
        let glossary = match root.name() {
            KNOWLEDGE_BASE => Glossary::default(),
            _ => Glossary::read(input)?,
        };
        if let Some(error) = glossary.error.as_deref().filter(|_| !glossary.has_hosts) {
            return Err(ConvertError::Failed {
                scanner: DESCRIPTOR.name,
                message: one_line(error).into_owned(),
            });
        }
        let mut scan = ScanInfo::new(DESCRIPTOR.name, Kind::Dast);
        scan.vendor = Some("Qualys".into());
        scan.url = Some("https://www.qualys.com".into());
        scan.format_version = Some(root.name().into());
        scan.start_time = glossary.generated.as_deref().map(Into::into);
        if let Some(error) = &glossary.error {
            scan.status = ScanStatus::Failure;
            scan.messages.extend(Message::new(MessageLevel::Fatal, error.as_str()));
        }
        sink.begin_scan(scan).map_err(ConvertError::Deliver)?;
        if let Some(error) = &glossary.error {
            let text = format!("the scan broke off, so findings may be missing: {}", one_line(error));
            sink.warn(Warning::note(text));
        }
        if root.name() == KNOWLEDGE_BASE {
            let text = "this is Qualys' knowledge base, which says what QIDs mean and not where they were found: it holds no findings";
            sink.warn(Warning::note(text));
            return reader.end(sink);
        }
        let mut walk = Walk { sink, options, glossary: &glossary, left_out: 0 };
        walk.enter(&mut reader, &host::Host::default())?;
        if walk.left_out > 0 {
            let text = format!(
                "{} entries of INFOS, SERVICES and PRACTICES only inform or are potential, and were left out; convert them with --include-info",
                walk.left_out
            );
            walk.sink.warn(Warning::note(text));
        }
        reader.end(walk.sink)
    }
}

/// What QIDs mean, and what else stands behind detections or before them.
#[derive(Debug, Default)]
struct Glossary {
    by_qid: HashMap<String, Tree>,
    generated: Option<String>,
    /// What went wrong; in most reports it stands in place of everything else.
    error: Option<String>,
    /// Whether there are hosts in a scan result, which may have an error beside them.
    has_hosts: bool,
}

impl Glossary {
    fn read(input: &dyn Input) -> Result<Self, ConvertError> {
        let mut glossary = Self::default();
        let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
        reader.root()?;
        glossary.enter(&mut reader)?;
        reader.finish()?;
        Ok(glossary)
    }

    /// The depth is that of the outline.
    fn enter<R: Read>(&mut self, reader: &mut Reader<R>) -> Result<(), ConvertError> {
        reader.each_child(|tag, reader| match tag.name() {
            "GLOSSARY" | "VULN_DETAILS_LIST" | "QID_LIST" | "HEADER" | "RESPONSE" => self.enter(reader),
            "VULN_DETAILS" | "QID" => {
                let meaning = reader.element(tag)?;
                let qid = meaning.root().child_text("QID").or(meaning.root().attribute("id")).map(bare);
                if let Some(qid) = qid.map(str::to_owned) {
                    self.by_qid.insert(qid, meaning);
                }
                Ok(())
            }
            "KEY" if tag.attribute("value") != Some("DATE") => Ok(()),
            "GENERATION_DATETIME" | "DATETIME" | "KEY" => {
                self.generated = reader.element(tag)?.root().text().map(str::to_owned);
                Ok(())
            }
            "ERROR" => {
                let text = reader.element(tag)?.root().full_text();
                let number = tag.attribute("number").map(|number| format!("error {number}: "));
                self.error = Some(number.unwrap_or_default() + &text);
                Ok(())
            }
            "IP" => {
                self.has_hosts = true;
                Ok(())
            }
            _ => Ok(()),
        })
    }

    fn get(&self, qid: &str) -> Option<Element<'_>> {
        self.by_qid.get(qid).map(Tree::root)
    }
}

/// `qid_38170` is `38170`.
fn bare(qid: &str) -> &str {
    qid.strip_prefix("qid_").unwrap_or(qid)
}

/// The way through a document.
struct Walk<'w> {
    sink: &'w mut dyn Sink,
    options: &'w Options,
    glossary: &'w Glossary,
    /// Entries that are no records unless the user wants what informs.
    left_out: u64,
}

impl Walk<'_> {
    /// Everything that holds detections is entered, whatever it is called: the reports of WAS differ in
    /// what stands between. The depth is bounded by the reader.
    fn enter<R: Read>(&mut self, reader: &mut Reader<R>, outer: &host::Host) -> Result<(), ConvertError> {
        let mut host = outer.clone();
        reader.each_child(|tag, reader| match tag.name() {
            "GLOSSARY" | "APPENDICES" | "APPENDIX" | "HEADER" | "SUMMARY" | "FILTERS" => Ok(()),
            "IP" if tag.attribute("value").is_some() => self.enter(reader, &host::Host::of(tag)),
            "HOST" => self.enter(reader, &host::Host::default()),
            "IP" | "DNS" | "FQDN" | "NETBIOS" | "OS" | "OPERATING_SYSTEM" | "NETBIOS_HOSTNAME"
            | "TRACKING_METHOD" => {
                host.read(reader.element(tag)?.root());
                Ok(())
            }
            "CAT" => self.enter(reader, &host.with_service(tag)),
            // Most of all that there is more to fetch.
            "WARNING" => {
                let warning = reader.element(tag)?;
                if let Some(text) = warning.root().child_text("TEXT") {
                    self.sink.warn(Warning::note(format!("Qualys warns: {text}")));
                }
                Ok(())
            }
            "VULN" | "VULN_INFO" | "DETECTION" => {
                let detection = reader.element(tag)?;
                let outcome = host::map(detection.root(), &host, self.glossary, self.options);
                Record::begin(self.sink).spend(outcome)
            }
            "INFO" | "SERVICE" | "PRACTICE" if tag.attribute("number").is_some() => {
                if !self.options.include_info {
                    self.left_out += 1;
                    return Ok(());
                }
                let detection = reader.element(tag)?;
                let outcome = host::map(detection.root(), &host, self.glossary, self.options);
                Record::begin(self.sink).spend(outcome)
            }
            "VULNERABILITY" | "SENSITIVE_CONTENT" | "WasScanVuln" | "WasScanSensitiveContent" | "Finding" => {
                let detection = reader.element(tag)?;
                Record::begin(self.sink).spend(web::map(detection.root(), self.glossary, self.options))
            }
            "INFORMATION_GATHERED" | "WasScanIg" => {
                if !self.options.include_info {
                    self.left_out += 1;
                    return Ok(());
                }
                let detection = reader.element(tag)?;
                Record::begin(self.sink).spend(web::map(detection.root(), self.glossary, self.options))
            }
            _ => self.enter(reader, &host),
        })
    }
}

/// Qualys' scale: 1 minimal, 2 medium, 3 serious, 4 critical, 5 urgent.
fn severity(level: &str) -> Option<Severity> {
    match level.trim() {
        "1" => Some(Severity::Info),
        "2" => Some(Severity::Low),
        "3" => Some(Severity::Medium),
        "4" => Some(Severity::High),
        "5" => Some(Severity::Critical),
        _ => None,
    }
}

/// What a QID means: by the fields that all reports have in common.
fn describe<'a>(weakness: &mut Weakness<'a>, meaning: Element<'a>) {
    let text = |name: &str| meaning.child_text(name).filter(|text| !matches!(*text, "N/A" | "-"));
    weakness.name = weakness.name.take().or(text("TITLE").map(Into::into));
    for name in ["THREAT", "DIAGNOSIS", "DESCRIPTION"] {
        weakness.html("", text(name));
    }
    for name in ["IMPACT", "CONSEQUENCE"] {
        weakness.html("Impact", text(name));
    }
    weakness.advise(html::to_markdown(text("SOLUTION").unwrap_or_default()));
    let level = text("SEVERITY").or(meaning.attribute("severity"));
    weakness.severity = weakness.severity.or(level.and_then(severity));
    for (path, vector) in [
        (&["CVSS3_SCORE", "CVSS3_BASE"][..], None),
        (&["CVSS_V3", "BASE"], Some("VECTOR_STRING")),
        (&["CVSS3_BASE"], None),
        (&["CVSS_SCORE", "CVSS_BASE"], None),
        (&["CVSS_BASE"], None),
    ] {
        let field = meaning.find(path).and_then(Element::text);
        let vector = vector.and_then(|name| meaning.find(&["CVSS_V3", name])).and_then(Element::text);
        weakness.ratings.extend(field.and_then(|field| rating(field, vector)));
    }
    for (list, entry) in [("CVE_ID_LIST", "CVE_ID"), ("CVE_LIST", "CVE")] {
        let entries = meaning.child(list).into_iter().flat_map(|list| list.all(entry));
        weakness
            .advisories
            .extend(entries.filter_map(|one| one.child_text("ID").or(one.text())).map(Into::into));
    }
    let attribute = meaning.attribute("cveid").unwrap_or_default();
    weakness
        .advisories
        .extend(attribute.split(',').map(str::trim).filter(|id| !id.is_empty()).map(Into::into));
    let numbers = |text: &'a str| {
        text.split(|c: char| !c.is_ascii_digit()).filter_map(|number| number.parse::<u32>().ok())
    };
    weakness.cwes.extend(text("CWE").into_iter().flat_map(numbers));
    weakness.wasc.extend(text("WASC").into_iter().filter_map(|text| {
        text.trim_start_matches("WASC-").split(|c: char| !c.is_ascii_digit()).next()?.parse::<u32>().ok()
    }));
    let lists = [("VENDOR_REFERENCE_LIST", "VENDOR_REFERENCE"), ("BUGTRAQ_ID_LIST", "BUGTRAQ_ID")];
    for (list, entry) in lists {
        for one in meaning.child(list).into_iter().flat_map(|list| list.all(entry)) {
            let link = one.child_text("URL").and_then(scanlift_report_core::Link::new);
            weakness.links.extend(link.map(|link| link.with_name(one.child_text("ID").unwrap_or_default())));
        }
    }
}

/// `9.3 (AV:N/AC:M/Au:N/C:C/I:C/A:C)`, or a number alone.
fn rating<'a>(field: &'a str, vector: Option<&'a str>) -> Option<Rating<'a>> {
    let (score, inside) =
        field.split_once('(').map_or((field, None), |(score, rest)| (score, rest.strip_suffix(')')));
    let score = score.trim().parse().ok();
    let vector = vector.or(inside);
    (score.is_some() || vector.is_some()).then(|| Rating::new("Qualys", vector.map(Into::into), score))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_and_scores() {
        for (level, want) in [
            ("1", Some(Severity::Info)),
            ("3", Some(Severity::Medium)),
            ("5", Some(Severity::Critical)),
            ("6", None),
        ] {
            assert_eq!(severity(level), want, "{level}");
        }
        for (field, want) in [
            ("9.3 (AV:N/AC:M/Au:N/C:C/I:C/A:C)", Some((Some(9.3), true))),
            ("5", Some((Some(5.0), false))),
            ("-", None),
        ] {
            let got = rating(field, None).map(|rating| (rating.score, rating.vector.is_some()));
            assert_eq!(got, want, "{field}");
        }
    }
}
