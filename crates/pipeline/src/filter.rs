//! Drops what the user does not want, each record with its reason.

use crate::{Settings, SettingsError};
use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use scanlift_convert_api::Finding;
use scanlift_ignore_file::globs_of;
use scanlift_report_core::{Commit, Kind, Location, SecretLocation, Severity, Vulnerability};
use std::collections::BTreeSet;

/// What the user wants to see.
#[derive(Clone, Debug)]
pub(crate) struct Filter {
    kinds: Vec<Kind>,
    min_severity: Option<Severity>,
    exclude: GlobSet,
    globs: Vec<String>,
}

impl Filter {
    /// By the user's settings.
    ///
    /// # Errors
    /// If a glob is none.
    pub(crate) fn new(settings: &Settings) -> Result<Self, SettingsError> {
        let is_named = |glob: &&String| !glob.trim_matches('/').is_empty();
        let globs: Vec<String> = settings.exclude.iter().filter(is_named).cloned().collect();
        let mut exclude = GlobSetBuilder::new();
        for glob in &globs {
            for pattern in globs_of(glob.trim_matches('/')) {
                let built = GlobBuilder::new(&pattern).literal_separator(true).build();
                exclude.add(
                    built.map_err(|e| SettingsError { glob: glob.clone(), problem: e.kind().to_string() })?,
                );
            }
        }
        let exclude = exclude.build().map_err(|e| SettingsError {
            glob: settings.exclude.join(", "),
            problem: e.kind().to_string(),
        })?;
        Ok(Self { kinds: settings.kinds.clone(), min_severity: settings.min_severity, exclude, globs })
    }

    /// Whether the user wants reports of a kind.
    pub(crate) fn wants(&self, kind: Kind) -> bool {
        self.kinds.is_empty() || self.kinds.contains(&kind)
    }

    /// The kind that findings of a kind are reported as; `None` if none that the user asks for can express
    /// them.
    pub(crate) fn kind(&self, kind: Kind) -> Option<Kind> {
        if self.wants(kind) {
            return Some(kind);
        }
        self.kinds.iter().copied().find(|wanted| {
            matches!(
                (kind, wanted),
                (Kind::Sast, Kind::SecretDetection)
                    | (Kind::SecretDetection, Kind::Sast)
                    | (Kind::Dast, Kind::ApiFuzzing)
                    | (Kind::ApiFuzzing, Kind::Dast)
            )
        })
    }

    /// Moves a finding to a kind that the user asks for, if it can be expressed there.
    pub(crate) fn move_to_kind(&self, finding: &mut Finding<'_>) {
        let place = &finding.vulnerability.location;
        let moved = match (place, self.kind(place.kind())) {
            (Location::Sast(source), Some(Kind::SecretDetection)) => {
                Location::SecretDetection(SecretLocation::new(Commit::new(""), source.clone()))
            }
            (Location::SecretDetection(secret), Some(Kind::Sast)) => Location::Sast(secret.source.clone()),
            (Location::Dast(web), Some(Kind::ApiFuzzing)) => Location::ApiFuzzing(web.clone()),
            (Location::ApiFuzzing(web), Some(Kind::Dast)) => Location::Dast(web.clone()),
            _ => return,
        };
        finding.vulnerability.location = moved;
    }

    /// Why the user does not want a finding; `None` to keep it. The globs that cover it are used.
    #[must_use]
    pub(crate) fn refuses(
        &self,
        vulnerability: &Vulnerability<'_>,
        used: &mut BTreeSet<usize>,
    ) -> Option<String> {
        let kind = vulnerability.kind();
        if !self.wants(kind) {
            let is_open = kind == Kind::DependencyScanning && self.kinds.contains(&Kind::ContainerScanning);
            let how = if is_open { "; if it is in an image, name that with --image" } else { "" };
            return Some(format!("--to: cannot be expressed in another kind than {kind}{how}"));
        }
        if let Some(least) = self.min_severity
            && vulnerability.severity.is_some_and(|severity| severity < least)
        {
            return Some(format!("--min-severity {least}"));
        }
        if !self.globs.is_empty()
            && let Some(file) = vulnerability.location.file()
        {
            let covering = self.exclude.matches(file.as_ref());
            let first = covering.first()? / 2;
            used.extend(covering.iter().map(|pattern| pattern / 2));
            return Some(format!("--exclude {}", self.globs[first]));
        }
        None
    }

    /// The globs that are not among those that were used.
    pub(crate) fn unused(&self, used: &BTreeSet<usize>) -> Vec<String> {
        let all = self.globs.iter().enumerate();
        all.filter(|(at, _)| !used.contains(at)).map(|(_, glob)| glob.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use scanlift_report_core::{Identifier, SourceLocation};

    #[test]
    fn globs_match_as_gitlabs_excluded_paths_do() {
        for (glob, path, want) in [
            ("spec", "a/spec/b.rb", true),
            ("spec", "spec", true),
            ("spec", "a/spec_helper.rb", false),
            ("*.min.js", "web/a.min.js", true),
            ("web/dist", "web/dist/a/b.js", true),
            ("web/dist/", "web/dist/a.js", true),
            ("web/dist", "a/web/dist/a.js", false),
            ("**/test/**", "a/test/b.c", true),
            ("./web/dist", "web/dist/a.js", true),
            ("./spec", "spec/b.rb", true),
            ("./spec", "a/spec/b.rb", false),
            ("spec/", "a/spec/b.rb", true),
            ("/spec", "a/spec/b.rb", true),
            ("/web/dist/", "web/dist/a.js", true),
            ("/web/dist/", "a/web/dist/a.js", false),
        ] {
            let settings = Settings { exclude: vec![glob.to_owned()], ..Settings::default() };
            let filter = Filter::new(&settings).expect("a good glob");
            let rule = Identifier::new("r", "r", "r").expect("parts are filled");
            let vulnerability =
                Vulnerability::new(rule, Location::Sast(SourceLocation::file(path.to_owned())));
            let mut used = BTreeSet::new();
            assert_eq!(filter.refuses(&vulnerability, &mut used).is_some(), want, "{glob} {path}");
            assert_eq!(filter.unused(&used).is_empty(), want, "{glob} {path}");
        }
    }

    #[test]
    fn what_an_image_is_missing_for_is_told() {
        use scanlift_report_core::{Dependency, DependencyLocation};
        let place = DependencyLocation::new("package.json", Dependency::new("p", "1"));
        let rule = || Identifier::new("r", "r", "r").expect("parts are filled");
        for (location, want) in
            [(Location::DependencyScanning(place), true), (Location::Sast(SourceLocation::file("a")), false)]
        {
            let settings = Settings { kinds: vec![Kind::ContainerScanning], ..Settings::default() };
            let filter = Filter::new(&settings).expect("no glob");
            let told = filter
                .refuses(&Vulnerability::new(rule(), location), &mut BTreeSet::new())
                .expect("another kind");
            assert_eq!(told.contains("--image"), want, "{told}");
        }
    }
}
