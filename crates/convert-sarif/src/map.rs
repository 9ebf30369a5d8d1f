//! From a result to a finding (SARIF 2.1.0 §3.27).

use crate::{
    details, location, message,
    model::{Fix, Result, Suppression},
    package::Package,
    rule::{self, Rule},
    run::{Component, Run},
    taxon, web,
};
use scanlift_convert_api::package::{Purl, is_manifest, upgrade};
use scanlift_convert_api::{
    Artifact, Change, Finding, Fingerprint, Options, Replacement, SeverityEvidence, SkipReason, Upgrade,
    advisory, code, owasp, sentence, uri,
};
use scanlift_report_core::{
    Commit, Cvss, CvssVector, CvssVersion, Dependency, DependencyLocation, Description, Details, Identifier,
    ImageLocation, Kind, Link, Location, Name, SecretLocation, Severity, Solution, Vulnerability,
    WebLocation,
};
use std::borrow::Cow;

/// A result with what it refers to.
#[derive(Debug)]
pub(crate) struct Said<'s> {
    pub(crate) run: &'s Run,
    pub(crate) rule: Option<&'s Rule>,
    pub(crate) result: &'s Result<'s>,
    pub(crate) message: Cow<'s, str>,
}

/// Why a result is no finding, with the words of the source (§3.27.9, §3.27.23, §3.27.24), or by what its
/// tool means by the rule.
pub(crate) fn skipped(result: &Result<'_>, rule: Option<&Rule>, run: &Run) -> Option<(SkipReason, String)> {
    if let Some(suppression) = suppression(&result.suppressions) {
        let kind = suppression.kind.as_deref().unwrap_or("suppressed");
        return Some(match suppression.justification.as_deref().map(str::trim) {
            Some(why) if !why.is_empty() => (SkipReason::Suppressed, format!("{kind}: {why}")),
            _ => (SkipReason::Suppressed, kind.to_owned()),
        });
    }
    if let Some(state) = result.suppression_states.first() {
        return Some((SkipReason::Suppressed, state.to_string()));
    }
    // Before 2.1.0 the level told of the kind.
    let mut words = result.kind.iter().chain(&result.level);
    if let Some(kind) = words.find(|word| matches!(&***word, "pass" | "notApplicable")) {
        return Some((SkipReason::NotAFinding, format!("kind: {kind}")));
    }
    if result.baseline_state.as_deref() == Some("absent") {
        return Some((SkipReason::NotAFinding, "baselineState: absent".to_owned()));
    }
    let why = run.tool.dialect.unsupported(rule?)?;
    Some((SkipReason::Unsupported, why.to_owned()))
}

/// A result is suppressed if some suppression is accepted and none is under review or rejected
/// (§3.35.4); so does GitLab read it.
fn suppression<'s>(all: &'s [Suppression<'_>]) -> Option<&'s Suppression<'s>> {
    let open = |one: &Suppression<'_>| matches!(one.status.as_deref(), Some("underReview" | "rejected"));
    if all.iter().any(open) { None } else { all.first() }
}

/// The rule of a result (§3.27.5 to §3.27.7): by id where index and id disagree, by the part
/// before the last slash for a rule of several parts, by index where no rule has the id.
pub(crate) fn rule_of<'s>(result: &Result<'_>, run: &'s Run) -> Option<&'s Rule> {
    let reference = result.rule.as_ref();
    let id = rule_id(result);
    let component = component(result, run);
    let index = result.rule_index.or_else(|| reference?.index).and_then(|index| usize::try_from(index).ok());
    let fits = |rule: &&Rule| match id {
        Some(id) => {
            id == rule.id || id.strip_prefix(rule.id.as_str()).is_some_and(|rest| rest.starts_with('/'))
        }
        None => true,
    };
    if let Some(rule) = index.and_then(|index| component.rules.at(index)).filter(fits) {
        return Some(rule);
    }
    if let Some(id) = id {
        let everywhere = || std::iter::once(component).chain(&run.tool.components);
        let by_id = |id: &str| everywhere().find_map(|component| component.rules.of_id(id));
        if let Some(rule) = by_id(id).or_else(|| id.rsplit_once('/').and_then(|(id, _)| by_id(id))) {
            return Some(rule);
        }
    }
    let guid = reference.and_then(|reference| reference.guid.as_deref());
    let mut all = run.tool.components.iter();
    let by_guid = guid.and_then(|guid| all.find_map(|component| component.rules.of_guid(guid)));
    // Some write 0 where there is no index.
    let is_meant = |rule: &&Rule| index > Some(0) || rule.name.as_deref() == id;
    by_guid.or_else(|| index.and_then(|index| component.rules.at(index)).filter(is_meant))
}

/// The id that a result says of its rule.
pub(crate) fn rule_id<'s>(result: &'s Result<'_>) -> Option<&'s str> {
    let id = result.rule_id.as_deref().or_else(|| result.rule.as_ref()?.id.as_deref());
    id.map(str::trim).filter(|id| !id.is_empty())
}

fn component<'s>(result: &Result<'_>, run: &'s Run) -> &'s Component {
    let reference = result.rule.as_ref().and_then(|rule| rule.tool_component.as_ref());
    let found = reference.and_then(|reference| {
        let extensions = run.tool.components.get(1..).unwrap_or_default();
        let by_index = reference
            .index
            .and_then(|index| usize::try_from(index).ok())
            .and_then(|index| extensions.get(index));
        by_index.or_else(|| {
            run.tool.components.iter().find(|component| {
                let guid = reference.guid.as_deref();
                (guid.is_some() && guid == component.guid.as_deref())
                    || reference.name.as_deref() == Some(&*component.name)
            })
        })
    });
    found.unwrap_or(run.driver())
}

/// The text of a result's message, with its links resolved.
pub(crate) fn message_of<'s>(result: &'s Result<'s>, rule: Option<&'s Rule>, run: &'s Run) -> Cow<'s, str> {
    let Some(said) = &result.message else { return Cow::Borrowed("") };
    let lookup = |id: &str| {
        let everywhere = || std::iter::once(component(result, run)).chain(&run.tool.components);
        let of_rule = rule.and_then(|rule| rule.messages.get(id));
        of_rule.or_else(|| everywhere().find_map(|component| component.messages.get(id)))
    };
    let text = message::text(said, lookup).unwrap_or_default();
    message::links(text, |id| {
        let places = result.related_locations.iter().chain(&result.locations);
        places.filter(|place| place.id == Some(id)).find_map(|place| location::label(place, run))
    })
}

/// The finding of a result.
pub(crate) fn finding<'s>(said: &'s Said<'s>, options: &Options) -> Finding<'s> {
    let Said { run, rule, result, .. } = *said;
    let dialect = run.tool.dialect;
    let web_url = web_url(result, run);
    let package = dialect.package(said);
    let location = place(said, package.as_ref(), web_url.as_deref(), options);
    let kind = location.kind();

    let mut vulnerability = Vulnerability::new(primary(said), location);
    vulnerability.details = Details::with_capacity(6);
    for identifier in rule.into_iter().flat_map(|rule| rule.identifiers.iter().skip(1)) {
        vulnerability.identifiers.push(identifier.borrowed());
    }
    identifiers_of_result(said, &mut vulnerability);
    name(said, &mut vulnerability);
    describe(said, package.as_ref(), &mut vulnerability);
    for link in rule.into_iter().flat_map(|rule| &rule.links) {
        vulnerability.links.push(link.clone());
    }
    for uri in result.hosted_viewer_uri.iter().chain(&result.work_item_uris) {
        if let Some(link) = Link::new(&**uri) {
            vulnerability.add_link(link);
        }
    }
    vectors(said, &mut vulnerability);
    details::add(said, package.as_ref(), &mut vulnerability.details);
    if matches!(kind, Kind::Dast | Kind::ApiFuzzing) {
        let evidence = web::evidence(result, web_url.as_deref(), &said.message).map(own_evidence);
        vulnerability.evidence = evidence;
    }

    let mut finding = Finding::new(vulnerability);
    finding.severity = severity(said);
    fingerprints(result, &mut finding.fingerprints);
    if kind == Kind::SecretDetection {
        let regions = result
            .locations
            .iter()
            .filter_map(|location| location.physical_location.as_ref()?.region.as_ref());
        let codes = regions.filter_map(|region| region.snippet.as_ref()?.text.as_deref());
        finding.secrets.extend(codes.map(Cow::Borrowed));
        for key in ["secret", "match", "value", "offender"] {
            let named =
                result.properties.iter().chain(&result.partial_fingerprints).filter_map(|bag| bag.text(key));
            finding.secrets.extend(named.map(|text| Cow::Owned(text.to_owned())));
        }
    }
    match &package {
        // What tools write as the fix of a package is no edit: "lodash@4.17.21" for a whole line.
        Some(package) => finding.upgrade = upgrade_of(package),
        None => finding.fixes.extend(result.fixes.iter().filter_map(|fix| fix_of(fix, run))),
    }
    dialect.refine(said, &mut finding);
    finding
}

/// The primary identifier: the rule's. Without a rule its id, or the id of its message.
fn primary<'s>(said: &'s Said<'s>) -> Identifier<'s> {
    let Said { run, rule, result, .. } = *said;
    if let Some(identifier) = rule.and_then(|rule| rule.identifiers.first()) {
        return identifier.borrowed();
    }
    let id = rule_id(result);
    if let Some(id) = id {
        let about_packages = run.tool.dialect.is_about_packages();
        let advisory = rule::advisory_of(id)
            .or_else(|| advisory::find_cve(id).filter(|_| about_packages).and_then(advisory::identifier));
        let own = || Identifier::new(format!("{}_rule_id", run.tool.key), id, id);
        if let Some(identifier) = advisory.or_else(own) {
            return identifier;
        }
    }
    let message = result.message.as_ref().and_then(|message| message.id.as_deref());
    let line: String =
        message.unwrap_or(&said.message).lines().next().unwrap_or_default().chars().take(128).collect();
    let value = if line.trim().is_empty() { "unnamed".to_owned() } else { line.trim().to_owned() };
    let kind = format!("{}_message", run.tool.key);
    // No part is blank.
    Identifier::new(kind, value.clone(), value).unwrap_or_else(|| Identifier::cwe(0))
}

fn identifiers_of_result(said: &Said<'_>, vulnerability: &mut Vulnerability<'_>) {
    let Said { run, rule, result, .. } = *said;
    let all = &mut vulnerability.identifiers;
    // Where the run describes the rule, its id has been looked at.
    if rule.is_none()
        && let Some(identifier) = rule_id(result).and_then(taxon::of_tag)
    {
        all.push(identifier);
    }
    for taxon in &result.taxa {
        taxon::identifier(taxon, &run.taxonomies).into_iter().for_each(|identifier| all.push(identifier));
    }
    let Some(properties) = &result.properties else { return };
    for tag in properties.list("tags") {
        taxon::of_tag(tag).into_iter().for_each(|identifier| all.push(identifier));
    }
    for text in ["cwe", "cwes", "CWE", "cwe_id", "cweId"].into_iter().flat_map(|key| properties.list(key)) {
        taxon::cwe_of(text).into_iter().for_each(|identifier| all.push(identifier));
    }
    for text in ["owasp", "owasp-web", "owasp-mobile"].into_iter().flat_map(|key| properties.list(key)) {
        owasp::of_tag(text).into_iter().for_each(|identifier| all.push(identifier));
    }
    for text in ["cve", "cves", "aliases"].into_iter().flat_map(|key| properties.list(key)) {
        advisory::identifier(text).into_iter().for_each(|identifier| all.push(identifier));
    }
}

/// What it is, without where: the rule's words before the message's.
fn name<'s>(said: &'s Said<'s>, vulnerability: &mut Vulnerability<'s>) {
    let of_rule = said.rule.and_then(|rule| rule.heading.as_deref());
    vulnerability.name = of_rule
        .map(Cow::Borrowed)
        .or_else(|| Some(sentence(&said.message)))
        .and_then(Name::new)
        .or_else(|| Name::new(vulnerability.identifiers.primary().name.to_string()));
}

/// What the result says, then what the rule says; and what to do about it.
fn describe<'s>(said: &'s Said<'s>, package: Option<&Package>, vulnerability: &mut Vulnerability<'s>) {
    let rule = said.rule;
    let message = said.message.trim();
    let about = rule.and_then(|rule| rule.description.as_deref()).filter(|about| !says(message, about));
    vulnerability.description = match about {
        Some(about) if message.is_empty() => Description::new(about),
        Some(about) => Description::new([message, "\n\n", about].concat()),
        None => Description::new(message),
    };
    let upgrade = package.and_then(|package| {
        let fixed = package.fixed.as_deref().filter(|fixed| !fixed.trim().is_empty())?;
        Some(Cow::Owned(upgrade(&package.name, &[Cow::Borrowed(fixed)])))
    });
    let fix = said.result.fixes.iter().filter_map(|fix| fix.description.as_ref());
    let fix =
        fix.filter_map(|description| description.markdown.as_deref().or(description.text.as_deref())).next();
    let own = said
        .result
        .properties
        .as_ref()
        .and_then(|bag| bag.first(&["solution", "recommendation", "remediation", "fix"]));
    let general = rule.and_then(|rule| rule.solution.as_deref());
    let solution = upgrade.or(fix.or(own).or(general).map(Cow::Borrowed));
    vulnerability.solution = solution.and_then(Solution::new);
}

/// Whether a text begins or ends with all of another: that is how tools repeat a rule's words.
fn says(text: &str, other: &str) -> bool {
    text.starts_with(other) || text.ends_with(other)
}

/// The address that a result is about.
fn web_url<'s>(result: &'s Result<'s>, run: &'s Run) -> Option<Cow<'s, str>> {
    let locations = result.locations.iter().filter_map(|location| location.physical_location.as_ref());
    let mut uris =
        locations.filter_map(|physical| location::artifact_uri(physical.artifact_location.as_ref()?, run));
    uris.find(|uri| uri::is_web(uri)).or_else(|| web::address(result.web_request.as_ref()?))
}

/// Where it is: what the result is about decides the report.
fn place<'s>(
    said: &'s Said<'s>,
    package: Option<&Package>,
    web_url: Option<&str>,
    options: &Options,
) -> Location<'s> {
    let Said { run, rule, result, .. } = *said;
    let kind = run.tool.dialect.kind();
    if let Some(package) = package {
        return package_place(said, package, options);
    }
    if web_url.is_some() || result.web_request.is_some() || matches!(kind, Kind::Dast | Kind::ApiFuzzing) {
        let mut web = WebLocation::from_url(web_url.unwrap_or_default());
        web.method =
            result.web_request.as_ref().and_then(|request| request.method.as_deref()).map(Cow::Borrowed);
        let parameters = result.web_request.as_ref().and_then(|request| request.parameters.as_ref());
        let named = result.properties.as_ref().and_then(|bag| bag.first(&["param", "parameter"]));
        let named = named.map(|name| Cow::Owned(name.to_owned()));
        web.param = named.or_else(|| {
            parameters.and_then(|bag| bag.0.first()).map(|(name, _)| Cow::Owned(name.to_string()))
        });
        return if kind == Kind::ApiFuzzing { Location::ApiFuzzing(web) } else { Location::Dast(web) };
    }
    let source = location::source(&result.locations, run);
    let about_secrets = run.tool.dialect.is_about_secrets()
        || match rule {
            Some(rule) => rule.about_secrets,
            None => rule_id(result).is_some_and(|id| code::is_about_secrets(id, &[""; 0], &[])),
        };
    if about_secrets {
        let commit = run.tool.dialect.commit(said).unwrap_or_else(|| {
            Commit::new(options.commit.clone().or_else(|| run.revision.clone()).unwrap_or_default())
        });
        return Location::SecretDetection(SecretLocation::new(commit, source));
    }
    Location::Sast(source)
}

fn package_place<'s>(said: &'s Said<'s>, package: &Package, options: &Options) -> Location<'s> {
    let Said { run, result, .. } = *said;
    let dependency = Dependency::new(package.name.clone(), package.version.clone());
    let source = location::source(&result.locations, run);
    let image =
        package.image.clone().or_else(|| run.properties.image.clone()).or_else(|| options.image.clone());
    let of_images = run.tool.dialect.kind() == Kind::ContainerScanning;
    // A manifest in the file system: a tool for both wrote about a source tree.
    let manifest = source.file.as_deref().is_some_and(is_manifest);
    if image.is_some() || package.in_image.unwrap_or(of_images && !manifest) {
        // Tools for images put the name where others have a file, below a base that may be the root.
        let named = || source.file.as_deref().filter(|_| of_images).map(|name| name.trim_start_matches('/'));
        let image = image.or_else(|| named().map(str::to_owned)).unwrap_or_else(|| "unknown".to_owned());
        let of_package = || Purl::parse(package.purl.as_deref()?)?.operating_system().map(str::to_owned);
        let system = options.operating_system.clone().or_else(of_package);
        let system = system.unwrap_or_else(|| "unknown".to_owned());
        return Location::ContainerScanning(ImageLocation::new(image, system, dependency));
    }
    let file =
        source.file.or_else(|| options.path.clone().map(Cow::Owned)).unwrap_or(Cow::Borrowed("unknown"));
    Location::DependencyScanning(DependencyLocation::new(file, dependency))
}

/// Properties of a result that hold the tool's word for the severity.
const SEVERITIES: &[&str] = &[
    "security-severity",
    "issue_severity",
    "severity",
    "securityRisk",
    "zizmor/severity",
    "DevSkimSeverity",
];

/// What speaks for a severity, in GitLab's own order for SARIF: rank, `security-severity` of the
/// rule, of the result, level. A tool's own word on a full scale beats these.
fn severity<'s>(said: &'s Said<'s>) -> SeverityEvidence<'s> {
    let Said { run, rule, result, .. } = *said;
    let properties = result.properties.as_ref();
    let full_scale = |word: &&str| {
        !matches!(
            word.to_ascii_lowercase().as_str(),
            "error" | "warning" | "note" | "none" | "recommendation"
        )
    };
    let of_result = SEVERITIES.iter().filter_map(|key| properties?.text(key));
    let words = of_result.chain(rule.and_then(|rule| rule.severity.as_deref()));
    let rated = words.filter(full_scale).find_map(|word| Some((word, Severity::from_word(word)?)));
    let (word, rating) = rated.unzip();
    // A tool whose ranks are up to 1 counts to 1 instead of 100 (Flawfinder), and says no more by them than
    // by the level.
    let is_part = |rank: f64| rank > 0.0 && rank <= 1.0;
    let rank =
        result.rank.filter(|rank| (0.0..=100.0).contains(rank) && !is_part(*rank)).map(|rank| rank / 10.0);
    let own_score = || properties.and_then(|bag| bag.number("security-severity"));
    let score = rank.or_else(|| rule?.score).or_else(own_score).filter(|score| (0.0..=10.0).contains(score));

    let overridden = rule.and_then(|rule| run.invocations.levels.get(&rule.id));
    let level = result.level.as_deref().filter(|level| !level.is_empty());
    let level = level.or(overridden.map(String::as_str)).or_else(|| rule?.level.as_deref());
    let known = level.and_then(level_severity);
    // The standard's default is "warning"; of a secret it says nothing, and no more where the tool says that
    // it does not know.
    let has_default = !run.tool.dialect.is_about_secrets() && rating != Some(Severity::Unknown);
    let mut evidence = SeverityEvidence::default();
    evidence.rating = rating.or_else(|| level.filter(|_| known.is_none()).and_then(Severity::from_word));
    evidence.score = score;
    evidence.level = match result.kind.as_deref() {
        Some("informational") => Some(Severity::Info),
        _ => known.or(has_default.then_some(Severity::Medium)),
    };
    evidence.word = if rating.is_some() { word } else { level }.map(Cow::Borrowed);
    evidence
}

/// §3.27.10, as GitLab reads it.
fn level_severity(level: &str) -> Option<Severity> {
    match level {
        "error" => Some(Severity::High),
        "warning" => Some(Severity::Medium),
        "note" => Some(Severity::Low),
        "none" => Some(Severity::Info),
        _ => None,
    }
}

fn vectors<'s>(said: &'s Said<'s>, vulnerability: &mut Vulnerability<'s>) {
    let of_result =
        said.result.properties.iter().flat_map(|bag| &bag.0).filter_map(|(_, value)| value.as_text());
    // A vector is one word: most texts are told apart by their first blank.
    let is_vector = |text: &&str| !text.contains(' ') && text.contains("AV:") && text.contains("/AC:");
    let of_result = of_result.filter(is_vector);
    let of_rule = said.rule.into_iter().flat_map(|rule| &rule.cvss).map(String::as_str);
    for cvss in of_result.chain(of_rule).filter_map(Cvss::parse) {
        if cvss.version == CvssVersion::V4 {
            vulnerability.details.text("cvss_v4", "CVSS 4.0 vector", cvss.vector);
        } else if let Some(vector) = CvssVector::new(said.run.driver().name.clone(), &cvss) {
            vulnerability.add_cvss(vector);
        }
    }
}

/// Values that may stay the same while the result does (§3.27.16, §3.27.17); the pipeline decides
/// which can be trusted.
fn fingerprints<'s>(result: &'s Result<'_>, out: &mut Vec<Fingerprint<'s>>) {
    for bag in result.fingerprints.iter().chain(&result.partial_fingerprints) {
        for (name, value) in &bag.0 {
            if let Some(value) = value.as_text() {
                out.push(Fingerprint { name: Cow::Borrowed(name), value: Cow::Borrowed(value) });
            }
        }
    }
    if let Some(guid) = &result.correlation_guid {
        out.push(Fingerprint { name: Cow::Borrowed("correlationGuid"), value: Cow::Borrowed(guid) });
    }
}

fn upgrade_of<'s>(package: &Package) -> Option<Upgrade<'s>> {
    let fixed = package.fixed.clone().map(Cow::Owned).into_iter().collect();
    let mut upgrade = Upgrade::new(package.name.clone(), package.version.clone(), fixed)?;
    upgrade.purl = package.purl.clone().map(Cow::Owned);
    Some(upgrade)
}

fn fix_of<'s>(fix: &'s Fix<'s>, run: &'s Run) -> Option<scanlift_convert_api::Fix<'s>> {
    let mut changes = Vec::new();
    for change in &fix.artifact_changes {
        let path = location::path(change.artifact_location.as_ref()?, run)?;
        let replacements = change.replacements.iter().map(|replacement| {
            let region = replacement.deleted_region.as_ref()?;
            let text = match &replacement.inserted_content {
                // Content without text is binary.
                Some(content) => content.text.as_deref()?,
                None => "",
            };
            let mut new = Replacement::default();
            (new.start_line, new.start_column) = (region.start_line, region.start_column);
            (new.end_line, new.end_column) = (region.end_line, region.end_column);
            (new.char_offset, new.char_length) = (region.char_offset, region.char_length);
            (new.byte_offset, new.byte_length) = (region.byte_offset, region.byte_length);
            new.unicode_columns = run.unicode_columns;
            new.text = Cow::Borrowed(text);
            new.original = region.snippet.as_ref().and_then(|code| code.text.as_deref()).map(Cow::Borrowed);
            Some(new)
        });
        // A part of a fix is none.
        changes.push(Change::new(Artifact { path }, replacements.collect::<Option<Vec<_>>>()?));
    }
    let mut mended = scanlift_convert_api::Fix::default();
    mended.description = fix.description.as_ref().and_then(|text| text.text.as_deref()).map(Cow::Borrowed);
    mended.changes = changes;
    (!mended.changes.is_empty()).then_some(mended)
}

/// Evidence that outlives the address it was made from.
fn own_evidence(evidence: scanlift_report_core::Evidence<'_>) -> scanlift_report_core::Evidence<'static> {
    // Round trip through the model's own owned form: requests are rare and small.
    serde_json::to_value(&evidence).and_then(serde_json::from_value).unwrap_or_default()
}

/// Text for an example in the receipt.
pub(crate) fn example<'s>(result: &'s Result<'_>) -> &'s str {
    rule_id(result).unwrap_or_default()
}
