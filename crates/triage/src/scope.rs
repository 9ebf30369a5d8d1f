//! What is in scope: of images by name and version, of findings by what they are and where.

use crate::{
    Calendar, Image, Profile, Release, Scanner, Series, Tagged, Version,
    finding::{Artifact, Found},
    profile::{Fate, Known, ProfileError, globs, names},
};
use globset::GlobSet;
use jiff::civil::Date;
use scanlift_report_core::Severity;

/// Whether an image is in scope on a day, and why.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Standing {
    /// Whether its name is one of the profile's.
    pub known: Known,
    /// The version of GitLab that it holds.
    pub version: Option<Version>,
    /// Whether the version is in scope.
    pub is_current: bool,
    /// When the monthly release of its version came out.
    pub released: Option<Date>,
    /// When it leaves the window, and with which release.
    pub leaves: Option<(Series, Date)>,
    /// The window of the day, the latest first.
    pub window: Vec<Release>,
    /// The answer in words, with the dates.
    pub reasons: Vec<String>,
}

impl Standing {
    /// Whether the image is in scope.
    #[must_use]
    pub fn is_in(&self) -> bool {
        self.known != Known::No && self.is_current
    }
}

/// Why the version of an image cannot be told. Display reads after "failed to".
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("tell the version of GitLab in {image}: {problem}")]
#[non_exhaustive]
pub struct NoImageVersion {
    /// The image.
    pub image: String,
    /// What its tag says.
    pub problem: String,
}

/// The version of GitLab in an image: as the user says, else as its tag does.
///
/// # Errors
/// If neither says it.
fn version(
    profile: &Profile,
    image: &Image,
    said: Option<Version>,
) -> Result<(Version, bool), NoImageVersion> {
    if let Some(version) = said {
        return Ok((version, false));
    }
    let refuse = |problem: String| NoImageVersion { image: image.to_string(), problem };
    if profile.has_own_numbering(&image.name()) {
        return Err(refuse("its tag is the version of the component".to_owned()));
    }
    match image.tagged() {
        Tagged::Release(version) => Ok((version, false)),
        Tagged::Candidate(version) => Ok((version, true)),
        Tagged::Moving(tag) => Err(refuse(format!("`{tag}` names no particular version"))),
        Tagged::None => Err(refuse("a digest says none".to_owned())),
    }
}

/// Whether an image is in scope on a day.
///
/// # Errors
/// If its version has to be known and is not.
pub fn standing(
    profile: &Profile,
    calendar: &Calendar,
    image: &Image,
    said: Option<Version>,
    today: Date,
) -> Result<Standing, NoImageVersion> {
    let known = profile.knows(&image.name());
    let mut standing = Standing {
        known,
        version: said,
        is_current: true,
        released: None,
        leaves: None,
        window: Vec::new(),
        reasons: Vec::new(),
    };
    match known {
        Known::Yes => {}
        Known::Copy => standing.reasons.push(format!(
            "{} is taken for a copy of {}: send the digest of the original along",
            image.name(),
            profile.images.join(" or ")
        )),
        Known::No => standing.reasons.push(format!(
            "{} is no image of the profile {}: it is about {}",
            image.name(),
            profile.name,
            profile.images.join(", ")
        )),
    }
    let Some(before) = profile.versions.before() else {
        standing.version = version(profile, image, said).ok().map(|(version, _)| version);
        standing.reasons.push(format!("the profile {} takes every version", profile.name));
        return Ok(standing);
    };
    let (version, is_candidate) = version(profile, image, said)?;
    standing.version = Some(version);
    standing.window = calendar.window(today, before);
    standing.judge(profile, calendar, version, today);
    if is_candidate {
        standing.is_current = false;
        standing.reasons.push(format!("the tag is that of a candidate, and no release of {version}"));
    }
    Ok(standing)
}

impl Standing {
    fn judge(&mut self, profile: &Profile, calendar: &Calendar, version: Version, today: Date) {
        let series = version.series;
        self.released = calendar.date(series).or_else(|| {
            calendar.released(today).into_iter().find(|(known, _)| *known == series).map(|(_, date)| date)
        });
        let place = self.window.iter().position(|release| release.series == series);
        self.is_current = place.is_some();
        let (first, last) = (self.window.first().copied(), self.window.last().copied());
        let window = match (first, last) {
            (Some(first), Some(last)) if first.series != last.series => {
                format!(
                    "on {today} these are {} (of {}) back to {} (of {})",
                    first.series, first.date, last.series, last.date
                )
            }
            (Some(only), _) => format!("on {today} that is {} (of {})", only.series, only.date),
            _ => format!("the calendar knows no release before {today}"),
        };
        let accepted = if self.window.len() > 1 {
            "the latest release and the previous two monthly ones are in scope"
        } else {
            "the latest release is in scope"
        };
        match (place, self.released) {
            (Some(place), Some(released)) => {
                self.leaves = calendar.after(series, profile.versions.before().map_or(1, |before| before + 1));
                let leaves = self.leaves.map(|(next, date)| format!(", until {next} comes out on {date}"));
                self.reasons.push(format!(
                    "{version} is in scope: {series} came out on {released}, {accepted}; {window}{}",
                    leaves.unwrap_or_default()
                ));
                self.advise(profile, version, place);
            }
            (None, Some(released)) if released > today => self.reasons.push(format!(
                "{version} is not out yet: {series} is planned for {released}; if the calendar is wrong, say so with --releases"
            )),
            (_, Some(released)) => self.reasons.push(format!(
                "{version} is out of scope: {series} came out on {released}, and {accepted}; {window}"
            )),
            (_, None) => {
                let unknown = match calendar.first() {
                    Some(first) if series < first => format!("it is older than {first}, the first of the calendar"),
                    _ => "the calendar knows no such release".to_owned(),
                };
                self.reasons.push(format!("{version} is out of scope: {unknown}, and {accepted}; {window}"));
            }
        }
    }

    /// What to know of a version in scope.
    fn advise(&mut self, profile: &Profile, version: Version, place: usize) {
        let Some(release) = self.window.get(place).copied() else { return };
        if place > 0 && !profile.older.is_empty() {
            self.reasons.push(profile.older.clone());
        }
        match version.patch {
            Some(patch) if patch < release.patch => self.reasons.push(format!(
                "by the calendar {} of {} is its latest patch: what you found may be fixed in it",
                release.version(),
                release.patch_date
            )),
            None => self.reasons.push(format!("name the patch too: {version} may be any of its releases")),
            Some(_) => {}
        }
    }
}

/// Why a finding is left out: a closed list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Reason {
    /// The profile does not take the scanner.
    Scanner,
    /// The severity is not in scope.
    Severity,
    /// A VEX statement rules it out.
    Vex,
    /// The user installed it.
    InstalledByUs,
    /// It is of the operating system below GitLab.
    OsPackage,
    /// It is outside the directories.
    OutsideDirectory,
    /// It has no place, and the profile does not keep such.
    NoPlace,
    /// It is a finding of a host, and the profile does not keep such.
    Host,
    /// It is a row already.
    Duplicate,
}

impl Reason {
    /// As it is written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Scanner => "scanner",
            Self::Severity => "severity",
            Self::Vex => "vex",
            Self::InstalledByUs => "installed-by-us",
            Self::OsPackage => "os-package",
            Self::OutsideDirectory => "outside-directory",
            Self::NoPlace => "no-place",
            Self::Host => "host",
            Self::Duplicate => "duplicate",
        }
    }
}

/// The rules of a profile on findings.
#[derive(Clone, Debug)]
pub struct Scope {
    severities: Vec<Severity>,
    directories: Vec<String>,
    scanners: GlobSet,
    own_packages: GlobSet,
    installed: GlobSet,
    installed_by_us: Vec<String>,
    os_packages: Fate,
    packages: Fate,
    hosts: Fate,
}

impl Scope {
    /// The rules of a profile, with what the user installed as globs on names of packages (`curl`,
    /// `curl@8.*`) and paths.
    ///
    /// # Errors
    /// If a glob is none.
    pub fn new(profile: &Profile, installed_by_us: &[String]) -> Result<Self, ProfileError> {
        Ok(Self {
            severities: profile.severities.clone(),
            directories: profile
                .directories
                .iter()
                .map(|folder| folder.trim_end_matches('/').to_owned())
                .collect(),
            scanners: names(&profile.scanners)?,
            own_packages: names(&profile.own_packages)?,
            installed: globs(installed_by_us)?,
            installed_by_us: installed_by_us.to_vec(),
            os_packages: profile.without_path.os_packages,
            packages: profile.without_path.packages,
            hosts: profile.without_path.hosts,
        })
    }

    /// Why a finding is out of scope, in words too; `None` if it is in scope.
    #[must_use]
    pub fn refuses(&self, scanner: &Scanner, found: &Found) -> Option<(Reason, String)> {
        if !self.scanners.is_match(&scanner.name) && !self.scanners.is_match(&scanner.id) {
            return Some((Reason::Scanner, format!("findings of {} are not taken", scanner.name)));
        }
        if !self.severities.contains(&found.severity) {
            return Some((Reason::Severity, format!("severity {}", found.severity.as_str())));
        }
        if let Some(vex) = found.vex.as_ref().filter(|vex| vex.rules_out) {
            return Some((Reason::Vex, vex.text.clone()));
        }
        if let Some(at) = self.matching_globs(found).first() {
            return Some((Reason::InstalledByUs, format!("installed by us: {}", self.installed_by_us[*at])));
        }
        self.misplaced(found)
    }

    /// The globs on what the user installed.
    pub(crate) fn globs(&self) -> &[String] {
        &self.installed_by_us
    }

    /// Which of them match a finding, by their numbers.
    pub(crate) fn matching_globs(&self, found: &Found) -> Vec<usize> {
        let versioned = format!("{}@{}", found.package, found.version);
        let names = [&found.package, &versioned, &found.path];
        let names = names.into_iter().filter(|name| !name.is_empty());
        names.flat_map(|name| self.installed.matches(name)).collect()
    }

    fn misplaced(&self, found: &Found) -> Option<(Reason, String)> {
        let directories = self.directories.join(", ");
        match found.artifact {
            Artifact::Host if self.hosts == Fate::Keep => None,
            Artifact::Host => Some((Reason::Host, "of a host or an address, not of a component".to_owned())),
            Artifact::OsPackage if self.own_packages.is_match(&found.package) => None,
            Artifact::OsPackage if self.os_packages == Fate::Keep => None,
            Artifact::OsPackage => {
                let text = format!("a package of the image's operating system, outside {directories}");
                Some((Reason::OsPackage, text))
            }
            _ if self.directories.is_empty() => None,
            _ if found.path.is_empty() => match self.packages {
                Fate::Keep => None,
                Fate::LeaveOut => Some((
                    Reason::NoPlace,
                    format!("its path is not told, so it is not known to be in {directories}"),
                )),
            },
            _ if self.directories.iter().any(|directory| is_below(&found.path, directory)) => None,
            _ => Some((Reason::OutsideDirectory, format!("outside {directories}"))),
        }
    }
}

fn is_below(path: &str, directory: &str) -> bool {
    path.strip_prefix(directory).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::VexSaid;

    fn day(text: &str) -> Date {
        text.parse().expect("a date")
    }

    fn of(profile: &str, image: &str, said: Option<&str>, today: &str) -> Result<Standing, NoImageVersion> {
        let profile = Profile::builtin(profile).expect("a profile");
        let calendar = Calendar::builtin().expect("the calendar");
        let image = Image::parse(image).expect("an image");
        standing(&profile, &calendar, &image, said.map(|text| text.parse().expect("a version")), day(today))
    }

    #[test]
    fn images_are_in_scope_by_name_and_version() {
        for (profile, image, said, today, want, part) in [
            (
                "gitlab-ee",
                "gitlab/gitlab-ee:19.6.0-ee.0",
                None,
                "2026-11-28",
                true,
                "until 19.9 comes out on 2027-02-18",
            ),
            (
                "gitlab-ee",
                "gitlab/gitlab-ee:19.4.1-ee.0",
                None,
                "2026-11-28",
                true,
                "annotates against its latest",
            ),
            ("gitlab-ee-older", "gitlab/gitlab-ee:19.4.1-ee.0", None, "2026-11-28", true, "its latest patch"),
            (
                "gitlab-ee",
                "gitlab/gitlab-ee:19.3.9-ee.0",
                None,
                "2026-11-28",
                false,
                "19.3 came out on 2026-08-20",
            ),
            (
                "gitlab-ee",
                "gitlab/gitlab-ee:18.5.2-ee.0",
                None,
                "2026-11-28",
                false,
                "19.6 (of 2026-11-19) back to 19.4",
            ),
            (
                "gitlab-ee",
                "gitlab/gitlab-ee:18.5.2-ee.0",
                None,
                "2025-11-12",
                true,
                "until 18.8 comes out on 2026-01-15",
            ),
            ("gitlab-ee", "gitlab/gitlab-ee:18.5.2-ee.0", None, "2026-01-14", true, "in scope"),
            ("gitlab-ee", "gitlab/gitlab-ee:18.5.2-ee.0", None, "2026-01-15", false, "out of scope"),
            (
                "gitlab-ee",
                "gitlab/gitlab-ee:19.7.0-ee.0",
                None,
                "2026-11-28",
                false,
                "planned for 2026-12-17",
            ),
            ("gitlab-ee", "gitlab/gitlab-ee:15.0.0-ee.0", None, "2026-11-28", false, "older than 16.6"),
            ("gitlab-ee", "gitlab/gitlab-ee:18.12.0-ee.0", None, "2026-11-28", false, "no such release"),
            ("gitlab-ee", "gitlab/gitlab-ee:19.6.0-rc42.ee.0", None, "2026-11-28", false, "candidate"),
            ("gitlab-ee", "gitlab/gitlab-ee:latest", Some("19.6.1"), "2026-11-28", true, "in scope"),
            ("gitlab-ee", "gitlab/gitlab-ee", Some("19.6"), "2026-11-28", true, "name the patch"),
            ("gitlab-ee", "nginx:1", Some("19.6"), "2026-11-28", false, "no image of the profile"),
            ("gitlab-ee", "r.example:5/gitlab/gitlab-ee:19.6.0-ee.0", None, "2026-11-28", true, "a copy of"),
            ("gitlab-runner", "gitlab/gitlab-runner:alpine-v19.6.0", None, "2026-11-28", true, "in scope"),
            (
                "cng",
                "registry.gitlab.com/gitlab-org/build/cng/gitaly:v19.6.0",
                None,
                "2026-11-28",
                true,
                "in scope",
            ),
            ("own-image", "app:1", None, "2026-11-28", true, "every version"),
        ] {
            let standing = of(profile, image, said, today).expect(image);
            let text = standing.reasons.join("; ");
            assert_eq!(standing.is_in(), want, "{image} on {today}: {text}");
            assert!(text.contains(part), "{image} on {today}: {text}");
        }
    }

    #[test]
    fn a_version_that_no_tag_says_has_to_be_said() {
        for (profile, image, part) in [
            ("gitlab-ee", "gitlab/gitlab-ee:latest", "`latest` names no particular version"),
            ("gitlab-ee", "gitlab/gitlab-ee@sha256:0123456789abcdef0123456789abcdef", "a digest"),
            ("cng", "registry.gitlab.com/gitlab-org/build/cng/gitlab-shell:v14.45.3", "of the component"),
        ] {
            let error = of(profile, image, None, "2026-11-28").expect_err(image).to_string();
            assert!(error.contains(part), "{error}");
            assert!(of(profile, image, Some("19.6.0"), "2026-11-28").expect(image).is_in());
        }
    }

    fn found(artifact: Artifact, package: &str, path: &str) -> Found {
        Found {
            artifact,
            severity: Severity::High,
            package: package.to_owned(),
            version: "1.0".to_owned(),
            path: path.to_owned(),
            ..Found::default()
        }
    }

    #[test]
    fn findings_are_in_scope_by_what_and_where_they_are() {
        let medium =
            Found { severity: Severity::Medium, ..found(Artifact::Library, "rack", "/opt/gitlab/a") };
        let vex = VexSaid { rules_out: true, text: "not_affected".to_owned() };
        let ruled_out = Found { vex: Some(vex), ..found(Artifact::Library, "rack", "/opt/gitlab/a") };
        let library = |path| found(Artifact::Library, "rack", path);
        for (profile, found, want) in [
            ("gitlab-ee", library("/opt/gitlab/embedded/lib/x"), None),
            ("gitlab-ee", library("/opt/gitlab"), None),
            ("gitlab-ee", library("/opt/gitlab-tools/x"), Some(Reason::OutsideDirectory)),
            ("gitlab-ee", library("/usr/lib/x"), Some(Reason::OutsideDirectory)),
            ("gitlab-ee", library(""), None),
            ("gitlab-ee-older", library(""), Some(Reason::NoPlace)),
            ("gitlab-ee", medium, Some(Reason::Severity)),
            ("gitlab-ee", ruled_out, Some(Reason::Vex)),
            ("gitlab-ee", found(Artifact::Library, "our-gem", "/opt/gitlab/x"), Some(Reason::InstalledByUs)),
            ("gitlab-ee", library("/opt/gitlab/ours/x"), Some(Reason::InstalledByUs)),
            ("gitlab-ee", found(Artifact::OsPackage, "openssl", ""), Some(Reason::OsPackage)),
            (
                "gitlab-ee",
                found(Artifact::OsPackage, "openssl", "/var/lib/dpkg/status"),
                Some(Reason::OsPackage),
            ),
            ("gitlab-ee", found(Artifact::OsPackage, "gitlab-ee", ""), None),
            ("cng", found(Artifact::OsPackage, "openssl", ""), None),
            ("cng", library("/srv/gitlab/x"), None),
            ("gitlab-ee", found(Artifact::Host, "", "db:443"), None),
        ] {
            let scope = Scope::new(
                &Profile::builtin(profile).expect("one"),
                &["our-*".to_owned(), "/opt/gitlab/ours/**".to_owned()],
            );
            let refused = scope.expect("globs").refuses(&Scanner::default(), &found);
            assert_eq!(refused.as_ref().map(|(reason, _)| *reason), want, "{profile} {found:?}");
        }
    }

    #[test]
    fn scanners_are_taken_by_name_or_id() {
        let mut profile = Profile::builtin("gitlab-ee").expect("a profile");
        profile.scanners = vec!["trivy*".to_owned()];
        let scope = Scope::new(&profile, &[]).expect("globs");
        let scanner = |name: &str| Scanner { name: name.to_owned(), ..Scanner::default() };
        let found = found(Artifact::Library, "rack", "/opt/gitlab/a");
        assert!(scope.refuses(&scanner("Trivy"), &found).is_none());
        assert!(
            scope.refuses(&scanner("Grype"), &found).is_some_and(|(reason, _)| reason == Reason::Scanner)
        );
    }
}
