//! One finding, as far as the two tools can be compared.

use serde_json::Value;
use std::{collections::BTreeSet, fmt};

/// What is compared.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Field {
    Ids,
    Component,
    Version,
    Severity,
    Cwe,
    File,
    Line,
    Url,
}

impl Field {
    pub(crate) const ALL: [Self; 8] = [
        Self::Ids,
        Self::Component,
        Self::Version,
        Self::Severity,
        Self::Cwe,
        Self::File,
        Self::Line,
        Self::Url,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Ids => "Ids",
            Self::Component => "Component",
            Self::Version => "Version",
            Self::Severity => "Severity",
            Self::Cwe => "CWE",
            Self::File => "File",
            Self::Line => "Line",
            Self::Url => "URL",
        }
    }
}

/// A finding; what is not stated is empty.
#[derive(Default)]
pub(crate) struct Reading {
    name: String,
    ids: BTreeSet<String>,
    component: String,
    version: String,
    severity: String,
    cwes: BTreeSet<u64>,
    file: String,
    lines: Option<(u64, u64)>,
    urls: Vec<String>,
}

impl Reading {
    /// A finding of the other tool.
    pub(crate) fn of_peer(finding: &Value) -> Self {
        let cwes = finding["cwes"].as_array().into_iter().flatten().chain([&finding["cwe"]]);
        let line = finding["line"].as_u64().filter(|line| *line > 0);
        Self {
            name: text(&finding["title"]),
            ids: texts(&finding["vulnerability_ids"]).map(|id| id.to_uppercase()).collect(),
            component: text(&finding["component_name"]),
            version: text(&finding["component_version"]),
            severity: severity(&finding["severity"]),
            cwes: cwes.filter_map(Value::as_u64).filter(|cwe| *cwe > 0).collect(),
            file: path(&finding["file_path"]),
            lines: line.map(|line| (line, line)),
            urls: texts(&finding["endpoints"]).map(|url| bare(&url)).collect(),
        }
    }

    /// A finding of a report of GitLab.
    pub(crate) fn of_report(finding: &Value) -> Self {
        let identifiers = || finding["identifiers"].as_array().into_iter().flatten();
        let location = &finding["location"];
        let dependency = &location["dependency"];
        let start = location["start_line"].as_u64();
        let host = text(&location["hostname"]);
        Self {
            name: text(&finding["name"]),
            ids: identifiers()
                .flat_map(|id| [&id["value"], &id["name"]])
                .map(|id| text(id).to_uppercase())
                .collect(),
            component: text(&dependency["package"]["name"]),
            version: text(&dependency["version"]),
            severity: severity(&finding["severity"]),
            cwes: identifiers()
                .filter(|id| id["type"] == "cwe")
                .filter_map(|id| text(&id["value"]).trim_start_matches("CWE-").parse().ok())
                .collect(),
            file: path(&location["file"]),
            lines: start.map(|start| (start, location["end_line"].as_u64().unwrap_or(start))),
            urls: if host.is_empty() { Vec::new() } else { vec![bare(&(host + &text(&location["path"])))] },
        }
    }

    /// How much of this reading the other one shares; `None` when they may well be about different things.
    pub(crate) fn nearness(&self, other: &Self) -> Option<u32> {
        let id = !self.ids.is_disjoint(&other.ids);
        let file = !self.file.is_empty() && same_path(&self.file, &other.file);
        let line = file && self.same_line(other);
        let component = !self.component.is_empty() && same_component(&self.component, &other.component);
        let name = same_name(&self.name, &other.name)
            || other.ids.iter().any(|id| self.name.to_uppercase().contains(id));
        let url = self.same_url(other);
        if !(id || line || name || (component && self.ids.is_empty())) {
            return None;
        }
        let shares = [
            (id, 8),
            (component, 6),
            (!self.version.is_empty() && self.version == other.version, 2),
            (file, 4),
            (line, 4),
            (name, 6),
            (url, 4),
            (!self.cwes.is_disjoint(&other.cwes), 2),
            (self.severity == other.severity, 1),
        ];
        Some(shares.iter().filter(|(shared, _)| *shared).map(|(_, worth)| worth).sum())
    }

    /// Which of the fields that this reading states the other one states alike.
    pub(crate) fn compare(&self, other: &Self) -> Vec<(Field, bool)> {
        let fields = [
            (Field::Ids, !self.ids.is_empty(), self.ids.is_subset(&other.ids)),
            (
                Field::Component,
                !self.component.is_empty() && !other.component.is_empty(),
                same_component(&self.component, &other.component),
            ),
            (
                Field::Version,
                !self.version.is_empty() && !other.component.is_empty(),
                self.version == other.version,
            ),
            (Field::Severity, true, self.severity == other.severity),
            (Field::Cwe, !self.cwes.is_empty(), self.cwes.is_subset(&other.cwes)),
            (
                Field::File,
                !self.file.is_empty() && !other.file.is_empty(),
                same_path(&self.file, &other.file),
            ),
            (Field::Line, self.lines.is_some() && other.lines.is_some(), self.same_line(other)),
            (Field::Url, !self.urls.is_empty() && !other.urls.is_empty(), self.same_url(other)),
        ];
        fields.into_iter().filter(|(_, stated, _)| *stated).map(|(field, _, same)| (field, same)).collect()
    }

    fn same_url(&self, other: &Self) -> bool {
        self.urls.iter().any(|one| other.urls.iter().any(|other| same_url(one, other)))
    }

    fn same_line(&self, other: &Self) -> bool {
        let (Some((line, _)), Some((start, end))) = (self.lines, other.lines) else { return false };
        (start..=end).contains(&line)
    }
}

impl fmt::Display for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name: String = self.name.chars().take(60).collect();
        write!(
            f,
            "{name:?} {:?} {}@{} {} {:?} {}:{:?} {:?}",
            self.ids,
            self.component,
            self.version,
            self.severity,
            self.cwes,
            self.file,
            self.lines,
            self.urls
        )
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().trim().to_owned()
}

fn texts(value: &Value) -> impl Iterator<Item = String> + '_ {
    value.as_array().into_iter().flatten().map(text)
}

/// The other tool has no `Unknown`, and two words for `Info`.
fn severity(value: &Value) -> String {
    match text(value).as_str() {
        "Unknown" | "Informational" | "Information" => "Info".to_owned(),
        other => other.to_owned(),
    }
}

fn path(value: &Value) -> String {
    text(value).replace('\\', "/").trim_start_matches("file://").trim_start_matches(['.', '/']).to_owned()
}

/// Absolute paths of one tool are relative in the other.
fn same_path(one: &str, other: &str) -> bool {
    let ends = |long: &str, short: &str| {
        long.strip_suffix(short).is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
    };
    !one.is_empty() && !other.is_empty() && (ends(one, other) || ends(other, one))
}

/// Names with and without their group: `org.acme:web`, `org.acme/web`, `web`.
fn same_component(one: &str, other: &str) -> bool {
    let plain = |name: &str| name.to_lowercase().replace(':', "/");
    same_path(&plain(one), &plain(other))
}

fn same_name(one: &str, other: &str) -> bool {
    let plain = |name: &str| name.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect::<String>();
    let (one, other) = (plain(one), plain(other));
    let short = one.len().min(other.len());
    short > 3 && (one.contains(&other) || other.contains(&one))
}

/// The other tool often keeps no more than host and port, and not always the scheme.
fn same_url(one: &str, other: &str) -> bool {
    let plain = |url: &str| {
        let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        let host = host.replace(' ', "");
        let port = match scheme {
            "http" => host.strip_suffix(":80"),
            "https" => host.strip_suffix(":443"),
            _ => None,
        };
        (port.unwrap_or(&host).to_owned(), path.to_owned())
    };
    let ((host, path), (other_host, other_path)) = (plain(one), plain(other));
    let same_host = host == other_host
        || host.split(':').next() == Some(&other_host)
        || other_host.split(':').next() == Some(&host);
    same_host && (path.is_empty() || other_path.is_empty() || path == other_path)
}

/// A URL without query, fragment and a closing slash.
fn bare(url: &str) -> String {
    url.split(['?', '#']).next().unwrap_or(url).trim_end_matches('/').to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn names_and_places_compare_by_what_they_mean() {
        for (one, other, same) in
            [("src/a.py", "/app/src/a.py", true), ("a.py", "ba.py", false), ("", "a.py", false)]
        {
            assert_eq!(same_path(one, other), same, "{one} {other}");
        }
        assert!(same_component("web", "org.acme/web") && same_component("org.acme:web", "org.acme/web"));
        assert!(!same_component("web", "webpack"));
    }

    #[test]
    fn only_what_is_stated_is_compared() {
        let their =
            Reading::of_peer(&json!({"title": "XSS", "severity": "High", "file_path": "a.py", "line": 3}));
        let our = Reading::of_report(&json!({
            "name": "XSS", "severity": "Low", "location": {"file": "a.py", "start_line": 2, "end_line": 4}
        }));
        let compared: Vec<(&str, bool)> =
            their.compare(&our).iter().map(|(f, same)| (f.name(), *same)).collect();
        assert_eq!(compared, [("Severity", false), ("File", true), ("Line", true)]);
    }
}
