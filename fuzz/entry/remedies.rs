//! Patches: made of hostile manifests and fixes, and read from hostile diffs.

use data_encoding::BASE64;
use scanlift_convert_api::{Artifact, Change, Finding, Fix, Replacement, Upgrade};
use scanlift_remedy::{Candidate, Remedies, Tree, patch::Patch};
use scanlift_report_core::{
    Dependency, DependencyLocation, Identifier, Location, SourceLocation, Vulnerability,
};
use std::{cell::RefCell, fs, path::Component};

/// Names of manifests, and the ecosystem's.
const MANIFESTS: [(&str, &str); 19] = [
    ("requirements.txt", "pypi"),
    ("Pipfile", "pypi"),
    ("pyproject.toml", "pypi"),
    ("package.json", "npm"),
    ("go.mod", "golang"),
    ("pom.xml", "maven"),
    ("build.gradle", "maven"),
    ("build.gradle.kts", "maven"),
    ("libs.versions.toml", "maven"),
    ("Cargo.toml", "cargo"),
    ("Gemfile", "gem"),
    ("a.gemspec", "gem"),
    ("composer.json", "composer"),
    ("App.csproj", "nuget"),
    ("Directory.Packages.props", "nuget"),
    ("Dockerfile", "docker"),
    ("Dockerfile.deb", "deb"),
    ("ci.yml", "docker"),
    ("workflow.yaml", "github"),
];

/// Four lines say which manifest, which package, the version installed and those without the
/// vulnerability; the rest is the manifest. Every patch that is made of it applies to it.
pub(crate) fn remedies(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let mut lines = text.splitn(5, '\n');
    let mut line = || lines.next().unwrap_or_default();
    let (file, name, version, fixed, manifest) = (line(), line(), line(), line(), line());
    let known = MANIFESTS.iter().find(|(known, _)| *known == file);
    let (file, kind) = *known.unwrap_or(&MANIFESTS[text.len() % MANIFESTS.len()]);
    let location = DependencyLocation::new(file, Dependency::new(name, version));
    let mut finding = Finding::new(Vulnerability::new(rule(), Location::DependencyScanning(location)));
    let Some(mut upgrade) = Upgrade::new(name, version, vec![fixed.into()]) else { return };
    upgrade.kind = Some(kind.into());
    finding.upgrade = Some(upgrade);
    made(file, manifest, finding);
}

/// A line of numbers for a replacement, and a text, before the file that is to be mended.
pub(crate) fn fix(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let mut lines = text.splitn(4, '\n');
    let mut line = || lines.next().unwrap_or_default();
    let (numbers, new, original, source) = (line(), line(), line(), line());
    let mut numbers = numbers.split(' ').map(|number| number.parse::<u64>().ok());
    let mut number = || numbers.next().flatten();
    let mut replacement = Replacement::default();
    replacement.start_line = number();
    replacement.start_column = number();
    replacement.end_line = number();
    replacement.end_column = number();
    replacement.char_offset = number();
    replacement.char_length = number();
    replacement.byte_offset = number();
    replacement.byte_length = number();
    replacement.unicode_columns = number().is_some();
    replacement.text = new.into();
    replacement.original = Some(original.into()).filter(|_| !original.is_empty());
    let mut fix = Fix::default();
    let file = Artifact { path: "src.py".into() };
    fix.changes.push(Change::new(file, vec![replacement.clone(), replacement]));
    let location = Location::Sast(SourceLocation::file("src.py"));
    let mut finding = Finding::new(Vulnerability::new(rule(), location));
    finding.fixes.push(fix.clone());
    // The same once, without a text that it has to meet: two of one kind overlap.
    fix.changes[0].replacements.truncate(1);
    finding.fixes.push(fix);
    made("src.py", source, finding);
}

/// A diff and a text, which a byte 0xFF parts: it fits or does not, and names no file outside of the tree.
pub(crate) fn patch(bytes: &[u8]) {
    let mut parts = bytes.splitn(2, |byte| *byte == 0xff);
    let mut part = || String::from_utf8_lossy(parts.next().unwrap_or_default());
    let (diff, text) = (part(), part());
    let Ok(patch) = Patch::parse(&diff) else { return };
    let root = std::env::temp_dir();
    for file in patch.files {
        if let Ok(edits) = file.edits(&text) {
            let _ = edits.apply(&text);
        }
        if let Ok(place) = Tree::new(root.clone()).locate(&file.path) {
            assert!(place.starts_with(&root) && !place.components().any(|part| part == Component::ParentDir));
        }
    }
}

fn rule() -> Identifier<'static> {
    Identifier::new("rule", "R", "R").expect("an identifier")
}

thread_local! {
    /// A folder for the one file that patches are made of.
    static ROOT: RefCell<tempfile::TempDir> = RefCell::new(tempfile::tempdir().expect("a folder"));
}

fn made(file: &str, text: &str, finding: Finding<'_>) {
    ROOT.with_borrow(|root| {
        let path = root.path().join(file);
        fs::write(&path, text).expect("a file can be written");
        let mut remedies = Remedies::new(Some(root.path().to_owned()));
        let candidate = Candidate::of(finding, true).expect("something to mend it by");
        remedies.see(&candidate, &|_| false);
        let outcome = remedies.finish(&|_| false);
        fs::remove_file(&path).expect("it is there");
        assert_eq!(outcome.fixable, 1);
        let left: u64 = outcome.left.iter().map(|left| left.count).sum();
        assert_eq!(outcome.remediations.len() as u64 + left, 1, "a finding has a patch or a reason");
        for remediation in outcome.remediations {
            let diff = BASE64.decode(remediation.diff.as_bytes()).expect("a patch is in Base64");
            let diff = String::from_utf8(diff).expect("a patch is text");
            let patch = Patch::parse(&diff).expect("our own patch");
            assert_eq!(patch.files.len(), 1);
            assert_eq!(patch.files[0].path, file);
            let new = patch.files[0].edits(text).expect("it fits").apply(text).expect("it applies");
            assert_ne!(new, text, "it changes something");
        }
    });
}
