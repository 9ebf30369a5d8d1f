//! Checkmarx OSA: the lists of vulnerabilities and of libraries that its REST API and its plug-ins
//! give (`CxOSAVulnerabilities.json`, `CxOSALibraries.json`), together in one list or object.

use scanlift_convert_api::json::{self, Head, Kind as JsonKind, Loose, Reader, Records, Repair, filled};
use scanlift_convert_api::package::{Advisory, Package, Place, Rating, manifest_or_option};
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Input, Match, Options, Outcome, ScanInfo, Sink, SkipReason, cwe,
};
use scanlift_report_core::{Kind, Text};
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::HashMap;
use std::io::Read;

/// Reads findings of Checkmarx OSA.
#[derive(Clone, Copy, Debug, Default)]
pub struct CheckmarxOsa;

/// The converter.
pub static CONVERTER: CheckmarxOsa = CheckmarxOsa;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "checkmarx-osa",
    name: "Checkmarx OSA",
    summary: "vulnerabilities and libraries of Checkmarx OSA",
    versions: "REST API 1",
    kinds: &[Kind::DependencyScanning],
    url: "https://docs.checkmarx.com/en/34965-46540-osa-scans.html",
};

impl Converter for CheckmarxOsa {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        let is_list = |head: &Head<'_>| head.has("libraryId") && head.has("cveName");
        let is_library = |head: &Head<'_>| head.has("newestVersion") && head.has("confidenceLevel");
        // Lists in a list: the first object tells, behind lists that are empty.
        let inner = head.trim_ascii_start().strip_prefix(b"[").map(<[u8]>::trim_ascii_start);
        let inner = inner.filter(|inner| inner.starts_with(b"["));
        let first =
            inner.and_then(|inner| inner.get(inner.iter().position(|byte| !b"[], \t\r\n".contains(byte))?..));
        let lists = first.map(Head::of).is_some_and(|head| is_list(&head) || is_library(&head));
        let head = Head::of(head);
        let at = |key| head.path_has(&["vulnerabilities", key]);
        if lists || is_list(&head) || (at("libraryId") && at("cveName")) { Match::Yes } else { Match::No }
    }

    /// The document is read twice: once for the libraries, which stand behind their vulnerabilities,
    /// and once for the vulnerabilities.
    fn convert(&self, input: &dyn Input, options: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let libraries = Libraries::read(input)?;
        let mut scan = ScanInfo::new("Checkmarx OSA", Kind::DependencyScanning);
        scan.vendor = Some("Checkmarx".into());
        scan.url = Some("https://checkmarx.com".into());
        sink.begin_scan(scan).map_err(ConvertError::Deliver)?;
        let manifest = manifest_or_option(None, None, options, input, sink);
        let scope = Scope { libraries: &libraries, manifest };
        let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
        let mut records = Records::new(sink);
        each_item(&mut reader, &mut |reader| records.map_group(reader, &scope, map_item)).map(drop)
    }
}

/// Visits the items of the lists in a list or an object, or those of a list, and says whether there is one.
fn each_item<R: Read>(
    reader: &mut Reader<R>,
    visit: &mut dyn FnMut(&mut Reader<R>) -> Result<(), ConvertError>,
) -> Result<bool, ConvertError> {
    if reader.peek()? == JsonKind::Array {
        reader.each_item(|_, reader| match reader.peek()? {
            JsonKind::Array => reader.each_item(|_, reader| visit(reader)),
            _ => visit(reader),
        })?;
        return Ok(true);
    }
    let mut has_list = false;
    reader.each_key(|key, reader| {
        has_list |= is_list(key);
        match reader.peek()? {
            JsonKind::Array if is_list(key) => reader.each_item(|_, reader| visit(reader)),
            _ => Ok(()),
        }
    })?;
    Ok(has_list)
}

fn is_list(key: &str) -> bool {
    ["vulnerabilities", "libraries"].iter().any(|list| key.eq_ignore_ascii_case(list))
}

/// Libraries by id.
#[derive(Debug, Default)]
struct Libraries(HashMap<String, Library>);

#[derive(Debug, Default)]
struct Library {
    name: String,
    version: String,
    newest: String,
    file: String,
}

impl Libraries {
    fn read(input: &dyn Input) -> Result<Self, ConvertError> {
        let mut libraries = Self::default();
        let mut repair = Repair::default();
        let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
        let (mut entries, mut known) = (0_u64, 0_u64);
        let has_list = each_item(&mut reader, &mut |reader| {
            if reader.peek()? != JsonKind::Object {
                return Ok(());
            }
            entries += 1;
            let item = match reader.parse_lenient::<Item<'_>>(&mut repair).map_err(ConvertError::from) {
                Ok((item, _)) => item,
                // It is accounted for in the second pass.
                Err(ConvertError::Parse { .. } | ConvertError::Limit { .. }) => return Ok(()),
                Err(other) => return Err(other),
            };
            known += u64::from(item.is_vulnerability() || item.is_library());
            if let (false, Some(id), Some(name)) =
                (item.is_vulnerability(), filled(&item.id), filled(&item.name))
            {
                let text = |field| filled(field).unwrap_or_default().to_owned();
                let library = Library {
                    name: name.to_owned(),
                    version: text(&item.version),
                    newest: text(&item.newest_version),
                    file: text(&item.matched_filename),
                };
                libraries.0.insert(id.to_owned(), library);
            }
            Ok(())
        })?;
        reader.finish()?;
        if !has_list || (entries > 0 && known == 0) {
            return Err(ConvertError::Unrecognised {
                expected: "vulnerabilities with `libraryId`",
                help: "put the lists of CxOSAVulnerabilities.json and CxOSALibraries.json into one list",
            });
        }
        Ok(libraries)
    }
}

/// What is known beside a vulnerability.
struct Scope<'s> {
    libraries: &'s Libraries,
    manifest: Text<'s>,
}

/// A vulnerability or a library.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Item<'a> {
    #[serde(borrow)]
    id: Option<Loose<'a>>,
    /// Of a library, like the version and what follows it.
    name: Option<Loose<'a>>,
    version: Option<Loose<'a>>,
    newest_version: Option<Loose<'a>>,
    confidence_level: Option<Loose<'a>>,
    #[serde(alias = "matchedFileName")]
    matched_filename: Option<Loose<'a>>,
    /// Of a vulnerability, like all that follows.
    library_id: Option<Loose<'a>>,
    library_name: Option<Loose<'a>>,
    library_version: Option<Loose<'a>>,
    cve_name: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::number")]
    score: Option<f64>,
    severity: Named<'a>,
    publish_date: Option<Loose<'a>>,
    url: Option<Loose<'a>>,
    description: Option<Loose<'a>>,
    recommendations: Option<Loose<'a>>,
    source_file_name: Option<Loose<'a>>,
    cwe: Option<Loose<'a>>,
    state: Named<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Named<'a> {
    #[serde(borrow)]
    name: Option<Loose<'a>>,
}

impl Item<'_> {
    fn is_vulnerability(&self) -> bool {
        filled(&self.library_id).is_some() || filled(&self.cve_name).is_some()
    }

    fn is_library(&self) -> bool {
        filled(&self.name).is_some() && (self.newest_version.is_some() || self.confidence_level.is_some())
    }
}

/// A library is no record.
fn map_item<'a>(item: &'a Item<'_>, scope: &'a Scope<'_>) -> Vec<Outcome<'a>> {
    if !item.is_vulnerability() && item.is_library() {
        return Vec::new();
    }
    vec![map_vulnerability(item, scope)]
}

fn map_vulnerability<'a>(item: &'a Item<'_>, scope: &'a Scope<'_>) -> Outcome<'a> {
    let id = filled(&item.cve_name).unwrap_or_default();
    let library = filled(&item.library_id).and_then(|id| scope.libraries.0.get(id));
    let (name, version) = match library {
        Some(library) => (library.name.as_str(), library.version.as_str()),
        None => {
            let name = filled(&item.library_name).or(filled(&item.library_id)).unwrap_or("unknown");
            (name, filled(&item.library_version).unwrap_or_default())
        }
    };
    let example = format!("{id} in {name}");
    let state = filled(&item.state.name).unwrap_or_default();
    if state == "NOT_EXPLOITABLE" {
        return Outcome::skip(SkipReason::Suppressed, "state: NOT_EXPLOITABLE", example);
    }
    let mut advisory = Advisory::new("checkmarx_osa_id", id);
    advisory.url = filled(&item.url).map(Cow::Borrowed);
    advisory.description = filled(&item.description).map(Cow::Borrowed);
    advisory.solution = filled(&item.recommendations).map(Cow::Borrowed);
    advisory.severity = filled(&item.severity.name).map(Cow::Borrowed);
    let source = "Checkmarx OSA";
    advisory.ratings = item.score.map(|score| Rating::new(source, None, Some(score))).into_iter().collect();
    advisory.weaknesses = filled(&item.cwe).map(cwe::all).unwrap_or_default();
    advisory.published = filled(&item.publish_date).map(Cow::Borrowed);

    let file = filled(&item.source_file_name).map(Cow::Borrowed);
    let place = Place::Manifest(file.unwrap_or_else(|| Cow::Borrowed(&scope.manifest)));
    let Some(mut finding) = advisory.into_finding(Package::new(name, version), place) else {
        return Outcome::skip(SkipReason::Unsupported, "a vulnerability without a name", example);
    };
    let details = &mut finding.vulnerability.details;
    details.text("state", "State", state);
    if let Some(library) = library {
        details.text("newest_version", "Newest version", library.newest.as_str());
        details.text("matched_file", "Matched file", library.file.as_str());
    }
    Outcome::finding(finding)
}

#[cfg(test)]
mod tests {
    use super::*;
    use scanlift_convert_api::Collector;

    #[test]
    fn other_documents_are_refused() {
        for (document, is_report) in [
            ("[]", true),
            ("[[], []]", true),
            (r#"{"vulnerabilities": [], "libraries": []}"#, true),
            (r#"{"Vulnerabilites": [{"libraryId": "1", "cveName": "CVE-2099-0001"}]}"#, false),
            (r#"{"foo": 1, "bar": [1, 2, {"a": 3}]}"#, false),
            (r#"[{"foo": 1}]"#, false),
            ("{}", false),
        ] {
            let converted = CONVERTER.convert(&document, &Options::default(), &mut Collector::default());
            let is_refused = matches!(converted, Err(ConvertError::Unrecognised { .. }));
            assert_eq!((converted.is_ok(), is_refused), (is_report, !is_report), "{document}: {converted:?}");
        }
    }
}
