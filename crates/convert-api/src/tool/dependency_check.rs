//! OWASP Dependency-Check, in XML and JSON: where a dependency is, and what it is called.

use crate::Options;
use crate::json::filled;
use crate::package::{Place, is_manifest};
use std::borrow::Cow;

/// The lock file of which a virtual dependency is an entry (`/w/package-lock.json?/lib:1.0`,
/// `/w/composer.lock:acme/lib/1.0`), else the user's manifest, else the file itself.
#[must_use]
pub fn place<'a>(path: Option<&'a str>, options: &'a Options) -> Place<'a> {
    let path = path.unwrap_or_default();
    let ends = path.match_indices(['?', ':']).map(|(at, _)| at).chain([path.len()]);
    let manifest = ends.filter_map(|end| path.get(..end)).find(|start| is_manifest(start));
    let file = manifest.or_else(|| filled(&options.path)).unwrap_or(path);
    Place::Manifest(Cow::Borrowed(if file.is_empty() { "unknown" } else { file }))
}

/// Name and version of `org.acme:lib:1.0` and `@acme/lib:^1.0`; `None` for names of files.
#[must_use]
pub fn coordinates(text: &str) -> Option<(&str, &str)> {
    let text = text.strip_prefix('(').and_then(|text| text.strip_suffix(')')).unwrap_or(text);
    let (name, version) = text.rsplit_once(':')?;
    let looks_like = !name.is_empty() && !version.is_empty() && !text.contains(": ");
    (looks_like && version.bytes().any(|b| b.is_ascii_digit())).then_some((name, version))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn manifests_are_found_in_paths() {
        let mut options = Options::default();
        for (path, want) in [
            ("/w/package-lock.json?/lodash:4.17.20", "/w/package-lock.json"),
            ("C:\\w\\package-lock.json?dottie:^2.0.2", "C:\\w\\package-lock.json"),
            ("/w/composer.lock:acme/lib/1.0", "/w/composer.lock"),
            ("/w/yarn.lock", "/w/yarn.lock"),
            ("/w/app.war: WEB-INF/lib/x.jar", "/w/app.war: WEB-INF/lib/x.jar"),
            ("", "unknown"),
        ] {
            assert!(matches!(place(Some(path), &options), Place::Manifest(file) if file == want), "{path}");
        }
        options.path = Some("pom.xml".to_owned());
        assert!(matches!(place(Some("/m2/x.jar"), &options), Place::Manifest(file) if file == "pom.xml"));
    }

    #[test]
    fn coordinates_have_a_version() {
        for (text, want) in [
            ("org.acme:lib:1.0", Some(("org.acme:lib", "1.0"))),
            ("(org.acme:lib:1.0)", Some(("org.acme:lib", "1.0"))),
            ("@acme/lib:^2.0.2", Some(("@acme/lib", "^2.0.2"))),
            ("app.war: lib-1.0.jar", None),
            ("lib-1.0.jar", None),
            ("lib:x", None),
        ] {
            assert_eq!(coordinates(text), want, "{text}");
        }
    }
}
