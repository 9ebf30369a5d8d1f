//! Manifests that can be edited, one module a family.
//!
//! An editor finds where a text asks for a package and says what bytes to replace; nothing is ever
//! parsed and written anew, so comments, order, quotes, line endings and the end of the file stay.

mod ci;
mod dockerfile;
mod gemfile;
mod go_mod;
mod gradle;
mod json;
mod msbuild;
mod pom;
mod requirements;
mod toml;

use crate::{
    Ecosystem, Edits, Reason, Refusal, Tree, Upgrade,
    made::{self, Change},
    tree::beside,
};
use scanlift_report_core::Summary;
use std::collections::{BTreeSet, VecDeque};

/// Edits a family of manifests.
pub trait Manifest: Sync {
    /// What to change so that the text asks for the target; `None` if it does not ask for the package.
    ///
    /// # Errors
    /// If it does, in a way that cannot be edited safely, or that needs no edit.
    fn edits(&self, text: &str, upgrade: &Upgrade) -> Result<Option<Edits>, Refusal>;

    /// Files beside it that may ask for the package too; a `*` may stand for a part of a name.
    fn leans_on(&self, _text: &str) -> Vec<String> {
        Vec::new()
    }

    /// What to change so that a package that others bring in comes in the target's version.
    ///
    /// # Errors
    /// If the family has no such means.
    fn pin(&self, _text: &str, upgrade: &Upgrade) -> Result<Edits, Refusal> {
        Err(transitive(upgrade))
    }
}

/// A family of manifests, by the names of its files.
struct Family {
    ecosystems: &'static [Ecosystem],
    names: &'static [&'static str],
    manifest: &'static dyn Manifest,
}

const FAMILIES: [Family; 17] = {
    use Ecosystem::*;
    const fn family(
        ecosystems: &'static [Ecosystem],
        names: &'static [&'static str],
        manifest: &'static dyn Manifest,
    ) -> Family {
        Family { ecosystems, names, manifest }
    }
    [
        family(
            &[PyPi],
            &["requirements*.txt", "*requirements.txt", "requirements*.in"],
            &requirements::Requirements,
        ),
        family(&[PyPi], &["constraints*.txt", "*constraints.txt"], &requirements::Requirements),
        family(&[PyPi], &["Pipfile"], &toml::Pipfile),
        family(&[PyPi], &["pyproject.toml"], &toml::Pyproject),
        family(&[Npm], &["package.json"], &json::PackageJson),
        family(&[Go], &["go.mod"], &go_mod::GoMod),
        family(&[Maven], &["pom.xml"], &pom::Pom),
        family(&[Maven], &["build.gradle", "build.gradle.kts", "*.gradle", "*.gradle.kts"], &gradle::Gradle),
        family(&[Maven], &["*.versions.toml"], &toml::Catalog),
        family(&[Cargo], &["Cargo.toml"], &toml::CargoToml),
        family(&[Gem], &["Gemfile", "*.gemspec"], &gemfile::Gemfile),
        family(&[Composer], &["composer.json"], &json::ComposerJson),
        family(&[NuGet], &["*.csproj", "*.fsproj", "*.vbproj"], &msbuild::MsBuild),
        family(&[NuGet], &["Directory.Packages.props", "Directory.Build.props"], &msbuild::MsBuild),
        family(
            &[Image, Deb, Apk, Rpm],
            &["Dockerfile", "Containerfile", "Dockerfile.*", "*.Dockerfile", "*.dockerfile"],
            &dockerfile::Dockerfile,
        ),
        family(&[Image, Action], &["*.yml", "*.yaml"], &ci::Ci),
        family(&[PyPi], &["dev-requirements*.txt"], &requirements::Requirements),
    ]
};

/// A lock file: its name, the manifest that it follows, and what brings it up to date; `{}` is the
/// package.
const LOCKS: [(&str, Ecosystem, &str, &str); 19] = {
    use Ecosystem::*;
    [
        ("package-lock.json", Npm, "package.json", "npm install"),
        ("npm-shrinkwrap.json", Npm, "package.json", "npm install"),
        ("yarn.lock", Npm, "package.json", "yarn install"),
        ("pnpm-lock.yaml", Npm, "package.json", "pnpm install"),
        ("bun.lock", Npm, "package.json", "bun install"),
        ("Pipfile.lock", PyPi, "Pipfile", "pipenv lock"),
        ("poetry.lock", PyPi, "pyproject.toml", "poetry lock"),
        ("uv.lock", PyPi, "pyproject.toml", "uv lock"),
        ("pdm.lock", PyPi, "pyproject.toml", "pdm lock"),
        ("pylock.toml", PyPi, "pyproject.toml", "pip lock ."),
        ("go.sum", Go, "go.mod", "go mod tidy"),
        ("Cargo.lock", Cargo, "Cargo.toml", "cargo update -p {}"),
        ("Gemfile.lock", Gem, "Gemfile", "bundle lock --update {}"),
        ("gems.locked", Gem, "Gemfile", "bundle lock --update {}"),
        ("composer.lock", Composer, "composer.json", "composer update {} --with-dependencies"),
        ("gradle.lockfile", Maven, "build.gradle*", "gradle dependencies --write-locks"),
        ("packages.lock.json", NuGet, "*.csproj", "dotnet restore --force-evaluate"),
        ("project.assets.json", NuGet, "../*.csproj", "dotnet restore"),
        ("buildscript-gradle.lockfile", Maven, "build.gradle*", "gradle dependencies --write-locks"),
    ]
};

/// Where Dockerfiles stand that make the image of a repository.
const DOCKERFILES: [&str; 4] = ["Dockerfile", "Containerfile", "docker/Dockerfile", "build/Dockerfile"];

/// Directories of packages that were installed or copied in: what stands there is not the project's.
const INSTALLED: [&str; 8] =
    ["node_modules", "bower_components", "vendor", "site-packages", "dist-packages", ".venv", "venv", ".tox"];

/// More files than a project spreads one package over.
const MAX_FILES: usize = 200;

/// A lock file that is behind when its manifest changes.
pub(crate) struct Lock {
    pub(crate) path: String,
    /// The command that brings it up to date.
    pub(crate) refresh: String,
}

/// A patch of manifests.
pub(crate) struct Made {
    pub(crate) diff: String,
    pub(crate) summary: Summary<'static>,
}

/// The ecosystem that a file belongs to, if it can be only one.
pub(crate) fn ecosystem(file: &str) -> Option<Ecosystem> {
    let name = name_of(file);
    if let Some((_, ecosystem, _, _)) = LOCKS.iter().find(|(lock, ..)| *lock == name) {
        return Some(*ecosystem);
    }
    let family = FAMILIES.iter().find(|family| family.names.iter().any(|pattern| fits(pattern, name)))?;
    match family.ecosystems {
        [one] => Some(*one),
        _ => None,
    }
}

/// The lock file that a scanner named, or that stands beside the manifest that it named.
pub(crate) fn lock(tree: &Tree, file: &str, package: Option<(&str, Ecosystem)>) -> Option<Lock> {
    let name = name_of(file);
    let belongs = |of: Ecosystem| package.is_none_or(|(_, ecosystem)| ecosystem == of);
    let refresh = |command: &str| {
        let is_plain = |name: &&str| name.chars().all(|c| c.is_ascii_alphanumeric() || "@/._-".contains(c));
        let (package, _) = package.filter(|(name, _)| is_plain(name)).unwrap_or(("", Ecosystem::Npm));
        command.replace("{}", package).replace(" -p ", if package.is_empty() { " " } else { " -p " })
    };
    for (lock, _, manifest, command) in LOCKS.iter().filter(|(_, of, ..)| belongs(*of)) {
        if *lock == name {
            return Some(Lock { path: file.to_owned(), refresh: refresh(command) });
        }
        if fits(manifest, name)
            && let Some(path) = beside(file, lock).filter(|path| tree.has(path))
        {
            return Some(Lock { path, refresh: refresh(command) });
        }
    }
    None
}

/// Why a package of an image cannot be lifted, if that is clear already: images have thousands of
/// findings, and nearly all of them are about packages that no Dockerfile names.
pub(crate) fn hopeless(tree: &mut Tree, ecosystem: Option<Ecosystem>, name: &str) -> Option<Refusal> {
    if !ecosystem.is_some_and(Ecosystem::is_of_system) {
        let why = "it is in an image: build that again with the package lifted";
        return Some(Refusal::new(Reason::Image, why));
    }
    let is_named =
        DOCKERFILES.iter().any(|path| tree.read(path).is_ok_and(|source| source.text.contains(name)));
    (!is_named).then(unpinned)
}

fn unpinned() -> Refusal {
    Refusal::new(Reason::Image, "no Dockerfile pins it: build the image again on a newer base")
}

/// The patch that lifts a package in all files that ask for it.
pub(crate) fn patch(tree: &mut Tree, upgrade: &Upgrade) -> Result<Made, Refusal> {
    let starts = starts(tree, upgrade)?;
    let (mut changes, mut refusal) = (Vec::new(), None);
    let mut seen: BTreeSet<String> = starts.paths.iter().cloned().collect();
    let mut queue: VecDeque<String> = starts.paths.iter().cloned().collect();
    while let Some(path) = queue.pop_front() {
        let Some(family) = family(&path, upgrade.ecosystem) else { continue };
        let source = match tree.read(&path) {
            Ok(source) => source,
            Err(unread) => {
                refusal.get_or_insert(unread);
                continue;
            }
        };
        match family.manifest.edits(&source.text, upgrade) {
            Ok(Some(edits)) => changes.push(Change { path: path.clone(), source: source.clone(), edits }),
            Ok(None) => {}
            // Half of a change is none.
            Err(unclear) if unclear.reason == Reason::Requirement => return Err(in_file(&path, unclear)),
            Err(no_need) => drop(refusal.get_or_insert(in_file(&path, no_need))),
        }
        for named in family.manifest.leans_on(&source.text) {
            let Some(pattern) = beside(&path, &named) else { continue };
            for found in tree.expand(&pattern) {
                if seen.len() < MAX_FILES && installed_in(&found).is_none() && seen.insert(found.clone()) {
                    queue.push_back(found);
                }
            }
        }
    }
    let pinned = changes.is_empty();
    if pinned {
        if let Some(refusal) = refusal {
            return Err(refusal);
        }
        let path = starts.paths.first().filter(|_| starts.may_pin).ok_or_else(|| absent(upgrade))?;
        let family = family(path, upgrade.ecosystem).ok_or_else(|| absent(upgrade))?;
        let source = tree.read(path)?;
        let edits = family.manifest.pin(&source.text, upgrade).map_err(|why| in_file(path, why))?;
        changes.push(Change { path: path.clone(), source, edits });
    }
    let diff = made::diff(&changes)?;
    Ok(Made { diff, summary: summary(tree, upgrade, &changes, pinned)? })
}

/// Where to begin looking.
struct Starts {
    paths: Vec<String>,
    /// Whether the first is the manifest that the scanner meant.
    may_pin: bool,
}

fn starts(tree: &Tree, upgrade: &Upgrade) -> Result<Starts, Refusal> {
    let file = upgrade.file.as_str();
    if upgrade.ecosystem.is_of_system() {
        let named = family(file, upgrade.ecosystem).map(|_| file.to_owned());
        let paths: Vec<String> = match named {
            Some(path) => vec![path],
            None => DOCKERFILES.iter().filter(|path| tree.has(path)).map(|path| (*path).to_owned()).collect(),
        };
        return Ok(Starts { paths, may_pin: true });
    }
    let installed_in = installed_in(file);
    if installed_in.is_none() && family(file, upgrade.ecosystem).is_some() {
        return Ok(Starts { paths: vec![file.to_owned()], may_pin: true });
    }
    let name = name_of(file);
    let lock = LOCKS.iter().find(|(lock, of, ..)| *lock == name && *of == upgrade.ecosystem);
    if let Some((_, _, manifest, _)) = lock.filter(|_| installed_in.is_none()) {
        let paths = beside(file, manifest).map(|path| tree.expand(&path)).unwrap_or_default();
        if paths.is_empty() {
            let why = format!("{file}: its manifest is not below the root");
            return Err(Refusal::new(Reason::NoManifest, why));
        }
        return Ok(Starts { paths, may_pin: true });
    }
    // An installed package, a jar, a bill of materials: the project's manifests are those above what
    // was installed, or beside the file, or at the root.
    for place in [installed_in.unwrap_or(file), ""] {
        let mut paths: Vec<String> = Vec::new();
        let families = FAMILIES.iter().filter(|family| family.ecosystems.contains(&upgrade.ecosystem));
        let patterns = families.flat_map(|family| family.names).filter_map(|name| beside(place, name));
        for path in patterns.flat_map(|pattern| tree.expand(&pattern)) {
            if !paths.contains(&path) {
                paths.push(path);
            }
        }
        if !paths.is_empty() {
            return Ok(Starts { paths, may_pin: false });
        }
    }
    let why = format!("{file}: no manifest that can be edited stands beside it or at the root");
    Err(Refusal::new(Reason::NoManifest, why))
}

fn family(path: &str, ecosystem: Ecosystem) -> Option<&'static Family> {
    let name = name_of(path);
    FAMILIES.iter().find(|family| {
        family.ecosystems.contains(&ecosystem) && family.names.iter().any(|pattern| fits(pattern, name))
    })
}

fn name_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Whether a name fits a pattern with one star at most.
fn fits(pattern: &str, name: &str) -> bool {
    let pattern = name_of(pattern);
    match pattern.split_once('*') {
        None => pattern == name,
        Some((start, end)) => {
            name.len() >= start.len() + end.len() && name.starts_with(start) && name.ends_with(end)
        }
    }
}

/// The path of the directory of installed packages that a file is in: `web/node_modules` of
/// `web/node_modules/lodash/package.json`.
fn installed_in(path: &str) -> Option<&str> {
    let mut end = 0;
    path.split('/').find_map(|part| {
        end += part.len() + 1;
        INSTALLED.contains(&part).then(|| &path[..end - 1])
    })
}

fn in_file(path: &str, refusal: Refusal) -> Refusal {
    Refusal::new(refusal.reason, format!("{path}: {}", refusal.detail))
}

fn absent(upgrade: &Upgrade) -> Refusal {
    if upgrade.ecosystem.is_of_system() {
        return unpinned();
    }
    Refusal::new(Reason::NoManifest, "no manifest beside the file or at the root asks for it")
}

/// A package that comes in by way of others, where a manifest cannot say so.
fn transitive(upgrade: &Upgrade) -> Refusal {
    let how = match upgrade.ecosystem {
        Ecosystem::Cargo => "`cargo update -p` lifts it in the lock file",
        Ecosystem::Maven => "add a dependency constraint for it",
        Ecosystem::PyPi => "lift it in the lock file",
        Ecosystem::Image | Ecosystem::Action => "the file does not use it",
        Ecosystem::Deb | Ecosystem::Apk | Ecosystem::Rpm => return absent(upgrade),
        _ => "lift what brings it in",
    };
    Refusal::new(Reason::Transitive, format!("it is not asked for directly: {how}"))
}

/// A line more at the end; whether the last line has an end stays.
fn appended(text: &str, line: &str) -> Edits {
    let end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let is_ended = text.is_empty() || text.ends_with('\n');
    let new = if is_ended { format!("{line}{end}") } else { format!("{end}{line}") };
    Edits::one(text.len()..text.len(), new)
}

fn unclear(why: &str) -> Refusal {
    Refusal::new(Reason::Requirement, why)
}

/// "Upgrade lodash from 4.17.15 to 4.17.21 in web/package.json, then run `npm install`".
fn summary(
    tree: &Tree,
    upgrade: &Upgrade,
    changes: &[Change],
    pinned: bool,
) -> Result<Summary<'static>, Refusal> {
    let Upgrade { name, version, target, .. } = upgrade;
    let verb = if pinned { "Require" } else { "Upgrade" };
    let from = if version.is_empty() || pinned { String::new() } else { format!(" from {version}") };
    let to = if pinned { format!(" {target} or later") } else { format!(" to {target}") };
    let files: Vec<&str> = changes.iter().map(|change| change.path.as_str()).collect();
    let package = Some((name.as_str(), upgrade.ecosystem));
    let lock = lock(tree, &upgrade.file, package)
        .or_else(|| files.iter().find_map(|file| lock(tree, file, package)));
    let mut text = format!("{verb} {name}{from}{to}");
    let place = match files.as_slice() {
        [one] => format!(" in {one}"),
        [one, more @ ..] => format!(" in {one} and {} more", more.len()),
        [] => String::new(),
    };
    let then = lock.map(|lock| format!(", then run `{}`", lock.refresh)).unwrap_or_default();
    // What does not fit is left out, the least important first.
    for part in [then, place].iter().rev() {
        if text.chars().count() + part.chars().count() <= Summary::MAX {
            text.push_str(part);
        }
    }
    Summary::new(text).ok_or_else(|| unclear("the package has no name"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn files_belong_to_a_family_by_name() {
        for (path, want) in [
            ("a/package-lock.json", Some(Ecosystem::Npm)),
            ("requirements-dev.txt", Some(Ecosystem::PyPi)),
            ("src/App.csproj", Some(Ecosystem::NuGet)),
            ("libs.versions.toml", Some(Ecosystem::Maven)),
            ("Dockerfile.prod", None),
            ("notes.txt", None),
            ("", None),
        ] {
            assert_eq!(ecosystem(path), want, "{path}");
        }
        assert_eq!(installed_in("web/node_modules/lodash/package.json"), Some("web/node_modules"));
        assert_eq!(installed_in("web/package.json"), None);
    }

    /// Pieces that manifests are made of, put together at random.
    fn text() -> impl Strategy<Value = String> {
        const PIECES: [&str; 48] = [
            "p",
            "1.0",
            "\n",
            "\r\n",
            " ",
            "\t",
            "\"",
            "'",
            ",",
            ":",
            "=",
            "==",
            ">=",
            "~> ",
            "[",
            "]",
            "{",
            "}",
            "(",
            ")",
            "<",
            ">",
            "</",
            "/>",
            "\\",
            "\\\n",
            "#",
            "//",
            "/*",
            "é",
            "\u{feff}",
            "${p}",
            "$(p)",
            "require",
            "gem ",
            "FROM ",
            "ARG ",
            "uses: ",
            "image: ",
            "dependencies",
            "project",
            "dependency",
            "version",
            "Version",
            "PackageReference",
            "Include",
            "go ",
            "@",
        ];
        prop::collection::vec(prop::sample::select(&PIECES[..]), 0..40).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn any_text_is_edited_or_refused(text in text()) {
            for family in &FAMILIES {
                let upgrade = Upgrade {
                    ecosystem: family.ecosystems[0],
                    file: "f".to_owned(),
                    name: "p".to_owned(),
                    version: "1.0".to_owned(),
                    target: "1.1".to_owned(),
                };
                let edits = family.manifest.edits(&text, &upgrade);
                if let Ok(Some(edits)) = edits {
                    prop_assert!(edits.apply(&text).is_some(), "{:?}", edits);
                }
                if let Ok(edits) = family.manifest.pin(&text, &upgrade) {
                    prop_assert!(edits.apply(&text).is_some(), "{:?}", edits);
                }
                family.manifest.leans_on(&text);
            }
        }
    }
}
