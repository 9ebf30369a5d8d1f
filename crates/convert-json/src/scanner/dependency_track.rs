//! Findings of OWASP Dependency-Track: the Finding Packaging Format (FPF 1.0 to 1.3, what a project's
//! "export findings" gives), and the list that its REST API gives (`/api/v1/finding/project/{uuid}`).

use scanlift_convert_api::json::{self, Fields, Head, Kind as JsonKind, Loose, Reader, Records, filled};
use scanlift_convert_api::package::{Advisory, Package, Place, Purl, Rating, manifest_or_option};
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Finding, Input, Match, Options, Outcome, ScanInfo, Sink, SkipReason,
    Warning, image,
};
use scanlift_report_core::{Kind, Text};
use serde::Deserialize;
use std::borrow::Cow;

/// Reads findings of Dependency-Track.
#[derive(Clone, Copy, Debug, Default)]
pub struct DependencyTrack;

/// The converter.
pub static CONVERTER: DependencyTrack = DependencyTrack;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "dependency-track",
    name: "Dependency-Track",
    summary: "findings of OWASP Dependency-Track, exported (FPF) or from its REST API",
    versions: "FPF 1.0 to 1.3",
    kinds: &[Kind::DependencyScanning, Kind::ContainerScanning],
    url: "https://docs.dependencytrack.org/integrations/file-formats/",
};

impl Converter for DependencyTrack {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        let head = Head::of(head);
        let exported = head.path_text(&["meta", "application"]).is_some_and(|name| is_ours(&name));
        let found = |key: &str| head.path_has(&["findings", key]);
        let findings = found("component") && found("vulnerability") && (found("matrix") || found("analysis"));
        let listed = head.kind() == Some(JsonKind::Array)
            && head.has("component")
            && head.has("vulnerability")
            && (head.has("matrix") || head.has("attribution"));
        // A list of exports is none itself.
        let is_export = head.kind() == Some(JsonKind::Object) && (exported || findings);
        if is_export || listed { Match::Yes } else { Match::No }
    }

    /// The document is read twice: once for what it says of itself, which may stand behind the
    /// findings, and once for the findings.
    fn convert(&self, input: &dyn Input, options: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let about = About::read(input)?;
        sink.begin_scan(about.scan()).map_err(ConvertError::Deliver)?;
        about.fields.warnings.iter().for_each(|warning| sink.warn(warning.clone()));
        let manifest = match filled(&options.image) {
            Some(_) => Cow::Borrowed(""),
            None => manifest_or_option(None, None, options, input, sink),
        };
        let scope = Scope { about: &about, options, manifest };
        let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
        let mut records = Records::new(sink);
        if reader.peek()? == JsonKind::Array {
            return records.each(&mut reader, |records, reader| records.map(reader, &scope, map_finding));
        }
        reader.each_key(|key, reader| match key {
            "findings" => records.each(reader, |records, reader| records.map(reader, &scope, map_finding)),
            _ => Ok(()),
        })
    }
}

fn is_ours(application: &str) -> bool {
    application.trim().eq_ignore_ascii_case("dependency-track")
}

/// What a document says of itself.
#[derive(Debug, Default)]
struct About {
    version: Option<String>,
    meta: Meta,
    project: Project,
    fields: Fields,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Meta {
    application: Option<String>,
    version: Option<String>,
    timestamp: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Project {
    name: Option<String>,
    version: Option<String>,
}

impl About {
    fn read(input: &dyn Input) -> Result<Self, ConvertError> {
        let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
        let mut about = Self::default();
        let mut known = reader.peek()? == JsonKind::Array;
        if known {
            reader.skip()?;
        } else {
            reader.each_key(|key, reader| {
                match key {
                    "version" => about.version = about.fields.text(reader)?,
                    "meta" => about.meta = about.fields.object(reader)?.unwrap_or_default(),
                    "project" => about.project = about.fields.object(reader)?.unwrap_or_default(),
                    "findings" => known = true,
                    _ => {}
                }
                Ok::<_, ConvertError>(())
            })?;
        }
        reader.finish()?;
        let version = about.version.as_deref();
        let unknown =
            version.and_then(|version| Warning::of_version("Dependency-Track's FPF", version, "1.3"));
        about.fields.warnings.extend(unknown);
        if !known && filled(&about.meta.application).is_some_and(is_ours) {
            let text = "the export has no `findings`, and was read as one of a project without any";
            about.fields.warnings.push(Warning::note(text));
            known = true;
        }
        if known {
            return Ok(about);
        }
        Err(ConvertError::Unrecognised {
            expected: "`findings`",
            help: "export the project's findings, or fetch /api/v1/finding/project/UUID/export",
        })
    }

    fn scan(&self) -> ScanInfo<'_> {
        let mut scan = ScanInfo::new("Dependency-Track", Kind::DependencyScanning);
        scan.vendor = Some("OWASP".into());
        scan.url = Some("https://dependencytrack.org".into());
        scan.version = filled(&self.meta.version).map(Cow::Borrowed);
        scan.start_time = filled(&self.meta.timestamp).map(Cow::Borrowed);
        scan.end_time = scan.start_time.clone();
        scan.format_version = self.version.as_deref().map(Cow::Borrowed);
        scan
    }

    /// Projects of images bear the image's name, and its tag as their version.
    fn image(&self) -> Option<String> {
        let name = filled(&self.project.name)?;
        match filled(&self.project.version) {
            Some(version) if !name.contains(['@', ' ']) => Some(format!("{name}:{version}")),
            _ => Some(name.to_owned()),
        }
    }
}

/// Where findings are, as far as the document and the user say it.
struct Scope<'s> {
    about: &'s About,
    options: &'s Options,
    /// Of packages that are in no image.
    manifest: Text<'s>,
}

/// An entry of `findings`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Found<'a> {
    #[serde(borrow)]
    component: Component<'a>,
    vulnerability: Vulnerability<'a>,
    analysis: Analysis<'a>,
    attribution: Attribution<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Component<'a> {
    #[serde(borrow)]
    group: Option<Loose<'a>>,
    name: Option<Loose<'a>>,
    version: Option<Loose<'a>>,
    purl: Option<Loose<'a>>,
    cpe: Option<Loose<'a>>,
    latest_version: Option<Loose<'a>>,
    /// In lists of all projects.
    project_name: Option<Loose<'a>>,
    project_version: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Vulnerability<'a> {
    #[serde(borrow)]
    source: Option<Loose<'a>>,
    vuln_id: Option<Loose<'a>>,
    title: Option<Loose<'a>>,
    subtitle: Option<Loose<'a>>,
    description: Option<Loose<'a>>,
    recommendation: Option<Loose<'a>>,
    /// Markdown.
    references: Option<Loose<'a>>,
    published: Option<Loose<'a>>,
    updated: Option<Loose<'a>>,
    severity: Option<Loose<'a>>,
    #[serde(rename = "cvssV2Vector")]
    cvss_v2_vector: Option<Loose<'a>>,
    #[serde(rename = "cvssV2BaseScore", deserialize_with = "json::number")]
    cvss_v2_base_score: Option<f64>,
    #[serde(rename = "cvssV3Vector")]
    cvss_v3_vector: Option<Loose<'a>>,
    #[serde(rename = "cvssV3BaseScore", deserialize_with = "json::number")]
    cvss_v3_base_score: Option<f64>,
    #[serde(rename = "cvssV4Vector")]
    cvss_v4_vector: Option<Loose<'a>>,
    #[serde(rename = "cvssV4Score", deserialize_with = "json::number")]
    cvss_v4_score: Option<f64>,
    owasp_likelihood_score: Option<Loose<'a>>,
    owasp_technical_impact_score: Option<Loose<'a>>,
    owasp_business_impact_score: Option<Loose<'a>>,
    epss_score: Option<Loose<'a>>,
    epss_percentile: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::number")]
    cwe_id: Option<u32>,
    #[serde(deserialize_with = "json::list")]
    cwes: Vec<Cwe>,
    #[serde(deserialize_with = "json::list")]
    aliases: Vec<Alias<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Cwe {
    #[serde(deserialize_with = "json::number")]
    cwe_id: Option<u32>,
}

/// What one vulnerability is called by several sources.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Alias<'a> {
    #[serde(borrow)]
    cve_id: Option<Loose<'a>>,
    ghsa_id: Option<Loose<'a>>,
    snyk_id: Option<Loose<'a>>,
    osv_id: Option<Loose<'a>>,
    gsd_id: Option<Loose<'a>>,
    sonatype_id: Option<Loose<'a>>,
    vuln_db_id: Option<Loose<'a>>,
    internal_id: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Analysis<'a> {
    is_suppressed: bool,
    #[serde(borrow)]
    state: Option<Loose<'a>>,
    justification: Option<Loose<'a>>,
    response: Option<Loose<'a>>,
    #[serde(alias = "details")]
    detail: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Attribution<'a> {
    #[serde(borrow)]
    analyzer_identity: Option<Loose<'a>>,
    attributed_on: Option<Loose<'a>>,
    alternate_identifier: Option<Loose<'a>>,
    reference_url: Option<Loose<'a>>,
}

fn map_finding<'a>(found: &'a Found<'_>, scope: &'a Scope<'_>) -> Outcome<'a> {
    let (component, vulnerability) = (&found.component, &found.vulnerability);
    let id = filled(&vulnerability.vuln_id).or(filled(&vulnerability.title)).unwrap_or_default();
    let package = map_package(component);
    let example = format!("{id} in {}", package.name);
    if let Some(detail) = suppression(&found.analysis) {
        return Outcome::skip(SkipReason::Suppressed, detail, example);
    }
    let mut advisory = Advisory::new(scheme(filled(&vulnerability.source).unwrap_or_default()), id);
    advisory.aliases = map_aliases(found);
    advisory.title = filled(&vulnerability.title).map(Cow::Borrowed);
    advisory.description = filled(&vulnerability.description).map(Cow::Borrowed);
    advisory.solution = filled(&vulnerability.recommendation).map(Cow::Borrowed);
    advisory.severity = filled(&vulnerability.severity).map(Cow::Borrowed);
    advisory.ratings = map_ratings(vulnerability);
    let weaknesses = vulnerability.cwes.iter().filter_map(|cwe| cwe.cwe_id).chain(vulnerability.cwe_id);
    advisory.weaknesses = weaknesses.filter(|number| *number > 0).collect();
    let references = filled(&vulnerability.references).map(addresses).unwrap_or_default().into_iter();
    let attributed = filled(&found.attribution.reference_url);
    advisory.references = attributed.into_iter().chain(references).map(Cow::Borrowed).collect();
    advisory.published = filled(&vulnerability.published).map(Cow::Borrowed);
    advisory.modified = filled(&vulnerability.updated).map(Cow::Borrowed);

    let place = map_place(component, scope);
    let Some(mut finding) = advisory.into_finding(package, place) else {
        return Outcome::skip(SkipReason::Unsupported, "a vulnerability without an id", example);
    };
    map_details(&mut finding, found, scope);
    Outcome::finding(finding)
}

/// Why analysts want it no more; `None` where they do. `EXPLOITABLE`, `IN_TRIAGE` and `NOT_SET` are
/// open.
fn suppression(analysis: &Analysis<'_>) -> Option<String> {
    let state = filled(&analysis.state).filter(|state| *state != "NOT_SET");
    let closed = matches!(state, Some("FALSE_POSITIVE" | "NOT_AFFECTED" | "RESOLVED"));
    if !analysis.is_suppressed && !closed {
        return None;
    }
    let suppressed = analysis.is_suppressed.then_some("suppressed".to_owned());
    let state = state.map(|state| format!("state: {state}"));
    let justification = filled(&analysis.justification).filter(|text| *text != "NOT_SET");
    let justification = justification.map(|text| format!("justification: {text}"));
    Some([suppressed, state, justification].into_iter().flatten().collect::<Vec<_>>().join(", "))
}

/// The identifier's type where the id is of no known database: numbers of two sources are not the
/// same.
fn scheme(source: &str) -> &'static str {
    match source {
        "NPM" => "npm",
        "VULNDB" => "vulndb_id",
        "OSSINDEX" => "sonatype_id",
        "SNYK" => "snyk",
        "INTERNAL" => "dependency_track_internal_id",
        _ => "dependency_track_id",
    }
}

fn map_aliases<'a>(found: &'a Found<'_>) -> Vec<Text<'a>> {
    let aliases = found.vulnerability.aliases.iter().flat_map(|alias| {
        [
            &alias.cve_id,
            &alias.ghsa_id,
            &alias.snyk_id,
            &alias.osv_id,
            &alias.gsd_id,
            &alias.sonatype_id,
            &alias.vuln_db_id,
            &alias.internal_id,
        ]
    });
    let alternate = std::iter::once(&found.attribution.alternate_identifier);
    aliases.chain(alternate).filter_map(filled).map(Cow::Borrowed).collect()
}

fn map_ratings<'a>(vulnerability: &'a Vulnerability<'_>) -> Vec<Rating<'a>> {
    let source = filled(&vulnerability.source).unwrap_or_default();
    let ratings = [
        (&vulnerability.cvss_v3_vector, vulnerability.cvss_v3_base_score),
        (&vulnerability.cvss_v2_vector, vulnerability.cvss_v2_base_score),
        (&vulnerability.cvss_v4_vector, vulnerability.cvss_v4_score),
    ];
    let ratings = ratings.into_iter().map(|(vector, score)| (filled(vector), score));
    ratings
        .filter(|(vector, score)| vector.is_some() || score.is_some())
        .map(|(vector, score)| Rating::new(source, vector.map(Cow::Borrowed), score))
        .collect()
}

fn map_package<'a>(component: &'a Component<'_>) -> Package<'a> {
    let version = filled(&component.version).unwrap_or_default();
    if let Some(mut package) = filled(&component.purl).and_then(Package::from_purl) {
        if package.version.is_empty() {
            package.version = Cow::Borrowed(version);
        }
        return package;
    }
    let name = filled(&component.name).unwrap_or("unknown");
    let mut package = match filled(&component.group) {
        Some(group) => Package::new(format!("{group}/{name}"), version),
        None => Package::new(name, version),
    };
    package.purl = filled(&component.purl).map(Cow::Borrowed);
    package
}

/// The user's image, or for packages of an operating system the project; else the manifest.
fn map_place<'a>(component: &Component<'_>, scope: &'a Scope<'_>) -> Place<'a> {
    let purl = filled(&component.purl).and_then(Purl::parse);
    let system = purl.filter(Purl::is_of_system);
    let named = filled(&scope.options.image);
    if system.is_none() && named.is_none() {
        return Place::Manifest(Cow::Borrowed(&scope.manifest));
    }
    let image = named.map(Cow::Borrowed).or_else(|| scope.about.image().map(Cow::Owned));
    let operating_system = filled(&scope.options.operating_system).map(Cow::Borrowed);
    let distribution = system.and_then(|purl| purl.distribution).map(Cow::Owned);
    Place::Image {
        image: image::with_tag(image.unwrap_or(Cow::Borrowed("unknown"))),
        operating_system: distribution.or(operating_system),
    }
}

fn map_details<'a>(finding: &mut Finding<'a>, found: &'a Found<'_>, scope: &'a Scope<'_>) {
    let details = &mut finding.vulnerability.details;
    let mut add = |key: &'static str, name: &'static str, field: &'a Option<Loose<'_>>| {
        details.text(key, name, filled(field).filter(|text| *text != "NOT_SET").unwrap_or_default());
    };
    let (component, vulnerability) = (&found.component, &found.vulnerability);
    add("analysis", "Analysis", &found.analysis.state);
    add("analysis_detail", "Analysis in detail", &found.analysis.detail);
    add("analysis_response", "Response", &found.analysis.response);
    add("subtitle", "Subtitle", &vulnerability.subtitle);
    add("latest_version", "Latest version", &component.latest_version);
    add("epss_score", "EPSS score", &vulnerability.epss_score);
    add("epss_percentile", "EPSS percentile", &vulnerability.epss_percentile);
    add("owasp_likelihood", "OWASP likelihood", &vulnerability.owasp_likelihood_score);
    add("owasp_technical_impact", "OWASP technical impact", &vulnerability.owasp_technical_impact_score);
    add("owasp_business_impact", "OWASP business impact", &vulnerability.owasp_business_impact_score);
    add("cpe", "CPE", &component.cpe);
    add("advisory_source", "Source", &vulnerability.source);
    add("analyzer", "Found by", &found.attribution.analyzer_identity);
    add("attributed_on", "Found on", &found.attribution.attributed_on);
    let project = &scope.about.project;
    let name = filled(&component.project_name).or(filled(&project.name));
    let version = filled(&component.project_version).or(filled(&project.version));
    details.text("project", "Project", [name, version].map(Option::unwrap_or_default).join(" "));
}

/// The web addresses of a Markdown text, each once.
fn addresses(text: &str) -> Vec<&str> {
    let mut found: Vec<&str> = Vec::new();
    for (at, _) in text.match_indices("http") {
        let rest = text.get(at..).unwrap_or_default();
        let end = rest.find(|c: char| c.is_whitespace() || matches!(c, ')' | ']' | '>' | '"' | '<'));
        let address = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
        if scanlift_report_core::is_url(address) && found.last() != Some(&address) {
            found.push(address);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use scanlift_convert_api::Collector;

    #[test]
    fn exports_without_findings_are_read_and_told() {
        for (document, want) in [
            (r#"{"version": "1.2", "meta": {"application": "Dependency-Track"}, "project": {}}"#, Some(1)),
            (r#"{"version": "1.2", "meta": {"application": "Dependency-Track"}, "findings": []}"#, Some(0)),
            (r#"{"version": "1.2", "meta": {"application": "another"}, "project": {}}"#, None),
            (r#"{"version": "1.2", "project": {}}"#, None),
        ] {
            let mut sink = Collector::default();
            let done = CONVERTER.convert(&document, &Options::default(), &mut sink);
            let told = sink.warnings.iter().filter(|warning| warning.to_string().contains("`findings`"));
            assert_eq!(done.ok().map(|()| told.count()), want, "{document}");
        }
    }

    #[test]
    fn addresses_are_found_in_markdown() {
        let text =
            "* [https://a.example/x](https://a.example/x)\n* <http://b.example>, httpd and https://c.example";
        assert_eq!(addresses(text), ["https://a.example/x", "http://b.example", "https://c.example"]);
    }

    #[test]
    fn what_analysts_closed_is_suppressed() {
        for (is_suppressed, state, want) in [
            (false, None, None),
            (false, Some("NOT_SET"), None),
            (false, Some("EXPLOITABLE"), None),
            (false, Some("IN_TRIAGE"), None),
            (false, Some("FALSE_POSITIVE"), Some("state: FALSE_POSITIVE")),
            (false, Some("RESOLVED"), Some("state: RESOLVED")),
            (true, Some("NOT_AFFECTED"), Some("suppressed, state: NOT_AFFECTED")),
            (true, None, Some("suppressed")),
        ] {
            let state = state.map(|state| Loose(Cow::Borrowed(state)));
            let analysis = Analysis { is_suppressed, state, ..Analysis::default() };
            assert_eq!(suppression(&analysis).as_deref(), want);
        }
    }
}
