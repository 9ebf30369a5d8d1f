//! What the converters of package managers' own audits share.

// With all formats that use it, nothing in it is without a use.
#![cfg_attr(
    not(all(
        feature = "bundler-audit",
        feature = "cargo-audit",
        feature = "cargo-deny",
        feature = "composer-audit",
        feature = "dotnet-list",
        feature = "govulncheck",
        feature = "npm-audit",
        feature = "pip-audit",
        feature = "pnpm-audit",
        feature = "retire",
        feature = "yarn-audit"
    )),
    allow(dead_code, unused_imports, reason = "each format uses a part")
)]

pub(crate) mod address;
pub(crate) mod npm;
mod probe;
pub(crate) mod requirement;
pub(crate) mod rustsec;
pub(crate) mod ways;

pub(crate) use probe::probe;

use scanlift_convert_api::package::{open_ends, upgrade};
use scanlift_report_core::Text;
use std::borrow::Cow;

/// What to do where an advisory names no version that mends it.
pub(crate) const NOT_MENDED: &str = "No version is mended yet";

/// What to do where the source does not say which version is mended.
pub(crate) fn upgrade_somewhere(package: &str) -> String {
    format!("Upgrade {package} to a version that is not affected")
}

/// What to do where the source says which versions are affected: mended is where they end.
pub(crate) fn upgrade_out_of(package: &str, affected: Option<&str>) -> String {
    let sentence = upgrade(package, &open_ends(affected.unwrap_or_default()));
    if sentence.is_empty() { upgrade_somewhere(package) } else { sentence }
}

/// A title that names its package: npm's own advisories say "Prototype Pollution" and no more.
pub(crate) fn title_with<'a>(title: &'a str, package: &str) -> Text<'a> {
    let bare = package.rsplit('/').next().unwrap_or(package);
    if bare.is_empty() || title.to_ascii_lowercase().contains(&bare.to_ascii_lowercase()) {
        return Cow::Borrowed(title);
    }
    Cow::Owned(format!("{} in {package}", title.trim_end_matches('.')))
}

/// A dependency path; what the project asks for itself has none to tell of.
pub(crate) fn path(steps: Vec<&str>) -> Vec<Text<'_>> {
    if steps.len() < 2 { Vec::new() } else { steps.into_iter().map(Cow::Borrowed).collect() }
}

/// The message of a tool that failed: on one line, and no longer than a person reads.
pub(crate) fn in_a_line(message: &str) -> String {
    let line = message.split_whitespace().collect::<Vec<_>>().join(" ");
    line.chars().take(500).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_end_where_it_is_mended() {
        for (affected, want) in [
            (Some(">=2,<2.4.5|>=1,<1.9.1"), "Upgrade a to 2.4.5 or 1.9.1"),
            (Some("<4.1.1"), "Upgrade a to 4.1.1 or later"),
            (Some("<=4.1.1"), "Upgrade a to a version that is not affected"),
            (None, "Upgrade a to a version that is not affected"),
        ] {
            assert_eq!(upgrade_out_of("a", affected), want, "{affected:?}");
        }
    }

    #[test]
    fn titles_name_their_package() {
        for (title, package, want) in [
            ("Prototype Pollution", "lodash", "Prototype Pollution in lodash"),
            ("Prototype Pollution in Lodash", "lodash", "Prototype Pollution in Lodash"),
            ("Code injection in core.", "@acme/core", "Code injection in core."),
            ("Denial of service.", "@acme/core", "Denial of service in @acme/core"),
            ("Anything", "", "Anything"),
        ] {
            assert_eq!(title_with(title, package), want);
        }
    }
}
