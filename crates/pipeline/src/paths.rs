//! Makes every path relative to the repository root, with `/`, without `.` and `..`.

use crate::Settings;
use scanlift_convert_api::{Finding, Warning, uri};
use scanlift_report_core::{Detail, Details, Text, each_object};
use serde_json::{Map, Value};
use std::borrow::Cow;

/// What paths are made relative to.
#[derive(Clone, Debug, Default)]
pub struct Paths {
    /// With `/` and without one at its end; empty if there is none.
    root: String,
    /// What the source calls its roots, the longest first.
    scanned: Vec<String>,
    strip: Vec<String>,
    add: String,
    keep_absolute: bool,
}

impl Paths {
    /// By the user's settings.
    #[must_use]
    pub fn new(settings: &Settings) -> Self {
        let root = settings.root.as_ref().map(|root| plain(&root.to_string_lossy())).unwrap_or_default();
        let root = if root == "/" { String::new() } else { root };
        let strip = |prefix: &String| {
            let prefix = plain(&local(prefix));
            // What it is taken off is relative to the root by then.
            below(&root, &prefix).map(str::to_owned).unwrap_or(prefix)
        };
        let strip = settings.strip_prefix.iter().map(strip).filter(|prefix| !prefix.is_empty()).collect();
        let add = settings.add_prefix.as_deref().map(|text| text.replace('\\', "/")).unwrap_or_default();
        Self {
            root,
            scanned: Vec::new(),
            strip,
            add: if add.is_empty() || add.ends_with('/') { add } else { add + "/" },
            keep_absolute: settings.keep_absolute,
        }
    }

    /// Learns what the source calls the roots of what was scanned; a root of the file system is none.
    pub fn begin_scan(&mut self, roots: &[Text<'_>]) {
        let plain = roots.iter().map(|root| plain(&uri::to_path(root)));
        self.scanned = plain.filter(|root| !root.is_empty() && root != "/" && !root.ends_with(':')).collect();
        self.scanned.sort_by_key(|root| std::cmp::Reverse(root.len()));
    }

    /// Changes every path of a finding; what had to be bent is told to `warn`.
    pub fn apply(&self, finding: &mut Finding<'_>, warn: &mut dyn FnMut(Warning)) {
        let vulnerability = &mut finding.vulnerability;
        if let Some(file) = vulnerability.location.file_mut() {
            self.change(file, warn);
        }
        self.apply_details(&mut vulnerability.details, warn);
        for change in finding.fixes.iter_mut().flat_map(|fix| &mut fix.changes) {
            self.change(&mut change.file.path, warn);
        }
    }

    fn apply_details(&self, details: &mut Details<'_>, warn: &mut dyn FnMut(Warning)) {
        details.values_mut().for_each(|detail| self.apply_detail(detail, warn));
    }

    fn apply_detail(&self, detail: &mut Detail<'_>, warn: &mut dyn FnMut(Warning)) {
        match detail {
            Detail::FileLocation(location) => self.change(&mut location.file_name, warn),
            Detail::CodeFlows { items } => {
                for node in items.iter_mut().flatten() {
                    self.change(&mut node.file_location.file_name, warn);
                }
            }
            Detail::List { items } => items.iter_mut().for_each(|item| self.apply_detail(item, warn)),
            Detail::NamedList { items } => self.apply_details(items, warn),
            Detail::Table { rows, .. } => {
                rows.iter_mut().flatten().for_each(|cell| self.apply_detail(cell, warn));
            }
            Detail::Other(fields) => each_object(fields, &mut |fields| self.apply_fields(fields, warn)),
            _ => {}
        }
    }

    fn apply_fields(&self, fields: &mut Map<String, Value>, warn: &mut dyn FnMut(Warning)) {
        if fields.get("type").is_some_and(|kind| kind == "file-location")
            && let Some(Value::String(path)) = fields.get_mut("file_name")
        {
            let mut text = Cow::Owned(std::mem::take(path));
            self.change(&mut text, warn);
            *path = text.into_owned();
        }
    }

    fn change(&self, path: &mut Text<'_>, warn: &mut dyn FnMut(Warning)) {
        if self.strip.is_empty() && self.add.is_empty() && is_plain(path) {
            return;
        }
        let (new, bent) = self.relative(path);
        if bent {
            warn(Warning::PathChanged { from: path.to_string(), to: new.clone() });
        }
        if new != **path {
            *path = Cow::Owned(new);
        }
    }

    /// The path from the root, and whether it had to be bent to fit.
    fn relative(&self, path: &str) -> (String, bool) {
        // Another scheme (`jar:`, `https:`) is no path of the repository: left alone.
        let is_other =
            |scheme: &str| scheme.len() > 1 && !is_file(scheme) && path[scheme.len()..].starts_with("://");
        if uri::scheme(path).is_some_and(is_other) {
            return (path.to_owned(), false);
        }
        let plain = plain(&local(path));
        let mut bent = false;
        let mut rest = plain.as_str();
        let mut roots = std::iter::once(&self.root).chain(&self.scanned);
        let inside = roots.find_map(|root| below(root, rest));
        rest = inside.unwrap_or(rest);
        if let Some(stripped) = self.strip.iter().find_map(|prefix| below(prefix, rest)) {
            rest = stripped;
        }
        let drive = matches!(rest.as_bytes(), [letter, b':', b'/', ..] if letter.is_ascii_alphabetic());
        let is_absolute = drive || rest.starts_with('/');
        if is_absolute {
            rest = rest[if drive { 2 } else { 0 }..].trim_start_matches('/');
            bent = drive || !self.keep_absolute;
        }
        let mut parts: Vec<&str> = Vec::new();
        for part in rest.split('/') {
            match part {
                "" | "." => {}
                ".." => bent |= parts.pop().is_none(),
                part => parts.push(part),
            }
        }
        let joined = parts.join("/");
        if is_absolute && self.keep_absolute {
            return (format!("/{joined}"), bent);
        }
        // What a scanner names from the root of the file system needs no prefix that it has below ours.
        let is_whole = inside.is_some() && joined.starts_with(&self.add);
        let relative = if joined.is_empty() {
            ".".to_owned()
        } else if is_whole {
            joined
        } else {
            format!("{}{joined}", self.add)
        };
        (relative, bent)
    }
}

fn is_file(scheme: &str) -> bool {
    scheme.eq_ignore_ascii_case("file")
}

/// The path of a `file:` address; anything else as it is.
fn local(path: &str) -> Cow<'_, str> {
    if uri::scheme(path).is_some_and(is_file) { uri::to_path(path) } else { Cow::Borrowed(path) }
}

/// What is left of a path below a root, both in plain spelling.
fn below<'p>(root: &str, path: &'p str) -> Option<&'p str> {
    if root.is_empty() {
        return None;
    }
    let rest = path.strip_prefix(root)?;
    if rest.is_empty() || root == "/" { Some(rest) } else { rest.strip_prefix('/') }
}

/// A path in the spelling in which paths are compared: with `/` and without one at its end, without parts
/// that say nothing (`.`, the `\\?\` of Windows), and a drive as a capital letter.
fn plain(path: &str) -> String {
    let path = path.replace('\\', "/");
    let path = path.strip_prefix("//?/").unwrap_or(&path);
    let parts: Vec<&str> = path.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    let mut plain = format!("{}{}", if path.starts_with('/') { "/" } else { "" }, parts.join("/"));
    if matches!(plain.as_bytes(), [_, b':', b'/', ..])
        && let Some(drive) = plain.get_mut(..1)
    {
        drive.make_ascii_uppercase();
    }
    plain
}

/// Whether a path is relative and in its shortest spelling already.
fn is_plain(path: &str) -> bool {
    let bytes = path.as_bytes();
    let Some(first) = bytes.first() else { return false };
    if matches!(first, b'/' | b'.') || bytes.last() == Some(&b'/') {
        return false;
    }
    let mut before = b'x';
    for &byte in bytes {
        let odd = matches!(byte, b'\\' | b':') || (before == b'/' && matches!(byte, b'/' | b'.'));
        if odd {
            return false;
        }
        before = byte;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(strip: &[&str], add: &str) -> Paths {
        let strip = strip.iter().map(|&prefix| prefix.to_owned()).collect();
        let add = (!add.is_empty()).then(|| add.to_owned());
        let root = Some("/builds/group/app".into());
        Paths::new(&Settings { root, strip_prefix: strip, add_prefix: add, ..Settings::default() })
    }

    #[test]
    fn paths_become_relative() {
        for (path, want, bent) in [
            ("src/a.c", "src/a.c", false),
            ("./src/a.c", "src/a.c", false),
            ("src//b/./a.c", "src/b/a.c", false),
            ("src/../a.c", "a.c", false),
            (".github/x.yml", ".github/x.yml", false),
            ("src\\b\\a.c", "src/b/a.c", false),
            ("/builds/group/app/src/a.c", "src/a.c", false),
            ("file:///builds/group/app/src/na%C3%AFve.c", "src/naïve.c", false),
            ("/builds/group/app", ".", false),
            ("/builds/group/application/a.c", "builds/group/application/a.c", true),
            ("/etc/passwd", "etc/passwd", true),
            ("C:\\x\\a.c", "x/a.c", true),
            ("\\\\?\\C:\\x\\a.c", "x/a.c", true),
            ("file:///C:/x/a.c", "x/a.c", true),
            ("../../etc/passwd", "etc/passwd", true),
            ("a/../../b", "b", true),
            ("", ".", false),
            ("https://example.com/a", "https://example.com/a", false),
            ("a:b.c", "a:b.c", false),
        ] {
            assert_eq!(paths(&[], "").relative(path), (want.to_owned(), bent), "{path}");
        }
    }

    #[test]
    fn paths_in_details_become_relative_too() {
        let place = serde_json::json!({"type": "file-location", "file_name": "./src/a.c", "more": 1});
        let Value::Object(place) = place else { panic!("an object") };
        for mut detail in [
            Detail::FileLocation(scanlift_report_core::FileLocation::new("./src/a.c", 1, None)),
            Detail::Other(place.clone()),
            Detail::Other(Map::from_iter([("items".to_owned(), Value::from(vec![place]))])),
        ] {
            paths(&[], "").apply_detail(&mut detail, &mut |_| {});
            let written = serde_json::to_string(&detail).unwrap_or_default();
            assert!(written.contains("\"src/a.c\""), "{written}");
        }
    }

    #[test]
    fn prefixes_are_taken_off_and_put_on() {
        for (prefix, path, want) in [
            ("/src", "/src/a.c", "svc/a.c"),
            ("/src", "/src2/a.c", "svc/src2/a.c"),
            ("/src", "/builds/group/app/x/a.c", "svc/x/a.c"),
            ("/src", "/builds/group/app/svc/a.c", "svc/a.c"),
            ("/src", "svc/a.c", "svc/svc/a.c"),
            ("/src", "a.c", "svc/a.c"),
            ("/", "/a.c", "svc/a.c"),
            ("src", "./src/a.c", "svc/a.c"),
            ("./src/", "src//a.c", "svc/a.c"),
            ("src", "srcgen/a.c", "svc/srcgen/a.c"),
            ("..", "../lib/a.c", "svc/lib/a.c"),
            ("C:\\work", "c:/work/a.c", "svc/a.c"),
            ("file:///work/", "/work/a.c", "svc/a.c"),
            ("/builds/group/app/x", "/builds/group/app/x/a.c", "svc/a.c"),
            (".", "a.c", "svc/a.c"),
        ] {
            assert_eq!(paths(&[prefix], "svc").relative(path).0, want, "{prefix} {path}");
        }
        assert_eq!(paths(&["/"], "").relative("/a.c"), ("a.c".to_owned(), false));
    }

    #[test]
    fn absolute_paths_are_kept_on_request() {
        let settings = Settings { keep_absolute: true, ..Settings::default() };
        let mut paths = Paths::new(&settings);
        paths.begin_scan(&["file:///builds/app/".into()]);
        for (path, want, bent) in [
            ("/opt/gitlab/a.rb", "/opt/gitlab/a.rb", false),
            ("file:///opt//gitlab/./x/../a.rb", "/opt/gitlab/a.rb", false),
            ("/../etc/passwd", "/etc/passwd", true),
            ("C:\\x\\a.c", "/x/a.c", true),
            ("/builds/app/a.rb", "a.rb", false),
            ("a/./b.rb", "a/b.rb", false),
        ] {
            assert_eq!(paths.relative(path), (want.to_owned(), bent), "{path}");
        }
    }

    #[test]
    fn a_drive_has_any_case() {
        let root = Some("c:\\Work\\app".into());
        let paths = Paths::new(&Settings { root, ..Settings::default() });
        for path in ["C:\\Work\\app\\src\\a.c", "c:/Work/app/src/a.c", "\\\\?\\C:\\Work\\app\\src\\a.c"] {
            assert_eq!(paths.relative(path), ("src/a.c".to_owned(), false), "{path}");
        }
    }

    #[test]
    fn plain_paths_are_left_alone() {
        for (path, want) in [
            ("src/a.c", true),
            ("a", true),
            ("./a", false),
            ("a/../b", false),
            ("a//b", false),
            ("a\\b", false),
            ("", false),
        ] {
            assert_eq!(is_plain(path), want, "{path}");
            if want {
                assert_eq!(paths(&[], "").relative(path), (path.to_owned(), false));
            }
        }
    }
}
