//! What GitLab makes of one vulnerability: its name, its fingerprints, its UUID.

use crate::ruby;
use scanlift_convert_api::package::python_name;
use scanlift_report_core::{Kind, Severity, image_without_tag};
use serde_json::{Map, Value};
use sha1::{Digest, Sha1};
use uuid::{Builder, Uuid};

/// The namespace of UUIDs on a production instance of GitLab.
pub const PRODUCTION: Uuid = Uuid::from_u128(0x58dc0f06_936c_43b3_93bb_71693f1b6570);

/// What GitLab knows beside a report.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Project {
    /// Its number; a part of every UUID.
    pub id: u64,
    /// Whether it has the licensed feature for tracking signatures.
    pub signatures: bool,
    /// The tracked context, for branches other than the default one (GitLab 19).
    pub context: Option<u64>,
    /// The namespace of UUIDs: [`PRODUCTION`].
    pub namespace: Uuid,
    /// Images of the default branch that the project has container scanning vulnerabilities for, as
    /// reports name them. On another branch a `default_branch_image` among them stands for the image.
    pub default_branch_images: Vec<String>,
}

impl Project {
    /// A project with signatures, on its default branch.
    #[must_use]
    pub fn new(id: u64) -> Self {
        Self { id, signatures: true, context: None, namespace: PRODUCTION, default_branch_images: Vec::new() }
    }
}

/// An identifier as GitLab keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Identifier {
    /// Its type.
    pub kind: String,
    /// Its value.
    pub value: String,
    /// Its name.
    pub name: String,
    /// SHA-1 of `type:value`.
    pub fingerprint: Fingerprint,
}

/// A tracking signature as GitLab keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Signature {
    /// Its algorithm; the greatest is the best.
    pub algorithm: Algorithm,
    /// SHA-1 of its values.
    pub fingerprint: Fingerprint,
}

/// An algorithm of tracking signatures that GitLab knows, by priority.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Algorithm {
    /// `hash`.
    Hash,
    /// `location`.
    Location,
    /// `scope_offset`.
    ScopeOffset,
    /// `scope_offset_compressed`.
    ScopeOffsetCompressed,
    /// `rule_value`.
    RuleValue,
}

impl Algorithm {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "hash" => Self::Hash,
            "location" => Self::Location,
            "scope_offset" => Self::ScopeOffset,
            "scope_offset_compressed" => Self::ScopeOffsetCompressed,
            "rule_value" => Self::RuleValue,
            _ => return None,
        })
    }

    /// GitLab's name for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hash => "hash",
            Self::Location => "location",
            Self::ScopeOffset => "scope_offset",
            Self::ScopeOffsetCompressed => "scope_offset_compressed",
            Self::RuleValue => "rule_value",
        }
    }
}

/// A SHA-1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fingerprint(pub [u8; 20]);

impl Fingerprint {
    /// The fingerprint of a text.
    #[must_use]
    pub fn of(text: &str) -> Self {
        Self(Sha1::digest(text.as_bytes()).into())
    }
}

impl std::fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// A vulnerability as GitLab's parser leaves it.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Finding {
    /// Its place in the report, from 0.
    pub index: u64,
    /// The report's id of it.
    pub id: Option<String>,
    /// The name that people see, whole.
    pub name: String,
    /// Its severity; what GitLab does not know is unknown.
    pub severity: Severity,
    /// What it is called; the first is part of its identity.
    pub identifiers: Vec<Identifier>,
    /// The text that the location fingerprint is of.
    pub place: String,
    /// The location fingerprint.
    pub location: Fingerprint,
    /// Tracking signatures, the best first.
    pub signatures: Vec<Signature>,
    /// What GitLab follows it by; `None` without an identifier.
    pub uuid: Option<Uuid>,
    /// What GitLab follows it by on a branch, if it knows the default branch's image that the report names.
    pub uuid_on_default_branch: Option<Uuid>,
    /// The scanner's id.
    pub scanner: Option<String>,
}

/// What a report says before its vulnerabilities that matters to each of them.
#[derive(Clone, Debug)]
pub(crate) struct Context<'c> {
    pub(crate) kind: Kind,
    pub(crate) project: &'c Project,
    /// `scan.scanner.id`; the outer is `None` if there is no scanner.
    pub(crate) scanner: Option<Option<String>>,
    /// Whether the analyzer is one of Python packages, which GitLab names as PEP 503 says.
    pub(crate) python: bool,
}

/// Why GitLab's parser fails.
pub(crate) type Failure = String;

impl Finding {
    pub(crate) fn parse(context: &Context<'_>, index: u64, value: &Value) -> Result<Self, Failure> {
        let Value::Object(map) = value else { return Err("a vulnerability is not an object".to_owned()) };
        let identifiers = identifiers(map);
        let (place, path) = place(context, map.get("location"))?;
        let location = Fingerprint::of(&place);
        let signatures = signatures(map.get("tracking"))?;
        let severity = match map.get("severity") {
            None | Some(Value::Null) => Severity::Unknown,
            Some(Value::String(word)) => severity(word),
            Some(_) => return Err("a severity is not a string".to_owned()),
        };
        let name = match map.get("name") {
            name if ruby::is_present(name) => ruby::to_s(name),
            _ => name_of(&identifiers, path.as_deref())
                .ok_or("a vulnerability has neither a name nor an identifier")?,
        };
        let scanner = match &context.scanner {
            Some(scanner) => scanner.clone(),
            None => map.get("scanner").and_then(Value::as_object).map(|own| ruby::to_s(own.get("id"))),
        };
        let best = signatures.first().filter(|_| context.project.signatures);
        let tracked = best.map_or(location, |signature| signature.fingerprint);
        let uuid = |place: &Fingerprint| {
            let primary = identifiers.first()?;
            Some(uuid_for(context.project, context.kind, &primary.fingerprint, place))
        };
        let on_default_branch = default_branch_place(context, map.get("location"));
        let uuid_on_default_branch = on_default_branch.and_then(|place| uuid(&Fingerprint::of(&place)));
        let uuid = uuid(&tracked);
        Ok(Self {
            index,
            id: map.get("id").and_then(Value::as_str).map(str::to_owned),
            name,
            severity,
            identifiers,
            place,
            location,
            signatures,
            uuid,
            uuid_on_default_branch,
            scanner,
        })
    }

    /// The title that GitLab stores: the name cut to 255 characters.
    #[must_use]
    pub fn title(&self) -> String {
        ruby::truncate(&self.name, 255)
    }
}

fn identifiers(map: &Map<String, Value>) -> Vec<Identifier> {
    let items = map.get("identifiers").and_then(Value::as_array).into_iter().flatten();
    items
        .filter_map(Value::as_object)
        .map(|item| {
            let (kind, value) = (ruby::to_s(item.get("type")), ruby::to_s(item.get("value")));
            let fingerprint = Fingerprint::of(&format!("{kind}:{value}"));
            Identifier { kind, value, name: ruby::to_s(item.get("name")), fingerprint }
        })
        .collect()
}

fn severity(word: &str) -> Severity {
    match word.to_lowercase().as_str() {
        "info" => Severity::Info,
        "low" => Severity::Low,
        "medium" => Severity::Medium,
        "high" => Severity::High,
        "critical" => Severity::Critical,
        _ => Severity::Unknown,
    }
}

/// The text that is hashed, and the path in a generated name.
fn place(context: &Context<'_>, location: Option<&Value>) -> Result<(String, Option<String>), Failure> {
    let empty = Map::new();
    let map = match location {
        location if !ruby::is_truthy(location) => &empty,
        Some(Value::Object(map)) => map,
        _ => return Err("a location is not an object".to_owned()),
    };
    let text = |key: &str| ruby::to_s(map.get(key));
    match context.kind {
        Kind::Sast | Kind::SecretDetection => {
            let file = text("file");
            let name = ruby::basename(&file).to_owned();
            Ok((format!("{file}:{}:{}", text("start_line"), text("end_line")), Some(name)))
        }
        Kind::DependencyScanning => {
            let file = text("file");
            let package = match dig(map, &["dependency", "package", "name"])? {
                Some(Value::String(name)) if context.python => python_name(name),
                _ if context.python => return Err("a package has no name".to_owned()),
                name => ruby::to_s(name),
            };
            let name = ruby::basename(&file).to_owned();
            Ok((format!("{file}:{package}"), Some(name)))
        }
        Kind::ContainerScanning | Kind::ClusterImageScanning => {
            let Some(Value::String(image)) = map.get("image") else {
                return Err("an image is not a string".to_owned());
            };
            let default = map.get("default_branch_image").and_then(Value::as_str);
            let default = default.filter(|_| context.kind == Kind::ContainerScanning);
            let is_known =
                |image: &&str| context.project.default_branch_images.iter().any(|known| known == image);
            let image = default.filter(is_known).unwrap_or(image);
            let package = ruby::to_s(dig(map, &["dependency", "package", "name"])?);
            let mut text = format!("{}:{package}", image_without_tag(image));
            if context.kind == Kind::ClusterImageScanning {
                let agent = dig(map, &["kubernetes_resource", "agent_id"])?;
                if ruby::is_present(agent) {
                    text = format!("AGENT_{}:{text}", ruby::to_s(agent));
                }
            }
            Ok((text.clone(), Some(text)))
        }
        Kind::Dast | Kind::ApiFuzzing => {
            let path = map.get("path").filter(|path| !path.is_null()).map(|path| ruby::to_s(Some(path)));
            Ok((format!("{}:{}:{}", text("path"), text("method"), text("param")), path))
        }
        Kind::CoverageFuzzing => {
            let text = format!("{}:{}", text("crash_type"), text("crash_state"));
            Ok((text.clone(), Some(text)))
        }
    }
}

/// The text that is hashed on a branch, if GitLab knows the default branch's image that the report names.
fn default_branch_place(context: &Context<'_>, location: Option<&Value>) -> Option<String> {
    let location = location.filter(|_| context.kind == Kind::ContainerScanning)?;
    let image = location.get("default_branch_image")?.as_str()?;
    let package = location.get("dependency")?.get("package")?.get("name");
    Some(format!("{}:{}", image_without_tag(image), ruby::to_s(package)))
}

/// Ruby's `dig`: null on the way gives null, anything but an object fails.
fn dig<'v>(map: &'v Map<String, Value>, path: &[&str]) -> Result<Option<&'v Value>, Failure> {
    let (last, before) = path.split_last().ok_or("an empty path")?;
    let mut map = map;
    for key in before {
        map = match map.get(*key) {
            None | Some(Value::Null) => return Ok(None),
            Some(Value::Object(inner)) => inner,
            Some(_) => return Err(format!("`{key}` is not an object")),
        };
    }
    Ok(map.get(*last))
}

fn signatures(tracking: Option<&Value>) -> Result<Vec<Signature>, Failure> {
    if !ruby::is_truthy(tracking) {
        return Ok(Vec::new());
    }
    let items = tracking.and_then(Value::as_object).ok_or("tracking is not an object")?.get("items");
    let items = items.and_then(Value::as_array).ok_or("tracking.items is not a list")?;
    let mut groups: Vec<(Algorithm, Vec<String>)> = Vec::new();
    for item in items {
        let item = item.as_object().ok_or("an item of tracking is not an object")?;
        let Some(signatures) = item.get("signatures") else { continue };
        for signature in signatures.as_array().ok_or("signatures are not a list")? {
            let signature = signature.as_object().ok_or("a signature is not an object")?;
            let algorithm = signature.get("algorithm").and_then(Value::as_str).and_then(Algorithm::parse);
            let Some(algorithm) = algorithm else { continue };
            let value = ruby::to_s(signature.get("value"));
            match groups.iter_mut().find(|(known, _)| *known == algorithm) {
                Some((_, values)) => values.push(value),
                None => groups.push((algorithm, vec![value])),
            }
        }
    }
    groups.sort_by_key(|(algorithm, _)| std::cmp::Reverse(*algorithm));
    let of = |(algorithm, values): (Algorithm, Vec<String>)| Signature {
        algorithm,
        fingerprint: Fingerprint::of(&values.join("|")),
    };
    Ok(groups.into_iter().map(of).collect())
}

/// The name that GitLab gives where there is none: the first CVE, else the first CWE, else the first
/// identifier, and where.
fn name_of(identifiers: &[Identifier], path: Option<&str>) -> Option<String> {
    let of = |kind: &str| identifiers.iter().find(|it| it.kind.eq_ignore_ascii_case(kind));
    let label = &of("cve").or_else(|| of("cwe")).or_else(|| identifiers.first())?.name;
    Some(match path {
        Some(path) => format!("{label} in {path}"),
        None => label.clone(),
    })
}

/// The UUID of a finding of a project.
pub(crate) fn uuid_for(project: &Project, kind: Kind, primary: &Fingerprint, place: &Fingerprint) -> Uuid {
    let Project { id, namespace, context: branch, .. } = project;
    let mut name = format!("{kind}-{primary}-{place}-{id}");
    if let Some(branch) = branch {
        name.push_str(&format!("-{branch}"));
    }
    uuid_of(*namespace, &name)
}

/// A name-based UUID (RFC 9562, section 5.5).
fn uuid_of(namespace: Uuid, name: &str) -> Uuid {
    let mut sha1 = Sha1::new();
    sha1.update(namespace.as_bytes());
    sha1.update(name.as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&sha1.finalize()[..16]);
    Builder::from_sha1_bytes(bytes).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn parse(kind: Kind, python: bool, value: &Value) -> Result<Finding, Failure> {
        let project = Project::new(1);
        let context = Context { kind, project: &project, scanner: Some(Some("s".to_owned())), python };
        Finding::parse(&context, 0, value)
    }

    /// The vectors of GitLab's own specs.
    #[test]
    fn uuids_are_gitlabs() {
        assert_eq!(uuid_of(PRODUCTION, "GitLab").to_string(), "4961388b-9d8e-5da0-a499-3ef5da58daf0");
        let staging = Uuid::from_u128(0xa6930898_a1b2_4365_ab18_12aa474d9b26);
        assert_eq!(uuid_of(staging, "GitLab").to_string(), "dd190b37-7754-5c7c-80a0-85621a5823ad");
        let test = Uuid::from_u128(0xa143e9e2_41b3_47bc_9a19_081d089229f4);
        assert_eq!(uuid_of(test, "GitLab").to_string(), "5b593e54-90f5-504b-8805-5394a4d14b94");
        assert_eq!(
            Fingerprint::of("find_sec_bugs_type:PREDICTABLE_RANDOM").to_string(),
            "5848739446034d982ef7beece3bb19bff4044ffb"
        );
    }

    /// The vectors of GitLab's own specs for images of other branches.
    #[test]
    fn an_image_of_the_default_branch_stands_for_others() {
        let sha = "307e0a35643f63652a713d0820db7c388012f724";
        let project = "registry.gitlab.com/my/project";
        let cases = [
            (
                format!("{project}/feature:{sha}"),
                format!("{project}/master:{sha}"),
                true,
                format!("{project}/master:glibc"),
            ),
            (
                format!("{project}@sha256:{sha}"),
                format!("{project}:latest"),
                true,
                format!("{project}:glibc"),
            ),
            (
                format!("{project}/feature:latest"),
                format!("{project}:1.0.0"),
                true,
                format!("{project}:1.0.0:glibc"),
            ),
            (
                format!("{project}/feature:latest"),
                format!("{project}:1.0.0"),
                false,
                format!("{project}/feature:glibc"),
            ),
        ];
        for (image, default, is_known, want) in cases {
            let mut project = Project::new(1);
            project.default_branch_images.extend(is_known.then(|| default.clone()));
            let context =
                Context { kind: Kind::ContainerScanning, project: &project, scanner: None, python: false };
            let location = json!({"image": image, "default_branch_image": default, "dependency": {"package": {"name": "glibc"}}});
            let finding = Finding::parse(&context, 0, &json!({"name": "n", "location": location}));
            assert_eq!(finding.expect("parses").place, want, "{image}");
        }
    }

    #[test]
    fn places_are_gitlabs() {
        let sha = "307e0a35643f63652a713d0820db7c388012f724";
        let image = |image: &str| json!({"image": image, "dependency": {"package": {"name": "glibc"}}});
        for (kind, location, want) in [
            (
                Kind::SecretDetection,
                json!({"file": "src/main/App.java", "start_line": 29, "end_line": 31}),
                "src/main/App.java:29:31",
            ),
            (Kind::Sast, json!({"file": "f.py", "start_line": 3}), "f.py:3:"),
            (Kind::Sast, json!({}), "::"),
            (Kind::Sast, json!({"start_line": 3.0}), ":3.0:"),
            (
                Kind::DependencyScanning,
                json!({"file": "app/pom.xml", "dependency": {"package": {"name": "io.netty/netty"}}}),
                "app/pom.xml:io.netty/netty",
            ),
            (
                Kind::ContainerScanning,
                image("registry.gitlab.com/my/project:latest"),
                "registry.gitlab.com/my/project:glibc",
            ),
            (Kind::ContainerScanning, image("alpine:3.7.3"), "alpine:3.7.3:glibc"),
            (Kind::ContainerScanning, image("alpine:1.0.0-beta"), "alpine:1.0.0-beta:glibc"),
            (
                Kind::ContainerScanning,
                image("alpine:8101518288111119448185914762536722131810"),
                "alpine:glibc",
            ),
            (
                Kind::ContainerScanning,
                image(&format!("gdk.local:5000/group/branch:{sha}")),
                "gdk.local:5000/group/branch:glibc",
            ),
            (Kind::ContainerScanning, image("alpine"), ":glibc"),
            (Kind::ContainerScanning, image("localhost:5000/app"), "localhost:glibc"),
            (Kind::ContainerScanning, image("app:2023010"), "app:2023010:glibc"),
            (
                Kind::ClusterImageScanning,
                json!({"image": "a/b:latest", "dependency": {"package": {"name": "glibc"}}, "kubernetes_resource": {"agent_id": "46357"}}),
                "AGENT_46357:a/b:glibc",
            ),
            (Kind::Dast, json!({"path": "/a", "method": "GET", "hostname": "h"}), "/a:GET:"),
            (Kind::CoverageFuzzing, json!({"crash_type": "heap", "crash_state": "f"}), "heap:f"),
        ] {
            let finding = parse(kind, false, &json!({"name": "n", "location": location})).expect("parses");
            assert_eq!(finding.place, want);
            assert_eq!(finding.location, Fingerprint::of(want));
        }
        assert_eq!(
            Fingerprint::of("groovy/src/main/java/com/gitlab/security_products/tests/App.groovy:29:29")
                .to_string(),
            "0e7d0291d912f56880e39d4fbd80d99dd5d327ba"
        );
        let python = json!({"name": "n", "location": {"file": "r.txt", "dependency": {"package": {"name": "Zope._-Interface"}}}});
        assert_eq!(
            parse(Kind::DependencyScanning, true, &python).expect("parses").place,
            "r.txt:zope-interface"
        );
    }

    #[test]
    fn names_are_made_of_identifiers() {
        let finding = |location: Value| {
            json!({"name": " ", "location": location, "identifiers": [
                {"type": "gemnasium", "name": "Gemnasium-1", "value": "1"},
                {"type": "CVE", "name": "CVE-2017-11429", "value": "CVE-2017-11429"}]})
        };
        let yarn = parse(Kind::DependencyScanning, false, &finding(json!({"file": "app/yarn.lock"})));
        assert_eq!(yarn.expect("parses").name, "CVE-2017-11429 in yarn.lock");
        assert_eq!(parse(Kind::Dast, false, &finding(json!(null))).expect("parses").name, "CVE-2017-11429");
    }

    #[test]
    fn the_best_signature_decides() {
        let signature = |algorithm: &str, value: &str| json!({"algorithm": algorithm, "value": value});
        let value = json!({"name": "n", "identifiers": [{"type": "a", "value": "b", "name": "c"}], "location": {},
            "tracking": {"items": [
                {"signatures": [signature("hash", "h1"), signature("location", "l"), signature("INVALID", "x")]},
                {"signatures": [signature("hash", "h2")]}]}});
        let finding = parse(Kind::Sast, false, &value).expect("parses");
        assert_eq!(
            finding.signatures.iter().map(|it| (it.algorithm, it.fingerprint)).collect::<Vec<_>>(),
            [(Algorithm::Location, Fingerprint::of("l")), (Algorithm::Hash, Fingerprint::of("h1|h2"))]
        );
        let primary = Fingerprint::of("a:b");
        let want = uuid_of(PRODUCTION, &format!("sast-{primary}-{}-1", Fingerprint::of("l")));
        assert_eq!(finding.uuid, Some(want));
    }
}
