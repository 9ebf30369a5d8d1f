//! Where findings are: paths, lines, images, packages.

use super::{Linter, quoted, rule};
use crate::ruby;
use crate::schema::Pointer;
use scanlift_report_core::Kind;
use serde_json::{Map, Value};

impl Linter<'_> {
    pub(super) fn location(&mut self, map: &Map<String, Value>, at: &Pointer<'_>) {
        let Some(Value::Object(location)) = map.get("location") else { return };
        let at = at.key("location");
        match self.kind {
            Kind::Sast | Kind::SecretDetection => {
                self.file(location, &at);
                self.lines(location, &at);
                if self.kind == Kind::SecretDetection {
                    self.commit(location, &at);
                }
            }
            Kind::DependencyScanning => {
                self.file(location, &at);
                self.package(location, &at);
            }
            Kind::ContainerScanning | Kind::ClusterImageScanning => {
                self.image(location, &at);
                self.package(location, &at);
            }
            Kind::Dast | Kind::ApiFuzzing => self.empty(location, &["path", "method", "param"], &at),
            Kind::CoverageFuzzing => self.empty(location, &["crash_type", "crash_state"], &at),
        }
    }

    fn empty(&mut self, location: &Map<String, Value>, keys: &[&str], at: &Pointer<'_>) {
        if keys.iter().all(|key| ruby::to_s(location.get(*key)).is_empty()) {
            self.push(&rule::LOCATION_EMPTY, at, || format!("{} are empty", keys.join(", ")));
        }
    }

    fn file(&mut self, location: &Map<String, Value>, at: &Pointer<'_>) {
        let file = match location.get("file") {
            None | Some(Value::Null) => return self.push(&rule::FILE_MISSING, at, String::new),
            Some(Value::String(file)) if file.trim().is_empty() => {
                return self.push(&rule::FILE_MISSING, &at.key("file"), || quoted(file));
            }
            Some(Value::String(file)) => file,
            Some(_) => return,
        };
        let Some(tree) = self.around.tree.filter(|_| complaint(file).is_none()) else { return };
        let Some(count) = tree.lines(file) else {
            return self.push(&rule::FILE_NOT_FOUND, &at.key("file"), || quoted(file));
        };
        for key in ["start_line", "end_line"] {
            let line = location.get(key).and_then(Value::as_u64).unwrap_or_default();
            if line > count.max(1) {
                self.push(&rule::LINE_NOT_FOUND, &at.key(key), || {
                    format!("{line}, and {} has {count}", quoted(file))
                });
            }
        }
    }

    /// Looks at a path, wherever it stands.
    pub(super) fn path(&mut self, path: &str, at: &Pointer<'_>) {
        if let Some(rule) = complaint(path) {
            self.push(rule, at, || quoted(path));
        }
    }

    fn lines(&mut self, location: &Map<String, Value>, at: &Pointer<'_>) {
        let number = |key: &str| location.get(key).and_then(Value::as_number);
        for key in ["start_line", "end_line"] {
            let Some(number) = number(key) else { continue };
            if number.is_f64() {
                self.push(&rule::LINE_FRACTION, &at.key(key), || number.to_string());
            }
            if number.as_f64().is_some_and(|number| number < 1.0) {
                self.push(&rule::LINE_BELOW_ONE, &at.key(key), || number.to_string());
            }
        }
        let value = |key: &str| number(key).and_then(serde_json::Number::as_f64);
        match (value("start_line"), value("end_line")) {
            (Some(start), Some(end)) if end < start => {
                self.push(&rule::LINE_ORDER, &at.key("end_line"), || format!("{end} is before {start}"));
            }
            (None, _) if location.get("file").is_some() => self.push(&rule::LINE_MISSING, at, String::new),
            _ => {}
        }
    }

    fn commit(&mut self, location: &Map<String, Value>, at: &Pointer<'_>) {
        if let Some(Value::String(sha)) = location.get("commit").and_then(|commit| commit.get("sha"))
            && (sha.bytes().all(|b| b == b'0')
                || sha.len() < 7
                || sha.bytes().any(|b| !b.is_ascii_hexdigit()))
        {
            let commit = at.key("commit");
            self.push(&rule::COMMIT_PLACEHOLDER, &commit.key("sha"), || quoted(sha));
        }
    }

    fn image(&mut self, location: &Map<String, Value>, at: &Pointer<'_>) {
        if let Some(Value::String(image)) = location.get("image") {
            let at = at.key("image");
            let name = image.trim();
            match name.rsplit_once(':') {
                _ if name.is_empty() || is_unknown(name.split(':').next().unwrap_or_default()) => {
                    self.push(&rule::IMAGE_UNKNOWN, &at, || quoted(image));
                }
                None => self.push(&rule::IMAGE_WITHOUT_TAG, &at, || quoted(image)),
                Some((_, tag)) if tag.contains('/') => {
                    self.push(&rule::IMAGE_REGISTRY_PORT, &at, || quoted(image));
                }
                Some(_) => {}
            }
        }
        if let Some(Value::String(system)) = location.get("operating_system")
            && is_unknown(system.split(':').next().unwrap_or_default())
        {
            self.push(&rule::OPERATING_SYSTEM_UNKNOWN, &at.key("operating_system"), || quoted(system));
        }
    }

    fn package(&mut self, location: &Map<String, Value>, at: &Pointer<'_>) {
        let Some(Value::Object(dependency)) = location.get("dependency") else { return };
        let at = at.key("dependency");
        let name = dependency.get("package").and_then(|package| package.get("name")).and_then(Value::as_str);
        if name.is_some_and(|name| name.trim().is_empty()) {
            let package = at.key("package");
            self.push(&rule::PACKAGE_MISSING, &package.key("name"), || quoted(name.unwrap_or_default()));
        }
        let Some(Value::String(version)) = dependency.get("version") else { return };
        if version.trim().is_empty() || is_unknown(version) {
            self.push(&rule::PACKAGE_VERSION_MISSING, &at.key("version"), || quoted(version));
        } else if is_range(version) {
            self.push(&rule::PACKAGE_VERSION_RANGE, &at.key("version"), || quoted(version));
        }
    }
}

fn is_unknown(text: &str) -> bool {
    ["unknown", "none", "n/a", "null", "undefined"].iter().any(|word| text.trim().eq_ignore_ascii_case(word))
}

/// Whether a version is several: `>=1.2 <2`, `1.0,<2.0`, `^1.0`, `1.x || 2.x`, `1.2.*`, `1.0 - 2.0`. Debian's
/// `1.0~rc1` is one version, and so is `1.0 - beta`.
fn is_range(version: &str) -> bool {
    let version = version.trim();
    let is_number = |text: &str| text.trim_start().starts_with(|c: char| c.is_ascii_digit());
    let any_part = |part: &str| matches!(part, "x" | "X" | "*");
    version.starts_with(['<', '>', '^', '~', '=', '*'])
        || (version.starts_with(['[', '(']) && version.contains(','))
        || [" <", " >", ",<", ",>", "||"].iter().any(|sign| version.contains(sign))
        || version.split_once(" - ").is_some_and(|(from, to)| is_number(from) && is_number(to))
        || (is_number(version) && version.split('.').any(any_part))
}

/// Whether a path is a URL of a file, which needs no `//`.
fn is_file_url(path: &str) -> bool {
    path.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("file:"))
}

/// What is wrong with a path that should be one from the repository's root.
fn complaint(path: &str) -> Option<&'static super::Rule> {
    let scheme = path.split_once("://").is_some_and(|(scheme, _)| {
        scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'.' | b'-'))
    });
    let drive =
        path.as_bytes().get(1) == Some(&b':') && path.starts_with(|first: char| first.is_ascii_alphabetic());
    match () {
        () if scheme || is_file_url(path) => Some(&rule::PATH_URL),
        () if drive || path.starts_with(['/', '\\']) => Some(&rule::PATH_ABSOLUTE),
        () if path.split(['/', '\\']).any(|part| part == "..") => Some(&rule::PATH_ESCAPES),
        () if path.starts_with("./") => Some(&rule::PATH_DOT_SLASH),
        () if path.contains('\\') => Some(&rule::PATH_BACKSLASH),
        () => None,
    }
}
