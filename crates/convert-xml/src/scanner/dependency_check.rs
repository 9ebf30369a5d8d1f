//! OWASP Dependency-Check's XML reports (`dependency-check.*.xsd`, schema 1.0 to 4.1, of versions 1 to
//! 12). The JSON reports say the same: converter `dependency-check-json`.

use scanlift_convert_api::details::add_list;
use scanlift_convert_api::package::{Advisory, Cpe, Package, Place, Rating, vector_of_words, version_range};
use scanlift_convert_api::tool::dependency_check;
use scanlift_convert_api::xml::{Element, Head, Reader, Tree};
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Finding, Input, Match, Options, Outcome, Record, ScanInfo, Sink,
    SkipReason, Warning, cwe,
};
use scanlift_report_core::{Detail, Details, Kind, Message, MessageLevel, Text};
use std::borrow::Cow;
use std::io::Read;

/// Reads the XML reports of OWASP Dependency-Check.
#[derive(Clone, Copy, Debug, Default)]
pub struct DependencyCheck;

/// The converter.
pub static CONVERTER: DependencyCheck = DependencyCheck;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "dependency-check",
    name: "OWASP Dependency-Check",
    summary: "XML reports of OWASP Dependency-Check",
    versions: "schema 1.0 to 4.1",
    kinds: &[Kind::DependencyScanning],
    url: "https://dependency-check.github.io/DependencyCheck/",
};

/// The newest version of the schema that is known.
const NEWEST: &str = "4.1";

impl Converter for DependencyCheck {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        let head = Head::of(head);
        // `OWASP_Dependency_Check#1.1` before schema 1.3.
        let namespace = head.namespace().to_ascii_lowercase().replace('_', "-");
        let named = namespace.contains("dependency-check");
        let looks_like = head.has("scanInfo") && (head.has("engineVersion") || head.has("projectInfo"));
        match head.root() == "analysis" {
            true if named || looks_like => Match::Yes,
            _ => Match::No,
        }
    }

    fn convert(&self, input: &dyn Input, options: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
        if reader.root()?.name() != "analysis" {
            return Err(ConvertError::Unrecognised {
                expected: "the element `analysis`",
                help: "write the report with `dependency-check --format XML`",
            });
        }
        let mut about = About { schema: schema_version(input)?, ..About::default() };
        let schema = about.schema.as_deref();
        let unknown =
            schema.and_then(|schema| Warning::of_version("Dependency-Check's schema", schema, NEWEST));
        unknown.into_iter().for_each(|warning| sink.warn(warning));
        // The schema has the dependencies behind everything else.
        let mut begun = false;
        reader.each_child(|tag, reader| {
            match tag.name() {
                "scanInfo" => about.scan = reader.element(tag)?,
                "projectInfo" => about.project = reader.element(tag)?,
                "dependencies" => {
                    if !std::mem::replace(&mut begun, true) {
                        sink.begin_scan(about.info()).map_err(ConvertError::Deliver)?;
                    }
                    reader.each_child(|tag, reader| match tag.name() {
                        "dependency" => read_dependency(reader, options, sink),
                        _ => Ok(()),
                    })?;
                }
                _ => {}
            }
            Ok(())
        })?;
        if !begun {
            sink.begin_scan(about.info()).map_err(ConvertError::Deliver)?;
        }
        reader.end(sink)
    }
}

/// `2.5` of the namespace `https://jeremylong.github.io/DependencyCheck/dependency-check.2.5.xsd`.
fn schema_version(input: &dyn Input) -> Result<Option<String>, ConvertError> {
    let start = input.beginning().map_err(ConvertError::Read)?;
    let head = Head::of(&start);
    let version = head.namespace().rsplit_once("dependency-check.").map(|(_, version)| version);
    Ok(version.map(|version| version.trim_end_matches(".xsd").to_owned()))
}

/// What a report says of its scan.
#[derive(Debug, Default)]
struct About {
    schema: Option<String>,
    scan: Tree,
    project: Tree,
}

impl About {
    fn info(&self) -> ScanInfo<'_> {
        let mut scan = ScanInfo::new("OWASP Dependency-Check", Kind::DependencyScanning);
        scan.version = self.scan.root().child_text("engineVersion").map(Cow::Borrowed);
        scan.start_time = self.project.root().child_text("reportDate").map(Cow::Borrowed);
        scan.end_time = scan.start_time.clone();
        scan.format_version = self.schema.as_deref().map(Cow::Borrowed);
        let exceptions = self.scan.root().child("analysisExceptions").into_iter().flat_map(Element::children);
        let messages = exceptions.filter_map(|exception| {
            let message = exception.child_text("message").or(exception.text())?;
            Message::new(MessageLevel::Warn, message)
        });
        scan.messages = messages.collect();
        scan
    }
}

/// Reads a dependency: the schema has its vulnerabilities behind everything else, and each of them
/// is mapped as it is read. What was collected as evidence is not read.
fn read_dependency<R: Read>(
    reader: &mut Reader<R>,
    options: &Options,
    sink: &mut dyn Sink,
) -> Result<(), ConvertError> {
    let mut dependency = Dependency::default();
    reader.each_child(|tag, reader| {
        match tag.name() {
            "evidenceCollected" => {}
            "vulnerabilities" => reader.each_child(|tag, reader| match tag.name() {
                "vulnerability" => {
                    let entry = reader.element(tag)?;
                    Record::begin(sink).spend(map_vulnerability(entry.root(), &dependency, options))
                }
                "suppressedVulnerability" => {
                    let entry = reader.element(tag)?;
                    Record::begin(sink).spend(map_suppressed(entry.root(), &dependency))
                }
                _ => Ok(()),
            })?,
            _ => dependency.parts.push(reader.element(tag)?),
        }
        Ok(())
    })
}

/// What stands before the vulnerabilities of a dependency.
#[derive(Debug, Default)]
struct Dependency {
    parts: Vec<Tree>,
}

impl Dependency {
    fn part(&self, name: &str) -> Option<Element<'_>> {
        self.parts.iter().map(Tree::root).find(|part| part.name() == name)
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.part(name)?.text()
    }

    /// What is directly in a part.
    fn in_part<'e>(&'e self, name: &str) -> impl Iterator<Item = Element<'e>> {
        self.part(name).into_iter().flat_map(Element::children)
    }

    /// The values of the elements of that name below `identifiers`: `package` and `vulnerabilityIds`
    /// have an `id`, `identifier` (before schema 2.0) a `name`.
    fn ids<'e>(&'e self, name: &'e str) -> impl Iterator<Item = &'e str> {
        self.in_part("identifiers")
            .filter(move |id| id.name() == name)
            .filter_map(|id| id.first_text(&["id", "name"]))
    }

    /// A vulnerability of this dependency, for people.
    fn example(&self, entry: Element<'_>) -> String {
        let name = entry.child_text("name").unwrap_or_default();
        match self.text("fileName") {
            Some(file) => format!("{name} in {file}"),
            None => name.to_owned(),
        }
    }
}

fn map_suppressed<'a>(entry: Element<'a>, dependency: &'a Dependency) -> Outcome<'a> {
    let detail = match entry.child_text("notes") {
        Some(notes) => Text::Owned(format!("suppressed: {notes}")),
        None => Text::Borrowed("suppressed"),
    };
    Outcome::skip(SkipReason::Suppressed, detail, dependency.example(entry))
}

fn map_vulnerability<'a>(
    entry: Element<'a>,
    dependency: &'a Dependency,
    options: &'a Options,
) -> Outcome<'a> {
    let mut advisory = Advisory::new("dependency_check_id", entry.child_text("name").unwrap_or_default());
    advisory.description = entry.child_text("description").map(Cow::Borrowed);
    advisory.severity = entry.child_text("severity").map(Cow::Borrowed);
    advisory.ratings = map_ratings(entry);
    let weaknesses = entry.child("cwes").into_iter().flat_map(|cwes| cwes.texts("cwe"));
    advisory.weaknesses = weaknesses.chain(entry.texts("cwe")).filter_map(cwe::parse).collect();
    let references = entry.child("references").into_iter().flat_map(|list| list.all("reference"));
    advisory.references =
        references.filter_map(|reference| reference.child_text("url")).map(Cow::Borrowed).collect();

    let mut package = map_package(dependency);
    let matched = || {
        software(entry).filter(|it| {
            it.attribute("vulnerabilityIdMatched").is_some_and(|it| it.eq_ignore_ascii_case("true"))
        })
    };
    package.fixed =
        matched().filter_map(|it| it.attribute("versionEndExcluding")).map(Cow::Borrowed).collect();
    package.fixed.dedup();
    let ranges: Vec<String> = matched().map(range).filter(|range| !range.is_empty()).collect();
    package.vulnerable = Some(Cow::Owned(ranges.join(" || ")));
    let path = dependency.text("filePath");
    let place = dependency_check::place(path, options);
    if let Place::Manifest(file) = &place
        && path != Some(file)
    {
        package.path = path.map(Cow::Borrowed);
    }
    let Some(mut finding) = advisory.into_finding(package, place) else {
        let example = dependency.example(entry);
        return Outcome::skip(SkipReason::Unsupported, "a vulnerability without a name", example);
    };
    map_details(&mut finding, entry, dependency);
    Outcome::finding(finding)
}

fn software(entry: Element<'_>) -> impl Iterator<Item = Element<'_>> {
    entry.child("vulnerableSoftware").into_iter().flat_map(|list| list.all("software"))
}

fn range(software: Element<'_>) -> String {
    version_range(
        software.attribute("versionStartIncluding"),
        software.attribute("versionStartExcluding"),
        software.attribute("versionEndIncluding"),
        software.attribute("versionEndExcluding"),
    )
}

/// The package that the first package URL names; else the coordinates of old versions; else the file.
fn map_package(dependency: &Dependency) -> Package<'_> {
    if let Some(package) = dependency.ids("package").filter_map(Package::from_purl).next() {
        return package;
    }
    let names = dependency.ids("identifier").filter(|name| Cpe::parse(name).is_none());
    if let Some((name, version)) = names.filter_map(dependency_check::coordinates).next() {
        return Package::new(name, version);
    }
    let ids = dependency.ids("vulnerabilityIds").chain(dependency.ids("identifier"));
    let version = ids.filter_map(Cpe::parse).map(|cpe| cpe.version).find(|version| !version.is_empty());
    let file = dependency.text("fileName").or(dependency.text("filePath")).unwrap_or("unknown");
    match dependency_check::coordinates(file) {
        Some((name, version)) => Package::new(name, version),
        // `app.war: lib.jar` is a file in a file.
        None => Package::new(file.rsplit(": ").next().unwrap_or(file), version.unwrap_or_default()),
    }
}

/// CVSS 3, 2 and 4 by their parts, of which Dependency-Check writes no vector before 4. Before schema
/// 2.0 the parts of CVSS 2 stand in the vulnerability itself.
fn map_ratings(entry: Element<'_>) -> Vec<Rating<'_>> {
    let source = || Cow::Borrowed(entry.attribute("source").unwrap_or_default());
    let mut ratings = Vec::new();
    if let Some(cvss) = entry.child("cvssV3") {
        let metrics = [
            ("AV", cvss.child_text("attackVector")),
            ("AC", cvss.child_text("attackComplexity")),
            ("PR", cvss.child_text("privilegesRequired")),
            ("UI", cvss.child_text("userInteraction")),
            ("S", cvss.child_text("scope")),
            ("C", cvss.child_text("confidentialityImpact")),
            ("I", cvss.child_text("integrityImpact")),
            ("A", cvss.child_text("availabilityImpact")),
        ];
        let prefix = if cvss.child_text("version") == Some("3.0") { "CVSS:3.0" } else { "CVSS:3.1" };
        ratings.push(Rating::new(source(), vector_of_words(prefix, &metrics), cvss.number("baseScore")));
    }
    if let Some(cvss) = entry.child("cvssV2") {
        let metrics = [
            ("AV", cvss.child_text("accessVector")),
            ("AC", cvss.child_text("accessComplexity")),
            // Spelled so in every version so far.
            ("Au", cvss.first_text(&["authenticationr", "authentication"])),
            ("C", cvss.first_text(&["confidentialImpact", "confidentialityImpact"])),
            ("I", cvss.child_text("integrityImpact")),
            ("A", cvss.child_text("availabilityImpact")),
        ];
        let score = cvss.number("score").or_else(|| cvss.number("baseScore"));
        ratings.push(Rating::new(source(), vector_of_words("", &metrics), score));
    }
    if let Some(score) = entry.number("cvssScore") {
        let metrics = [
            ("AV", entry.child_text("cvssAccessVector")),
            ("AC", entry.child_text("cvssAccessComplexity")),
            ("Au", entry.child_text("cvssAuthenticationr")),
            ("C", entry.child_text("cvssConfidentialImpact")),
            ("I", entry.child_text("cvssIntegrityImpact")),
            ("A", entry.child_text("cvssAvailabilityImpact")),
        ];
        ratings.push(Rating::new(source(), vector_of_words("", &metrics), Some(score)));
    }
    if let Some(cvss) = entry.child("cvssV4") {
        let source = cvss.child_text("source").map(Cow::Borrowed).unwrap_or_else(source);
        let vector = cvss.child_text("vectorString").map(Cow::Borrowed);
        ratings.push(Rating::new(source, vector, cvss.number("baseScore")));
    }
    ratings
}

fn map_details<'a>(finding: &mut Finding<'a>, entry: Element<'a>, dependency: &'a Dependency) {
    let details = &mut finding.vulnerability.details;
    if let Some(known) = entry.child("knownExploitedVulnerability") {
        let mut items = Details::default();
        for (key, name, element) in [
            ("name", "Name", "name"),
            ("required_action", "Required action", "requiredAction"),
            ("due_date", "Due date", "dueDate"),
            ("date_added", "Date added", "dateAdded"),
            ("description", "Description", "description"),
            ("notes", "Notes", "notes"),
        ] {
            items.text(key, name, known.child_text(element).unwrap_or_default());
        }
        if !items.is_empty() {
            details.insert("known_exploited", "Known to be exploited (CISA)", Detail::NamedList { items });
        }
    }
    details.text("notes", "Notes", entry.child_text("notes").unwrap_or_default());
    add_list(
        details,
        "included_by",
        "Included by",
        dependency.in_part("includedBy").filter_map(Element::text),
    );
    let projects = dependency.in_part("projectReferences").filter_map(Element::text);
    add_list(details, "projects", "Projects", projects);
    let related = dependency.in_part("relatedDependencies");
    let related = related.filter_map(|it| it.first_text(&["filePath", "fileName"]));
    add_list(details, "related_files", "Related files", related);
    let old = dependency.ids("identifier").filter(|name| Cpe::parse(name).is_some());
    add_list(details, "cpe", "CPE", dependency.ids("vulnerabilityIds").chain(old));
    let software = software(entry).filter_map(|software| {
        let id = software.text()?;
        let range = range(software);
        Some(if range.is_empty() { Cow::Borrowed(id) } else { Text::Owned(format!("{id} ({range})")) })
    });
    add_list(details, "vulnerable_software", "Vulnerable software", software);
    details.text("advisory_source", "Source", entry.attribute("source").unwrap_or_default());
    details.text("file", "File", dependency.text("fileName").unwrap_or_default());
    details.text("license", "License", dependency.text("license").unwrap_or_default());
    let hash = dependency.text("sha256").or(dependency.text("sha1")).unwrap_or_default();
    details.text("file_hash", "Hash of the file", hash);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schemas_are_known_by_their_namespace() {
        for (document, want) in [
            (
                "<analysis xmlns='https://www.owasp.org/index.php/OWASP_Dependency_Check#1.1'><projectInfo>",
                Match::Yes,
            ),
            (
                "<analysis xmlns='https://jeremylong.github.io/DependencyCheck/dependency-check.2.5.xsd'>",
                Match::Yes,
            ),
            ("<analysis><scanInfo><engineVersion>12.1.0</engineVersion>", Match::Yes),
            ("<analysis><chapter>", Match::No),
        ] {
            assert_eq!(CONVERTER.sniff(document.as_bytes()), want, "{document}");
        }
    }
}
