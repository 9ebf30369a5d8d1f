//! OWASP Dependency-Check's JSON reports (`reportSchema` 1.0 and 1.1, of versions 3 to 12; template
//! `jsonReport.vsl`). The XML reports say the same: converter `dependency-check`.

mod model;

use model::{Dependency, Software, Vulnerability};
use scanlift_convert_api::details::add_list;
use scanlift_convert_api::json::{Fields, Head, Reader, Records, filled};
use scanlift_convert_api::package::{Advisory, Cpe, Package, Place, Rating, vector_of_words, version_range};
use scanlift_convert_api::tool::dependency_check;
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Finding, Input, Match, Options, Outcome, ScanInfo, Sink, SkipReason,
    Warning, cwe,
};
use scanlift_report_core::{Detail, Details, Kind, Message, MessageLevel, Text};
use std::borrow::Cow;

/// Reads the JSON reports of OWASP Dependency-Check.
#[derive(Clone, Copy, Debug, Default)]
pub struct DependencyCheckJson;

/// The converter.
pub static CONVERTER: DependencyCheckJson = DependencyCheckJson;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "dependency-check-json",
    name: "OWASP Dependency-Check (JSON)",
    summary: "JSON reports of OWASP Dependency-Check",
    versions: "schema 1.0 and 1.1",
    kinds: &[Kind::DependencyScanning],
    url: "https://dependency-check.github.io/DependencyCheck/",
};

/// The newest `reportSchema` that is known.
const NEWEST: &str = "1.1";

impl Converter for DependencyCheckJson {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        let head = Head::of(head);
        let engine = head.path_has(&["scanInfo", "engineVersion"]);
        let beside_schema = engine || head.has("projectInfo") || head.has("dependencies");
        let of_schema = head.has("reportSchema") && beside_schema;
        let files = ["fileName", "filePath"].iter().all(|key| head.path_has(&["dependencies", key]));
        if of_schema || (engine && head.has("projectInfo")) || files { Match::Yes } else { Match::No }
    }

    /// The document is read twice: once for what it says of itself, and once for the records.
    fn convert(&self, input: &dyn Input, options: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let about = About::read(input)?;
        sink.begin_scan(about.scan()).map_err(ConvertError::Deliver)?;
        about.fields.warnings.into_iter().for_each(|warning| sink.warn(warning));
        let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
        let mut records = Records::new(sink);
        reader.each_key(|key, reader| match key {
            "dependencies" => {
                records.each(reader, |records, reader| records.map_group(reader, options, map_dependency))
            }
            _ => Ok(()),
        })
    }
}

/// What a report says of its scan.
#[derive(Debug, Default)]
struct About {
    schema: Option<String>,
    scan: model::ScanSection,
    project: model::ProjectSection,
    fields: Fields,
}

impl About {
    fn read(input: &dyn Input) -> Result<Self, ConvertError> {
        let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
        let mut about = Self::default();
        let mut known = false;
        reader.each_key(|key, reader| {
            match key {
                "reportSchema" => about.schema = about.fields.text(reader)?,
                "scanInfo" => about.scan = about.fields.object(reader)?.unwrap_or_default(),
                "projectInfo" => about.project = about.fields.object(reader)?.unwrap_or_default(),
                "dependencies" => {}
                _ => return Ok::<_, ConvertError>(()),
            }
            known = true;
            Ok(())
        })?;
        reader.finish()?;
        if known {
            let schema = about.schema.as_deref();
            let unknown =
                schema.and_then(|schema| Warning::of_version("Dependency-Check's schema", schema, NEWEST));
            about.fields.warnings.extend(unknown);
            return Ok(about);
        }
        Err(ConvertError::Unrecognised {
            expected: "`scanInfo` and `dependencies`",
            help: "write the report with `dependency-check --format JSON`",
        })
    }

    fn scan(&self) -> ScanInfo<'_> {
        let mut scan = ScanInfo::new("OWASP Dependency-Check", Kind::DependencyScanning);
        scan.version = filled(&self.scan.engine_version).map(Cow::Borrowed);
        scan.start_time = filled(&self.project.report_date).map(Cow::Borrowed);
        scan.end_time = scan.start_time.clone();
        scan.format_version = self.schema.as_deref().map(Cow::Borrowed);
        let exceptions = self.scan.analysis_exceptions.iter().filter_map(|entry| entry.exception.as_ref());
        let messages = exceptions.filter_map(|it| Message::new(MessageLevel::Warn, filled(&it.message)?));
        scan.messages = messages.collect();
        scan
    }
}

fn map_dependency<'a>(dependency: &'a Dependency<'_>, options: &'a Options) -> Vec<Outcome<'a>> {
    let found = dependency.vulnerabilities.iter().map(|entry| map_vulnerability(entry, dependency, options));
    let suppressed = dependency.suppressed_vulnerabilities.iter().map(|entry| {
        let detail = match filled(&entry.notes) {
            Some(notes) => format!("suppressed: {notes}"),
            None => "suppressed".to_owned(),
        };
        Outcome::skip(SkipReason::Suppressed, detail, example(entry, dependency))
    });
    found.chain(suppressed).collect()
}

fn example(entry: &Vulnerability<'_>, dependency: &Dependency<'_>) -> String {
    let name = filled(&entry.name).unwrap_or_default();
    match filled(&dependency.file_name) {
        Some(file) => format!("{name} in {file}"),
        None => name.to_owned(),
    }
}

fn map_vulnerability<'a>(
    entry: &'a Vulnerability<'_>,
    dependency: &'a Dependency<'_>,
    options: &'a Options,
) -> Outcome<'a> {
    let mut advisory =
        Advisory::new("dependency_check_id", filled(&entry.name).map(Cow::Borrowed).unwrap_or_default());
    advisory.description = filled(&entry.description).map(Cow::Borrowed);
    advisory.severity = filled(&entry.severity).map(Cow::Borrowed);
    advisory.ratings = map_ratings(entry);
    let weaknesses = entry.cwes.iter().map(|cwe| &**cwe).chain(filled(&entry.cwe));
    advisory.weaknesses = weaknesses.filter_map(cwe::parse).collect();
    let references = entry.references.iter().filter_map(|link| filled(&link.url));
    advisory.references = references.map(Cow::Borrowed).collect();

    let mut package = map_package(dependency);
    let matched = || entry.vulnerable_software.iter().map(|it| &it.software).filter(|it| is_matched(it));
    package.fixed = matched().filter_map(|it| filled(&it.version_end_excluding)).map(Cow::Borrowed).collect();
    package.fixed.dedup();
    package.vulnerable = Some(matched().map(range).filter(|text| !text.is_empty()).collect::<Vec<_>>())
        .map(|ranges| Cow::Owned(ranges.join(" || ")));
    let place = dependency_check::place(filled(&dependency.file_path), options);
    if let Place::Manifest(file) = &place
        && filled(&dependency.file_path) != Some(file)
    {
        package.path = filled(&dependency.file_path).map(Cow::Borrowed);
    }
    let Some(mut finding) = advisory.into_finding(package, place) else {
        return Outcome::skip(
            SkipReason::Unsupported,
            "a vulnerability without a name",
            example(entry, dependency),
        );
    };
    map_details(&mut finding, entry, dependency);
    Outcome::finding(finding)
}

/// The package that the first package URL names; else the coordinates of old versions; else the file.
fn map_package<'a>(dependency: &'a Dependency<'_>) -> Package<'a> {
    let purls = dependency.packages.iter().filter_map(|id| filled(&id.id));
    if let Some(package) = purls.filter_map(Package::from_purl).next() {
        return package;
    }
    let names = || dependency.identifiers.iter().filter_map(|id| filled(&id.name).or(filled(&id.id)));
    if let Some((name, version)) =
        names().filter(|name| Cpe::parse(name).is_none()).find_map(dependency_check::coordinates)
    {
        return Package::new(name, version);
    }
    let ids = dependency.vulnerability_ids.iter().filter_map(|id| filled(&id.id)).chain(names());
    let version = ids.filter_map(Cpe::parse).map(|cpe| cpe.version).find(|version| !version.is_empty());
    let file = filled(&dependency.file_name).or(filled(&dependency.file_path)).unwrap_or("unknown");
    match dependency_check::coordinates(file) {
        Some((name, version)) => Package::new(name, version),
        // `app.war: lib.jar` is a file in a file.
        None => Package::new(file.rsplit(": ").next().unwrap_or(file), version.unwrap_or_default()),
    }
}

fn is_matched(software: &Software<'_>) -> bool {
    filled(&software.vulnerability_id_matched).is_some_and(|it| it.eq_ignore_ascii_case("true"))
}

fn range(software: &Software<'_>) -> String {
    version_range(
        filled(&software.version_start_including),
        filled(&software.version_start_excluding),
        filled(&software.version_end_including),
        filled(&software.version_end_excluding),
    )
}

/// CVSS 3, 2 and 4 by their parts, of which Dependency-Check writes no vector before 4.
fn map_ratings<'a>(entry: &'a Vulnerability<'_>) -> Vec<Rating<'a>> {
    let source = || Cow::Borrowed(filled(&entry.source).unwrap_or_default());
    let mut ratings = Vec::new();
    if let Some(cvss) = &entry.cvssv3 {
        let metrics = [
            ("AV", filled(&cvss.attack_vector)),
            ("AC", filled(&cvss.attack_complexity)),
            ("PR", filled(&cvss.privileges_required)),
            ("UI", filled(&cvss.user_interaction)),
            ("S", filled(&cvss.scope)),
            ("C", filled(&cvss.confidentiality_impact)),
            ("I", filled(&cvss.integrity_impact)),
            ("A", filled(&cvss.availability_impact)),
        ];
        let prefix = if filled(&cvss.version) == Some("3.0") { "CVSS:3.0" } else { "CVSS:3.1" };
        ratings.push(Rating::new(source(), vector_of_words(prefix, &metrics), cvss.base_score));
    }
    if let Some(cvss) = &entry.cvssv2 {
        let metrics = [
            ("AV", filled(&cvss.access_vector)),
            ("AC", filled(&cvss.access_complexity)),
            ("Au", filled(&cvss.authenticationr)),
            ("C", filled(&cvss.confidential_impact)),
            ("I", filled(&cvss.integrity_impact)),
            ("A", filled(&cvss.availability_impact)),
        ];
        ratings.push(Rating::new(source(), vector_of_words("", &metrics), cvss.score));
    }
    if entry.cvss_score.is_some() {
        let metrics = [
            ("AV", filled(&entry.cvss_access_vector)),
            ("AC", filled(&entry.cvss_access_complexity)),
            ("Au", filled(&entry.cvss_authenticationr)),
            ("C", filled(&entry.cvss_confidential_impact)),
            ("I", filled(&entry.cvss_integrity_impact)),
            ("A", filled(&entry.cvss_availability_impact)),
        ];
        ratings.push(Rating::new(source(), vector_of_words("", &metrics), entry.cvss_score));
    }
    if let Some(cvss) = &entry.cvssv4 {
        let source = filled(&cvss.source).map(Cow::Borrowed).unwrap_or_else(source);
        ratings.push(Rating::new(source, filled(&cvss.vector_string).map(Cow::Borrowed), cvss.base_score));
    }
    ratings
}

fn map_details<'a>(finding: &mut Finding<'a>, entry: &'a Vulnerability<'_>, dependency: &'a Dependency<'_>) {
    let details = &mut finding.vulnerability.details;
    if let Some(known) = &entry.known_exploited_vulnerability {
        let mut items = Details::default();
        for (key, name, field) in [
            ("name", "Name", &known.name),
            ("required_action", "Required action", &known.required_action),
            ("due_date", "Due date", &known.due_date),
            ("date_added", "Date added", &known.date_added),
            ("description", "Description", &known.description),
            ("notes", "Notes", &known.notes),
        ] {
            items.text(key, name, filled(field).unwrap_or_default());
        }
        if !items.is_empty() {
            details.insert("known_exploited", "Known to be exploited (CISA)", Detail::NamedList { items });
        }
    }
    details.text("notes", "Notes", filled(&entry.notes).unwrap_or_default());
    let included = dependency.included_by.iter().filter_map(|it| filled(&it.reference));
    add_list(details, "included_by", "Included by", included);
    add_list(details, "projects", "Projects", dependency.project_references.iter().map(|it| it.trim()));
    let related = dependency.related_dependencies.iter();
    let related = related.filter_map(|it| filled(&it.file_path).or(filled(&it.file_name)));
    add_list(details, "related_files", "Related files", related);
    let cpes = dependency.vulnerability_ids.iter().filter_map(|it| filled(&it.id));
    add_list(details, "cpe", "CPE", cpes);
    let software = entry.vulnerable_software.iter().map(|it| &it.software).filter_map(|software| {
        let id = filled(&software.id)?;
        let range = range(software);
        Some(if range.is_empty() { Cow::Borrowed(id) } else { Text::Owned(format!("{id} ({range})")) })
    });
    add_list(details, "vulnerable_software", "Vulnerable software", software);
    details.text("advisory_source", "Source", filled(&entry.source).unwrap_or_default());
    details.text("file", "File", filled(&dependency.file_name).unwrap_or_default());
    let license = filled(&dependency.license).unwrap_or_default();
    details.text("license", "License", license);
    let hash = filled(&dependency.sha256).or(filled(&dependency.sha1)).unwrap_or_default();
    details.text("file_hash", "Hash of the file", hash);
}
