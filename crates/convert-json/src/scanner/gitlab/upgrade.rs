//! A vulnerability of any schema as one of the present: what was moved, renamed and dropped since.

use super::Outline;
use scanlift_convert_api::{Finding, advisory, package::python_name, sentence};
use scanlift_report_core::{
    Description, Identifier, Kind, Location, Name, Severity, Solution, Vulnerability,
};
use serde_json::{Map, Value};

/// The kind of report that holds such a vulnerability: what it says (`category`, until schema 14), else
/// what its location shows.
pub(super) fn kind_of(entry: &Map<String, Value>) -> Option<Kind> {
    let category = entry.get("category").and_then(Value::as_str).and_then(Kind::parse);
    let location = entry.get("location").and_then(Value::as_object);
    let has = |key| location.is_some_and(|location| location.contains_key(key));
    let dependency = location.and_then(|location| location.get("dependency"));
    let package =
        dependency.is_some_and(|it| it["package"]["name"].as_str().is_some_and(|name| !name.is_empty()));
    category.or_else(|| match () {
        () if has("kubernetes_resource") => Some(Kind::ClusterImageScanning),
        () if has("image") => Some(Kind::ContainerScanning),
        () if package => Some(Kind::DependencyScanning),
        () if has("hostname") || has("param") => Some(Kind::Dast),
        () if has("commit") => Some(Kind::SecretDetection),
        () if has("crash_type") || has("crash_state") => Some(Kind::CoverageFuzzing),
        () => location.map(|_| Kind::Sast),
    })
}

/// The finding of an entry; else what is wrong with it.
pub(super) fn map(
    mut entry: Map<String, Value>,
    kind: Kind,
    outline: &Outline,
) -> Result<Finding<'static>, String> {
    let scanner = outline.scanner();
    let mut take = |key: &str| match entry.remove(key) {
        Some(Value::String(text)) if !text.trim().is_empty() => Some(text),
        _ => None,
    };
    let (name, message) = (take("name"), take("message"));
    let (description, solution) = (take("description"), take("solution"));
    let (severity, confidence) = (take("severity"), take("confidence"));
    let (cve, _category, _id) = (take("cve"), take("category"), take("id"));
    let own_scanner = entry.remove("scanner").filter(|own| Some(own) != scanner);
    let title = name.as_deref().or(message.as_deref()).or(description.as_deref());
    complete_identifiers(entry.get_mut("identifiers"), title.map(sentence).as_deref());
    let lines = lines_of(&entry);
    super::mend::mend(&mut entry, kind);
    if let Some(location) = entry.get_mut("location").and_then(Value::as_object_mut)
        && kind == Kind::SecretDetection
        && !location.contains_key("commit")
    {
        // Until schema 14 a secret needed no commit.
        location.insert("commit".to_owned(), serde_json::json!({"sha": ""}));
    }

    let mut vulnerability = Vulnerability::read(kind, Value::Object(entry)).map_err(|error| {
        if error.place.is_empty() {
            error.problem.clone()
        } else {
            format!("{}: {}", error.place, error.problem)
        }
    })?;
    let title = name.as_deref().or(message.as_deref()).map(str::to_owned);
    let title = title.unwrap_or_else(|| title_of(&vulnerability));
    vulnerability.name = Name::new(title.clone());
    let spare = message.filter(|message| *message != title);
    vulnerability.description = match (description, spare) {
        (Some(description), Some(message)) if !description.contains(&message) => {
            Description::new(format!("{message}\n\n{description}"))
        }
        (description, message) => Description::new(description.or(message).unwrap_or(title)),
    };
    vulnerability.solution = solution.and_then(Solution::new);
    // A word of GitLab's is its own, and so is Unknown; any other is a scanner's.
    let of_gitlab = |word: &str| Severity::WORST_FIRST.into_iter().find(|known| known.as_str() == word);
    vulnerability.severity = severity.as_deref().and_then(of_gitlab);
    let details = &mut vulnerability.details;
    let confidence = confidence.filter(|word| !word.eq_ignore_ascii_case("unknown"));
    details.text("confidence", "Confidence", confidence.unwrap_or_default());
    let own_scanner = own_scanner.as_ref().and_then(|own| own["name"].as_str().or(own["id"].as_str()));
    let of_scan = scanner.and_then(|scanner| scanner["name"].as_str());
    let own_scanner = own_scanner.filter(|own| of_scan.is_none_or(|name| !name.eq_ignore_ascii_case(own)));
    details.text("scanner", "Scanner", own_scanner.unwrap_or_default().to_owned());
    // Until schema 14 `cve` is what findings are compared by, and sometimes a CVE indeed.
    if let Some(cve) = cve {
        let is_known = vulnerability.identifiers.iter().any(|known| known.value == cve.as_str());
        match advisory::identifier(&cve) {
            _ if is_known => {}
            Some(identifier) => vulnerability.identifiers.extend([Identifier::into_owned(identifier)]),
            None => vulnerability.details.text("compare_key", "Compare key", cve),
        }
    }
    let raw = vulnerability.raw_source_code_extract.clone();
    if outline.is_of_python()
        && let Location::DependencyScanning(location) = &mut vulnerability.location
    {
        let name = &mut location.dependency.package.name;
        *name = python_name(name).into();
    }
    let same_lines = vulnerability.location.source().is_none_or(|source| {
        let spelled = |line: Option<u64>| line.map(|line| line.to_string()).unwrap_or_default();
        [source.start_line, source.end_line].map(spelled) == lines
    });
    let known_as = if same_lines { vulnerability.content_id() } else { String::new() };

    let mut finding = Finding::new(vulnerability);
    finding.known_as = Some(known_as);
    finding.severity.rating = severity.as_deref().and_then(Severity::from_word);
    finding.severity.word = severity.map(Into::into);
    finding.secrets.extend(raw.filter(|_| kind == Kind::SecretDetection));
    Ok(finding)
}

/// First and last line as GitLab spells them where it tells places apart.
fn lines_of(entry: &Map<String, Value>) -> [String; 2] {
    let location = entry.get("location");
    ["start_line", "end_line"].map(|key| match location.and_then(|location| location.get(key)) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    })
}

/// What GitLab calls a vulnerability without a name.
fn title_of(vulnerability: &Vulnerability<'_>) -> String {
    let name = &vulnerability.identifiers.primary().name;
    let package = match &vulnerability.location {
        Location::DependencyScanning(location) => &*location.dependency.package.name,
        Location::ContainerScanning(location) => &*location.dependency.package.name,
        _ => "",
    };
    if package.is_empty() { name.to_string() } else { format!("{name} in {package}") }
}

/// Identifiers need type, name and value; those with neither name nor value say nothing.
/// Where none is left, the title stands for the rule.
fn complete_identifiers(identifiers: Option<&mut Value>, title: Option<&str>) {
    let Some(Value::Array(identifiers)) = identifiers else { return };
    for identifier in identifiers.iter_mut() {
        let text = |key: &str| identifier[key].as_str().unwrap_or_default().trim().to_owned();
        let (kind, name, value) = (text("type"), text("name"), text("value"));
        let Some(identifier) = identifier.as_object_mut() else { continue };
        let mut set = |key: &str, text: &str| identifier.insert(key.to_owned(), text.into());
        if kind.is_empty() {
            set("type", "other");
        }
        if name.is_empty() {
            set("name", &value);
        }
        if value.is_empty() {
            set("value", &name);
        }
    }
    let before = identifiers.len();
    identifiers.retain(|identifier| identifier["value"].as_str().is_none_or(|value| !value.is_empty()));
    if let Some(title) = title.filter(|_| before > 0 && identifiers.is_empty()) {
        identifiers.push(serde_json::json!({"type": "rule_name", "name": title, "value": title}));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn entry(value: Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap_or_default()
    }

    #[test]
    fn kinds_show_in_category_and_location() {
        for (value, want) in [
            (json!({"category": "dast", "location": {"file": "a"}}), Some(Kind::Dast)),
            (
                json!({"location": {"image": "a:1", "dependency": {"package": {"name": "a"}}}}),
                Some(Kind::ContainerScanning),
            ),
            (
                json!({"location": {"file": "a", "dependency": {"package": {"name": "a"}}}}),
                Some(Kind::DependencyScanning),
            ),
            (json!({"location": {"file": "a", "dependency": {"package": {}}}}), Some(Kind::Sast)),
            (json!({"location": {"hostname": "http://a"}}), Some(Kind::Dast)),
            (json!({"location": {"commit": {}}}), Some(Kind::SecretDetection)),
            (json!({"location": {"crash_type": "a"}}), Some(Kind::CoverageFuzzing)),
            (json!({"location": {"kubernetes_resource": {}}}), Some(Kind::ClusterImageScanning)),
            (json!({}), None),
        ] {
            assert_eq!(kind_of(&entry(value.clone())), want, "{value}");
        }
    }

    #[test]
    fn what_schemas_dropped_is_kept() {
        let old = entry(json!({
            "id": "7", "category": "sast", "message": "Weak hash", "cve": "a.py:3:B303", "confidence": "High",
            "severity": "Undefined", "scanner": {"id": "bandit", "name": "Bandit"},
            "identifiers": [{"type": "bandit_test_id", "name": "B303", "value": "B303"}],
            "location": {"file": "a.py", "start_line": 3}
        }));
        let finding = map(old, Kind::Sast, &Outline::default()).expect("a finding");
        let vulnerability = finding.vulnerability;
        assert_eq!(vulnerability.name.as_deref(), Some("Weak hash"));
        assert_eq!(vulnerability.description.as_deref(), Some("Weak hash"));
        assert_eq!(finding.severity.rating, Some(Severity::Unknown));
        for key in ["confidence", "compare_key", "scanner"] {
            assert!(vulnerability.details.get(key).is_some(), "{key}");
        }
    }

    #[test]
    fn words_of_gitlab_are_kept_and_others_weighed() {
        for (word, want, rating) in [
            ("Unknown", Some(Severity::Unknown), Severity::Unknown),
            ("Low", Some(Severity::Low), Severity::Low),
            ("UNKNOWN", None, Severity::Unknown),
            ("high", None, Severity::High),
        ] {
            let identifiers = json!([{"type": "a", "name": "a", "value": "a"}]);
            let entry = entry(json!({"severity": word, "identifiers": identifiers, "location": {}}));
            let finding = map(entry, Kind::Sast, &Outline::default()).expect("a finding");
            assert_eq!(finding.vulnerability.severity, want, "{word}");
            assert_eq!(finding.severity.rating, Some(rating), "{word}");
        }
    }

    #[test]
    fn what_is_no_vulnerability_is_told() {
        let entry = entry(json!({"name": "a", "location": {}}));
        let problem = map(entry, Kind::Sast, &Outline::default()).expect_err("no identifiers");
        assert!(problem.starts_with("identifiers"), "{problem}");
    }

    fn mapped(kind: Kind, location: &Value, outline: &Outline) -> Finding<'static> {
        let identifiers = json!([{"type": "a", "name": "a", "value": "a"}]);
        let entry = entry(json!({"name": "a", "identifiers": identifiers, "location": location}));
        map(entry, kind, outline).expect("a finding")
    }

    #[test]
    fn lines_are_whole_numbers_or_none() {
        for (start, end, want, is_same) in [
            (json!(3), Value::Null, (Some(3), None), true),
            (json!("3"), json!(4), (Some(3), Some(4)), true),
            (json!(3.0), json!(4), (Some(3), Some(4)), false),
            (json!(" 3"), Value::Null, (Some(3), None), false),
            (json!(3.5), json!(-1), (None, None), false),
            (json!("three"), json!([3]), (None, None), false),
        ] {
            let location = json!({"file": "a", "start_line": start, "end_line": end});
            let finding = mapped(Kind::Sast, &location, &Outline::default());
            let source = finding.vulnerability.location.source().expect("lines");
            assert_eq!((source.start_line, source.end_line), want, "{location}");
            let id = finding.vulnerability.content_id();
            assert_eq!(finding.known_as, Some(if is_same { id } else { String::new() }), "{location}");
            let is_lost = want.0.is_none();
            assert_eq!(
                finding.vulnerability.details.get("not_of_the_schema").is_some(),
                is_lost,
                "{location}"
            );
        }
    }

    #[test]
    fn python_packages_are_named_as_gitlab_names_them() {
        let location = json!({"file": "requirements.txt",
            "dependency": {"package": {"name": "Zope._-Interface"}, "version": "1"}});
        for (analyzer, want) in [("gemnasium-python", "zope-interface"), ("gemnasium", "Zope._-Interface")] {
            let scan = entry(json!({"analyzer": {"id": analyzer}}));
            let outline = Outline { scan, ..Outline::default() };
            let finding = mapped(Kind::DependencyScanning, &location, &outline);
            let Location::DependencyScanning(place) = &finding.vulnerability.location else {
                panic!("a package")
            };
            assert_eq!(place.dependency.package.name, want);
            assert_eq!(finding.known_as, Some(finding.vulnerability.content_id()));
        }
    }
}
