//! WPScan, `--format json`.

use crate::field::texts;
use scanlift_convert_api::json::{self, Fields, Head, Kind as JsonKind, Loose, Reader, Records, filled};
use scanlift_convert_api::package::Rating;
use scanlift_convert_api::weakness::Weakness;
use scanlift_convert_api::{
    ConvertError, Converter, Descriptor, Input, Match, Options, Outcome, ScanInfo, Sink, SkipReason,
};
use scanlift_report_core::{Kind, Link, Location, Severity, WebLocation};
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::Read;

/// Reads the JSON reports of WPScan.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wpscan;

/// The converter.
pub static CONVERTER: Wpscan = Wpscan;

#[cfg(feature = "register")]
scanlift_convert_api::register!(CONVERTER);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "wpscan",
    name: "WPScan",
    summary: "JSON reports of WPScan",
    versions: "3",
    kinds: &[Kind::Dast],
    url: "https://wpscan.com/wordpress-cli-scanner/",
};

impl Converter for Wpscan {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn sniff(&self, head: &[u8]) -> Match {
        let head = Head::of(head);
        let banner = head.path_text(&["banner", "description"]);
        let named = banner.is_some_and(|text| text.contains("WPScan"));
        let own = head.has("target_url") && head.path_has(&["interesting_findings", "to_s"]);
        let aborted = head.has("scan_aborted") && head.has("target_url");
        if named || own || aborted { Match::Yes } else { Match::No }
    }

    fn convert(&self, input: &dyn Input, _: &Options, sink: &mut dyn Sink) -> Result<(), ConvertError> {
        let (mut fields, mut known) = (Fields::default(), false);
        let (mut target, mut version, mut aborted) = (None, None, None);
        json::walk(input, |key, reader| {
            match key {
                "effective_url" => target = fields.text(reader)?.or(target.take()),
                "target_url" => target = target.take().or(fields.text(reader)?),
                "banner" => version = fields.object::<Banner, _>(reader)?.and_then(|it| it.version),
                "scan_aborted" => aborted = fields.text(reader)?,
                "interesting_findings" | "version" | "plugins" | "themes" | "main_theme" => known = true,
                _ => {}
            }
            Ok(())
        })?;
        if !known {
            return Err(ConvertError::Unrecognised {
                expected: "findings of WPScan",
                help: match aborted {
                    Some(_) => {
                        "the scan was aborted before it found anything: see `scan_aborted` in the file"
                    }
                    None => "write the report with wpscan --format json --output report.json",
                },
            });
        }
        let mut scan = ScanInfo::new(DESCRIPTOR.name, Kind::Dast);
        scan.version = version.map(Into::into);
        sink.begin_scan(scan).map_err(ConvertError::Deliver)?;
        fields.warnings.into_iter().for_each(|warning| sink.warn(warning));
        let target = target.unwrap_or_default();
        let mut records = Records::new(sink);
        json::walk(input, |key, reader| match key {
            "interesting_findings" => {
                records.each(reader, |records, reader| records.map(reader, &*target, map_interesting))
            }
            "version" if reader.peek()? == JsonKind::Object => {
                records.map_group(reader, &Scope { slug: "WordPress", target: &target }, map_component)
            }
            "main_theme" if reader.peek()? == JsonKind::Object => {
                records.map_group(reader, &Scope { slug: "", target: &target }, map_component)
            }
            "plugins" | "themes" | "timthumbs" => each_component(reader, &mut records, &target),
            "config_backups" | "db_exports" => each_file(key, reader, &mut records),
            "password_attack" if reader.peek()? == JsonKind::Object => reader.each_key(|user, reader| {
                records.map(reader, &Guessed { user, target: &target }, map_guessed)
            }),
            _ => Ok(()),
        })
    }
}

/// Components by their names.
fn each_component<R: Read>(
    reader: &mut Reader<R>,
    records: &mut Records<'_>,
    target: &str,
) -> Result<(), ConvertError> {
    if reader.peek()? != JsonKind::Object {
        return Ok(());
    }
    reader.each_key(|slug, reader| records.map_group(reader, &Scope { slug, target }, map_component))
}

/// Files that should not be there, by their addresses.
fn each_file<R: Read>(
    key: &str,
    reader: &mut Reader<R>,
    records: &mut Records<'_>,
) -> Result<(), ConvertError> {
    if reader.peek()? != JsonKind::Object {
        return Ok(());
    }
    let (rule, name) = match key {
        "config_backups" => ("config_backup", "A backup of the configuration can be downloaded"),
        _ => ("db_export", "An export of the database can be downloaded"),
    };
    reader.each_key(|url, reader| {
        let scope = Exposed { rule, name, url };
        records.map(reader, &scope, map_exposed)
    })
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Banner {
    version: Option<String>,
}

/// Around a component.
struct Scope<'a> {
    slug: &'a str,
    target: &'a str,
}

/// Around a file that should not be there.
struct Exposed<'a> {
    rule: &'static str,
    name: &'static str,
    url: &'a str,
}

/// Around a password that was guessed.
struct Guessed<'a> {
    user: &'a str,
    target: &'a str,
}

/// WordPress itself, a theme or a plugin.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Component<'a> {
    #[serde(borrow)]
    slug: Option<Loose<'a>>,
    location: Option<Loose<'a>>,
    /// Of WordPress.
    number: Option<Loose<'a>>,
    version: Option<Version<'a>>,
    latest_version: Option<Loose<'a>>,
    found_by: Option<Loose<'a>>,
    #[serde(deserialize_with = "json::number")]
    confidence: Option<u64>,
    #[serde(deserialize_with = "json::list")]
    vulnerabilities: Vec<Vulnerability<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Version<'a> {
    #[serde(borrow)]
    number: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Vulnerability<'a> {
    #[serde(borrow)]
    title: Option<Loose<'a>>,
    description: Option<Loose<'a>>,
    fixed_in: Option<Loose<'a>>,
    references: Option<References<'a>>,
    cvss: Option<Score<'a>>,
}

type References<'a> = BTreeMap<String, Vec<Loose<'a>>>;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Score<'a> {
    #[serde(deserialize_with = "json::number")]
    score: Option<f64>,
    #[serde(borrow)]
    vector: Option<Loose<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Interesting<'a> {
    #[serde(borrow)]
    url: Option<Loose<'a>>,
    to_s: Option<Loose<'a>>,
    #[serde(rename = "type")]
    kind: Option<Loose<'a>>,
    found_by: Option<Loose<'a>>,
    references: Option<References<'a>>,
    #[serde(deserialize_with = "json::list")]
    interesting_entries: Vec<Loose<'a>>,
}

/// What stands below the name of a user in `password_attack`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct User<'a> {
    #[serde(borrow)]
    id: Option<Loose<'a>>,
    password: Option<Loose<'a>>,
}

fn map_component<'a>(component: &'a Component<'_>, scope: &'a Scope<'_>) -> Vec<Outcome<'a>> {
    component.vulnerabilities.iter().map(|found| map_vulnerability(found, component, scope)).collect()
}

fn map_vulnerability<'a>(
    found: &'a Vulnerability<'_>,
    component: &'a Component<'_>,
    scope: &'a Scope<'_>,
) -> Outcome<'a> {
    let title = filled(&found.title).unwrap_or_default();
    let of =
        |key: &str| found.references.as_ref().and_then(|all| all.get(key)).map_or(&[][..], Vec::as_slice);
    let id = texts(of("wpvulndb")).next();
    let mut weakness = Weakness::new("wpscan_id", id.unwrap_or(title));
    weakness.url = id.map(|id| format!("https://wpscan.com/vulnerability/{id}/").into());
    weakness.name = Some(title.into());
    weakness.say("", filled(&found.description).unwrap_or_default());
    let slug = filled(&component.slug).unwrap_or(scope.slug);
    if let Some(version) = filled(&found.fixed_in) {
        weakness.advise(format!("Upgrade {slug} to {version} or later"));
    }
    weakness.advisories = texts(of("cve")).map(cve).collect();
    texts(of("url")).for_each(|url| weakness.links.extend(Link::new(url)));
    match &found.cvss {
        Some(score) => {
            let vector = filled(&score.vector).map(Cow::Borrowed);
            weakness.ratings.push(Rating::new("WPScan", vector, score.score));
        }
        // Without a subscription WPScan tells of no scores.
        None => weakness.severity = Some(Severity::Medium),
    }
    let place = filled(&component.location).unwrap_or(scope.target);
    let Some(mut finding) = weakness.into_finding(Location::Dast(WebLocation::from_url(place))) else {
        return Outcome::skip(SkipReason::Unsupported, "a vulnerability without id and title", slug);
    };
    let details = &mut finding.vulnerability.details;
    details.text("component", "Component", slug);
    let version = component.version.as_ref().and_then(|version| filled(&version.number));
    details.text("version", "Version", version.or(filled(&component.number)).unwrap_or_default());
    details.text("latest_version", "Latest version", filled(&component.latest_version).unwrap_or_default());
    details.text("found_by", "Found by", filled(&component.found_by).unwrap_or_default());
    let confidence = component.confidence.map(|percent| format!("{percent} %"));
    details.text("confidence", "Confidence", confidence.unwrap_or_default());
    Outcome::finding(finding)
}

/// `2017-6814` stands without its prefix.
fn cve(id: &str) -> Cow<'_, str> {
    match id.get(..4) {
        Some(prefix) if prefix.eq_ignore_ascii_case("CVE-") => Cow::Borrowed(id),
        _ => Cow::Owned(format!("CVE-{id}")),
    }
}

/// What a visitor can see of the site: headers, a readme, a listed directory.
fn map_interesting<'a>(found: &'a Interesting<'_>, target: &'a str) -> Outcome<'a> {
    let name = filled(&found.to_s).unwrap_or_default();
    let Some(kind) = filled(&found.kind) else {
        return Outcome::skip(SkipReason::Unsupported, "a finding without a type", name);
    };
    let mut weakness = Weakness::new("wpscan_finding", kind);
    // Most are called by their address alone.
    let title =
        if name.is_empty() || name.contains("://") { kind.replace('_', " ") } else { name.to_owned() };
    weakness.name = Some(title.into());
    weakness.say("", name);
    weakness.say("", texts(&found.interesting_entries).collect::<Vec<_>>().join("\n"));
    weakness.severity = Some(Severity::Info);
    let links = found.references.iter().flat_map(|all| all.get("url")).flat_map(|urls| texts(urls));
    weakness.links = links.filter_map(Link::new).collect();
    let place = WebLocation::from_url(filled(&found.url).unwrap_or(target));
    let Some(mut finding) = weakness.into_finding(Location::Dast(place)) else {
        return Outcome::skip(SkipReason::Unsupported, "a finding without a type", name);
    };
    let found_by = filled(&found.found_by).unwrap_or_default();
    finding.vulnerability.details.text("found_by", "Found by", found_by);
    Outcome::finding(finding)
}

fn map_exposed<'a>(found: &'a Interesting<'_>, scope: &'a Exposed<'_>) -> Outcome<'a> {
    let mut weakness = Weakness::new("wpscan_finding", scope.rule);
    weakness.name = Some(scope.name.into());
    weakness.cwes = vec![530];
    weakness.severity = Some(Severity::High);
    let place = WebLocation::from_url(scope.url);
    let Some(mut finding) = weakness.into_finding(Location::Dast(place)) else {
        return Outcome::skip(SkipReason::Unsupported, "a file without a name", scope.url);
    };
    let found_by = filled(&found.found_by).unwrap_or_default();
    finding.vulnerability.details.text("found_by", "Found by", found_by);
    Outcome::finding(finding)
}

/// A user whose password WPScan found in a list of words (`--passwords`).
fn map_guessed<'a>(found: &'a User<'_>, scope: &'a Guessed<'_>) -> Outcome<'a> {
    let user = scope.user;
    let mut weakness = Weakness::new("wpscan_finding", "guessed_password");
    weakness.name = Some(format!("The password of {user} can be guessed").into());
    weakness.say("", format!("The password of the user {user} is in the list of words that was tried."));
    weakness.advise(format!("Change the password of {user}, and look for what was done with it."));
    weakness.cwes = vec![521];
    weakness.severity = Some(Severity::Critical);
    let mut place = WebLocation::from_url(scope.target);
    // Each user's is a finding of its own.
    place.param = Some(user.into());
    let Some(mut finding) = weakness.into_finding(Location::Dast(place)) else {
        return Outcome::skip(SkipReason::Unsupported, "a password without a user", user);
    };
    let details = &mut finding.vulnerability.details;
    details.text("user_id", "User id", filled(&found.id).unwrap_or_default());
    // Where it is the user's name, taking it out would take the user out.
    match filled(&found.password) {
        Some(password) if password == user => details.text("password", "Password", "the name of the user"),
        password => {
            details.text("password", "Password", password.unwrap_or_default());
            finding.secrets.extend(password.map(Cow::Borrowed));
        }
    }
    Outcome::finding(finding)
}
