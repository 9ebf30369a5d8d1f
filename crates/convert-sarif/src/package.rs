//! Results about packages: what a dependency or container scanning report needs of them.

use crate::bag::{Bag, BagValue};
use crate::map::Said;
use scanlift_convert_api::package::Purl;

/// A package that a result is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) fixed: Option<String>,
    pub(crate) purl: Option<String>,
    /// The image it is in.
    pub(crate) image: Option<String>,
    /// The file in the image, or the file that names the package.
    pub(crate) path: Option<String>,
    /// Whether it stands in an image, where that is known of the package itself.
    pub(crate) in_image: Option<bool>,
}

impl Package {
    /// The package that a purl names: `pkg:maven/org.acme/lib@1.2?type=jar` is `org.acme/lib` in
    /// version 1.2 (package-url specification).
    pub(crate) fn from_purl(purl: &str) -> Option<Self> {
        let parsed = Purl::parse(purl)?;
        let in_image = parsed.is_of_system().then_some(true);
        let (name, version) = (parsed.name, parsed.version);
        Some(Self { name, version, purl: Some(purl.to_owned()), in_image, ..Self::default() })
    }

    /// The package that `name@version` names.
    pub(crate) fn from_at(text: &str) -> Option<Self> {
        let (name, version) = text.trim().rsplit_once('@')?;
        let fits =
            !name.is_empty() && !name.contains(char::is_whitespace) && !version.contains(char::is_whitespace);
        fits.then(|| Self { name: name.to_owned(), version: version.to_owned(), ..Self::default() })
    }
}

/// The package whose purl stands in a logical location or a property (OWASP Dependency-Check,
/// Grype and others).
pub(crate) fn by_purl(said: &Said<'_>) -> Option<Package> {
    let locations = said.result.locations.iter().flat_map(|location| &location.logical_locations);
    let named = locations
        .flat_map(|logical| [logical.fully_qualified_name.as_deref(), logical.name.as_deref()])
        .flatten();
    let properties = said.result.properties.iter();
    let properties =
        properties.flat_map(|bag| bag.list("purl").chain(bag.list("purls")).chain(bag.list("packageUrl")));
    let purl = named.chain(properties).find(|text| text.starts_with("pkg:"));
    let purl = purl.or_else(|| said.rule.and_then(|rule| rule.purl.as_deref()))?;
    let mut package = Package::from_purl(purl)?;
    package.fixed = said.result.properties.as_ref().and_then(|bag| fixed(bag).map(str::to_owned));
    Some(package)
}

/// The package that properties name, in the words that tools have for it.
pub(crate) fn by_properties(said: &Said<'_>) -> Option<Package> {
    let bag = said.result.properties.as_ref()?;
    let nested = match bag.get("package") {
        Some(BagValue::Object(package)) => package,
        _ => bag,
    };
    let named = nested.first(&["packageName", "package_name", "pkgName", "PkgName", "package", "component"]);
    // "name" alone may be that of anything.
    let own = || nested.text("name").filter(|_| !std::ptr::eq(nested, bag));
    let name = named.or_else(own).filter(|_| nested.first(VERSIONS).is_some())?;
    Some(Package {
        name: name.to_owned(),
        version: nested.first(VERSIONS).unwrap_or_default().to_owned(),
        fixed: fixed(bag).or_else(|| fixed(nested)).map(str::to_owned),
        image: bag.first(&["imageName", "image", "imageReference"]).map(str::to_owned),
        ..Package::default()
    })
}

/// The package in a rule's id, behind an advisory: `CVE-2021-23337_lodash_4.17.20` (JFrog Xray, Checkov).
pub(crate) fn by_id(id: &str) -> Option<Package> {
    let (_, package) = id.split_once('_')?;
    let (name, version) = package.rsplit_once('_')?;
    Some(Package { name: name.to_owned(), version: version.to_owned(), ..Package::default() })
}

/// The package in a sentence of a tool that is about packages only: `smallvec 0.6.10 is vulnerable
/// to ...` (cargo-audit), `Package 'x@1' is vulnerable ...` (OSV-Scanner), `1 vulnerable package
/// (net/http)`, `vulnerable functions in 1 package (net/http)`, `1 vulnerable module (stdlib)`
/// (govulncheck).
pub(crate) fn by_message(message: &str) -> Option<Package> {
    if let Some((before, _)) = message.split_once(" is vulnerable") {
        let before = before.strip_prefix("Package ").unwrap_or(before).trim_matches(['\'', '"', '`']);
        if let Some(package) = Package::from_at(before) {
            return Some(package);
        }
        let (name, version) = before.rsplit_once(' ')?;
        let name = name.rsplit(' ').next().unwrap_or(name);
        return Some(Package { name: name.to_owned(), version: version.to_owned(), ..Package::default() });
    }
    if !message.contains("vulnerable") {
        return None;
    }
    let named = ["package (", "packages (", "module (", "modules ("];
    let (_, rest) = named.into_iter().find_map(|mark| message.split_once(mark))?;
    let names = rest.split_once(')')?.0;
    let name = names.split(',').next().unwrap_or(names).trim();
    (!name.is_empty()).then(|| Package { name: name.to_owned(), ..Package::default() })
}

/// The package that the lines of a text name, as Trivy and Grype write them: `Package: openssl`, then
/// `Installed Version: 1.1` or `Version: 1.1`, and `Fixed Version: 1.2` or `Fix Version: 1.2`.
pub(crate) fn by_lines(text: &str) -> Option<Package> {
    let line = |marks: &[&str]| {
        let of_mark = |mark: &&str| text.lines().find_map(|line| line.trim().strip_prefix(*mark));
        marks.iter().find_map(of_mark).map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
    };
    Some(Package {
        name: line(&["Package:"])?,
        version: line(&["Installed Version:", "Version:"]).unwrap_or_default(),
        fixed: line(&["Fixed Version:", "Fix Version:"]),
        ..Package::default()
    })
}

const VERSIONS: &[&str] = &[
    "packageVersion",
    "package_version",
    "installedVersion",
    "InstalledVersion",
    "componentVersion",
    "version",
];

/// The version without the fault that properties name; one without a digit is a word for none.
pub(crate) fn fixed<'b>(bag: &'b Bag<'_>) -> Option<&'b str> {
    let named =
        bag.first(&["fixedVersion", "FixedVersion", "fixedVersions", "fixed_version", "patchedVersion"]);
    named.filter(|version| version.bytes().any(|b| b.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_name_packages() {
        for (message, want) in [
            (
                "smallvec 0.6.10 is vulnerable to RUSTSEC-2021-0003 (Buffer overflow)",
                Some(("smallvec", "0.6.10")),
            ),
            ("Package 'lodash@4.17.20' is vulnerable to 'CVE-2021-23337'.", Some(("lodash", "4.17.20"))),
            (
                "Your code imports 1 vulnerable package (internal/syscall/unix), but",
                Some(("internal/syscall/unix", "")),
            ),
            (
                "Your code calls vulnerable functions in 2 packages (net/http, net/url).",
                Some(("net/http", "")),
            ),
            (
                "Your code depends on 1 vulnerable module (stdlib), but doesn't appear to call any",
                Some(("stdlib", "")),
            ),
            ("Nothing is wrong with this package (x).", None),
            ("Something else", None),
        ] {
            let got = by_message(message);
            assert_eq!(got.as_ref().map(|p| (p.name.as_str(), p.version.as_str())), want, "{message}");
        }
    }

    #[test]
    fn lines_name_packages() {
        for (text, want) in [
            (
                "Package: apt\nInstalled Version: 2.6.1\nVulnerability X\nFixed Version: \nLink: y",
                Some(("apt", "2.6.1", None)),
            ),
            (
                "Severity: low\nPackage: tar\nVersion: 1.34\nFix Version: 1.35,1.36\nType: deb",
                Some(("tar", "1.34", Some("1.35,1.36"))),
            ),
            ("Artifact: a.tf\nType: terraform", None),
        ] {
            let got = by_lines(text);
            let got = got.as_ref().map(|it| (it.name.as_str(), it.version.as_str(), it.fixed.as_deref()));
            assert_eq!(got, want, "{text}");
        }
    }
}
