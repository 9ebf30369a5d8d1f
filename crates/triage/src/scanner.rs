//! Who found something, and whose scanner it is.

use scanlift_convert_api::{
    ConvertError, Input,
    json::{self, Fields},
};
use scanlift_report_core::Tool;
use serde::Deserialize;
use std::fmt;

/// Whose scanner it is; decides what has to be said of a finding.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Origin {
    /// GitLab's own.
    Gitlab,
    /// Another one.
    #[default]
    ThirdParty,
}

impl Origin {
    /// As it is written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gitlab => "gitlab",
            Self::ThirdParty => "third-party",
        }
    }
}

impl Origin {
    /// Whose scanner wrote a security report of GitLab: by the vendor that the report names.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn of_report(input: &dyn Input, gitlab_vendors: &[String]) -> Result<Self, ConvertError> {
        let (mut scan, mut fields) = (None, Fields::default());
        json::walk(input, |key, reader| {
            if key == "scan" {
                scan = fields.object::<Scan, _>(reader)?;
            }
            Ok(())
        })?;
        let by = scan.and_then(|scan| scan.scanner.vendor.name.or(scan.analyzer.vendor.name));
        let is_gitlab =
            by.is_some_and(|by| gitlab_vendors.iter().any(|vendor| vendor.eq_ignore_ascii_case(by.trim())));
        Ok(if is_gitlab { Self::Gitlab } else { Self::ThirdParty })
    }
}

/// Of a report, who wrote it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Scan {
    scanner: By,
    analyzer: By,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct By {
    vendor: Vendor,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Vendor {
    name: Option<String>,
}

/// Who found something.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Scanner {
    /// A slug.
    pub id: String,
    /// For people.
    pub name: String,
    /// May be empty.
    pub version: String,
    /// Whose it is.
    pub origin: Origin,
}

impl Scanner {
    /// The scanner of a report.
    #[must_use]
    pub fn new(tool: &Tool<'_>, origin: Origin) -> Self {
        let version = if tool.version == Tool::UNKNOWN { String::new() } else { tool.version.to_string() };
        Self { id: tool.id.to_string(), name: tool.name.to_string(), version, origin }
    }
}

impl fmt::Display for Scanner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(format!("{} {}", self.name, self.version).trim_end())?;
        // GitLab's own analyzers carry the names of the tools in them.
        if self.origin == Origin::Gitlab && !self.name.starts_with("GitLab") {
            f.write_str(" (GitLab)")
        } else {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_of_gitlab_name_their_vendor() {
        let vendors = ["GitLab".to_owned()];
        for (report, want) in [
            (r#"{"scan": {"scanner": {"id": "trivy", "vendor": {"name": "GitLab"}}}}"#, Origin::Gitlab),
            (r#"{"scan": {"analyzer": {"vendor": {"name": "gitlab"}}}}"#, Origin::Gitlab),
            (
                r#"{"scan": {"analyzer": {"vendor": {"name": "GitLab"}}, "scanner": {"vendor": {"name": "ACME"}}}}"#,
                Origin::ThirdParty,
            ),
            (r#"{"scan": {"scanner": 1}}"#, Origin::ThirdParty),
            (r#"{"vulnerabilities": []}"#, Origin::ThirdParty),
        ] {
            assert_eq!(Origin::of_report(&report, &vendors).expect("JSON"), want, "{report}");
        }
    }
}
