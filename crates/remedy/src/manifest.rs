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
use std::{
    collections::{BTreeSet, VecDeque},
    ops::Range,
};

/// Edits a family of manifests, by their text behind a byte order mark.
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
    let of_name = |path: &str| family(path, upgrade.ecosystem);
    let starts_of = starts.paths.iter().filter_map(|path| Some((path.clone(), of_name(path)?)));
    let mut queue: VecDeque<(String, &Family)> = starts_of.collect();
    while let Some((path, family)) = queue.pop_front() {
        let source = match tree.read(&path) {
            Ok(source) => source,
            Err(unread) => {
                refusal.get_or_insert(unread);
                continue;
            }
        };
        let (text, mark) = behind_mark(&source.text);
        match family.manifest.edits(text, upgrade) {
            Ok(Some(edits)) => {
                let edits = edits.behind(mark);
                changes.push(Change { path: path.clone(), source: source.clone(), edits });
            }
            Ok(None) => {}
            // Half of a change is none.
            Err(unclear) if unclear.reason == Reason::Requirement => return Err(in_file(&path, unclear)),
            Err(no_need) => drop(refusal.get_or_insert(in_file(&path, no_need))),
        }
        for named in family.manifest.leans_on(text) {
            let Some(pattern) = beside(&path, &named) else { continue };
            for found in tree.expand(&pattern) {
                if seen.len() < MAX_FILES && installed_in(&found).is_none() && seen.insert(found.clone()) {
                    // A file with a name of its own, as `-r base.txt`, is of the family that names it.
                    let family = of_name(&found).unwrap_or(family);
                    queue.push_back((found, family));
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
        let (text, mark) = behind_mark(&source.text);
        let edits = family.manifest.pin(text, upgrade).map_err(|why| in_file(path, why))?.behind(mark);
        changes.push(Change { path: path.clone(), source, edits });
    }
    let diff = made::diff(&changes)?;
    Ok(Made { diff, summary: summary(tree, upgrade, &changes, pinned)? })
}

/// A text without its byte order mark, and how many bytes that has.
fn behind_mark(text: &str) -> (&str, usize) {
    let body = text.strip_prefix('\u{feff}').unwrap_or(text);
    (body, text.len() - body.len())
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

/// The one place where a variable is set, of those that are known.
fn set_once(variable: &str, places: &[Range<usize>]) -> Result<Range<usize>, Refusal> {
    match places {
        [one] => Ok(one.clone()),
        [] => Err(unclear(&format!("its version is {variable}, which another file sets"))),
        _ => Err(unclear(&format!("its version is {variable}, which is set more than once"))),
    }
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

    fn upgrade(ecosystem: Ecosystem, file: &str, name: &str, target: &str) -> Upgrade {
        Upgrade {
            ecosystem,
            file: file.to_owned(),
            name: name.to_owned(),
            version: "1.0".to_owned(),
            target: target.to_owned(),
        }
    }

    #[test]
    fn what_is_followed_is_edited_and_nothing_else() -> std::io::Result<()> {
        use Ecosystem::{Cargo, PyPi};
        const CRATE: &str = "[dependencies]\np = \"1.0\"\n";
        for (ecosystem, file, files, want) in [
            // By a name that tells nothing.
            (
                PyPi,
                "requirements.txt",
                [("requirements.txt", "-r sets/base.txt\n"), ("sets/base.txt", "p==1.0\n")],
                "sets/base.txt",
            ),
            // A crate of its own, and a member.
            (Cargo, "a/Cargo.toml", [("Cargo.toml", CRATE), ("a/Cargo.toml", CRATE)], "a/Cargo.toml"),
            (
                Cargo,
                "a/Cargo.toml",
                [
                    ("Cargo.toml", "[workspace.dependencies]\np = \"1.0\"\n"),
                    ("a/Cargo.toml", "[dependencies]\np.workspace = true\n"),
                ],
                "Cargo.toml",
            ),
        ] {
            let root = tempfile::tempdir()?;
            for (path, text) in files {
                let path = root.path().join(path);
                path.parent().map_or(Ok(()), std::fs::create_dir_all)?;
                std::fs::write(path, text)?;
            }
            let mut tree = Tree::new(root.path().to_owned());
            let made = patch(&mut tree, &upgrade(ecosystem, file, "p", "1.1")).expect("a patch");
            let patch = crate::patch::Patch::parse(&made.diff).expect("a diff");
            let paths: Vec<&str> = patch.files.iter().map(|file| &*file.path).collect();
            assert_eq!(paths, [want], "{}", made.diff);
        }
        Ok(())
    }

    #[test]
    fn a_byte_order_mark_stays_and_moves_nothing() -> std::io::Result<()> {
        use Ecosystem::{Cargo, Gem, Maven, Npm, NuGet, PyPi};
        const PROJECT: &str =
            "<Project>\r\n <PackageReference Include=\"p\" Version=\"1.0\" />\r\n</Project>";
        let pinned = PROJECT.replace(" />", " />\r\n <PackageReference Include=\"q\" Version=\"1.1\" />");
        let lifted = PROJECT.replace("1.0", "1.1");
        let pom = format!("<project><properties><v>1.0</v></properties>{POM}</project>");
        let lifted_pom = pom.replace("1.0", "1.1");
        for (ecosystem, file, name, text, want) in [
            (NuGet, "a.csproj", "p", PROJECT, &*lifted),
            (NuGet, "a.csproj", "q", PROJECT, &*pinned),
            (Maven, "pom.xml", "g:p", &*pom, &*lifted_pom),
            (
                Npm,
                "package.json",
                "p",
                "{\"dependencies\": {\"p\": \"1.0.0\"}}",
                "{\"dependencies\": {\"p\": \"1.1\"}}",
            ),
            (PyPi, "requirements.txt", "p", "p==1.0\n", "p==1.1\n"),
            (Gem, "Gemfile", "p", "gem \"p\"\n", "gem \"p\", \">= 1.1\"\n"),
            (Cargo, "Cargo.toml", "p", "[dependencies]\np = \"1.0\"\n", "[dependencies]\np = \"1.1\"\n"),
        ] {
            let root = tempfile::tempdir()?;
            let old = format!("\u{feff}{text}");
            std::fs::write(root.path().join(file), &old)?;
            let mut tree = Tree::new(root.path().to_owned());
            let made = patch(&mut tree, &upgrade(ecosystem, file, name, "1.1")).expect("a patch");
            let patch = crate::patch::Patch::parse(&made.diff).expect("a diff");
            let edits = patch.files[0].edits(&old).expect("a patch that fits");
            assert_eq!(edits.apply(&old), Some(format!("\u{feff}{want}")), "{file}");
        }
        Ok(())
    }

    /// A dependency of Maven whose version is that property.
    const POM: &str = "<dependencies><dependency><groupId>g</groupId><artifactId>p</artifactId>\
                       <version>${v}</version></dependency></dependencies>";

    #[test]
    fn what_the_place_alone_does_not_tell_is_refused() {
        use Ecosystem::{Cargo, Gem, Go, Maven, NuGet, PyPi};
        let twice = format!(
            "<project><properties><v>1.0</v></properties>{POM}<profiles><profile><properties><v>1.0</v>\
             </properties></profile></profiles></project>"
        );
        for (ecosystem, file, name, target, text) in [
            (PyPi, "requirements.txt", "p", "1.1", "p \\\n  ==1.0\n"),
            (PyPi, "requirements.txt", "p", "1.1", "p>=0.5, \\\r\n  <1.1\r\n"),
            (Gem, "Gemfile", "p", "1.1", "gem \"p\",\n  \"~> 1.0\"\n"),
            (Gem, "Gemfile", "p", "1.1", "gem \"p\", VERSION\n"),
            (Gem, "Gemfile", "p", "1.1", "gem \"p\", \"#{version}\"\n"),
            (Gem, "Gemfile", "p", "1.1", "gem \"p\", [\"~> 1.0\"]\n"),
            (Cargo, "Cargo.toml", "p", "1.1", "[dependencies]\np = {version = \"1.0\", git = \"a\"}\n"),
            (Maven, "pom.xml", "g:p", "1.1", &*twice),
            (
                NuGet,
                "a.csproj",
                "p",
                "1.1",
                "<Project><PropertyGroup Condition=\"a\"><V>1.0</V></PropertyGroup>\
                 <PropertyGroup><V>1.0</V></PropertyGroup>\
                 <ItemGroup><PackageReference Include=\"p\" Version=\"$(V)\" /></ItemGroup></Project>",
            ),
            // The major version is a part of the path.
            (Go, "go.mod", "a.example/p/v2", "3.0.1", "require a.example/p/v2 v2.1.0\n"),
            (Go, "go.mod", "gopkg.in/p.v2", "3.0.1", "require gopkg.in/p.v2 v2.1.0\n"),
            // Go 1.20 knows no toolchain line.
            (Go, "go.mod", "stdlib", "1.20.10", "go 1.20\n"),
        ] {
            let manifest = family(file, ecosystem).expect("a family").manifest;
            let edits = manifest.edits(text, &upgrade(ecosystem, file, name, target));
            assert_eq!(edits.map_err(|refusal| refusal.reason), Err(Reason::Requirement), "{text}");
        }
        for (ecosystem, file, name, text) in [
            (Maven, "pom.xml", "g:q", "<project><dependencyManagement/></project>"),
            (
                Maven,
                "pom.xml",
                "g:q",
                "<project><dependencyManagement><dependencies/></dependencyManagement></project>",
            ),
            (PyPi, "Pipfile", "q", "[packages.p]\nversion = \"*\"\n"),
        ] {
            let manifest = family(file, ecosystem).expect("a family").manifest;
            let edits = manifest.pin(text, &upgrade(ecosystem, file, name, "1.1"));
            assert_eq!(edits.map_err(|refusal| refusal.reason), Err(Reason::Requirement), "{text}");
        }
    }

    #[test]
    fn only_what_asks_for_the_package_is_edited() {
        use Ecosystem::{Gem, Go, Maven, PyPi};
        let pom = format!(
            "<project><properties><v>1.0</v></properties>{POM}<build><plugins><plugin>\
             <artifactId>x</artifactId><configuration>\
             <dependency><groupId>g</groupId><artifactId>p</artifactId><version>1.0</version></dependency>\
             </configuration></plugin></plugins></build></project>"
        );
        let lifted = pom.replace("<v>1.0</v>", "<v>1.1</v>");
        for (ecosystem, file, name, target, text, want) in [
            (
                PyPi,
                "requirements.txt",
                "p",
                "1.1",
                "p==1.0 \\\n  ; os_name == \"nt\"\n",
                "p==1.1 \\\n  ; os_name == \"nt\"\n",
            ),
            (
                Gem,
                "Gemfile",
                "p",
                "1.1",
                "gem \"p\", :require => false\n",
                "gem \"p\", \">= 1.1\", :require => false\n",
            ),
            (
                Go,
                "go.mod",
                "a.example/p/v2",
                "2.1.1",
                "require a.example/p/v2 v2.1.0\n",
                "require a.example/p/v2 v2.1.1\n",
            ),
            (Maven, "pom.xml", "g:p", "1.1", &*pom, &*lifted),
        ] {
            let manifest = family(file, ecosystem).expect("a family").manifest;
            let edits = manifest.edits(text, &upgrade(ecosystem, file, name, target)).expect("edits");
            assert_eq!(edits.and_then(|edits| edits.apply(text)).as_deref(), Some(want));
        }
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
                let upgrade = upgrade(family.ecosystems[0], "f", "p", "1.1");
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
