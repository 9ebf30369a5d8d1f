//! Told of every finding of a report, and asked for the patches at its end.

use crate::{
    Candidate, Ecosystem, Reason, Refusal, Tree,
    candidate::Means,
    fix,
    manifest::{self, Lock},
    upgrade::Package,
};
use data_encoding::BASE64;
use scanlift_convert_api::{self as api, Finding, Patch, Upgrade};
use scanlift_report_core::{Fix, Location, Remediation, Solution, Summary, Text};
use sha1::{Digest as _, Sha1};
use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap},
    path::PathBuf,
};

/// How much diff a report may hold, in Base64: they stand at its end, so they are held until then.
const MAX_DIFFS: usize = 32 * 1024 * 1024;

/// How many findings of packages are held: some hundred bytes each.
const MAX_FINDINGS: usize = 200_000;

/// How many different details of a reason are kept apart.
const DETAILS: usize = 100;

/// How many examples.
const EXAMPLES: usize = 5;

/// Makes the patches of one report.
///
/// Memory: the patches themselves, up to 32 MiB, and the findings of packages that have a fixed
/// version, up to 200,000 of them, gathered by file and package.
#[derive(Debug)]
pub struct Remedies {
    /// `None`: only patches that were made already are passed on.
    tree: Option<Tree>,
    all: Vec<Remediation<'static>>,
    /// Where a diff stands in the list, by its hash.
    by_diff: HashMap<[u8; 20], usize>,
    bytes: usize,
    /// By what is to be edited for which package, in the order of the first finding.
    packages: Vec<Package>,
    package_of: HashMap<(Option<Ecosystem>, String, String), usize>,
    findings: usize,
    fixable: u64,
    left: BTreeMap<(Reason, String), (u64, Vec<String>)>,
}

/// What came of it.
#[derive(Debug)]
#[non_exhaustive]
pub struct Outcome {
    /// The patches, each once.
    pub remediations: Vec<Remediation<'static>>,
    /// How many findings could be mended: they came with a fix, a patch or a fixed version. Without a
    /// root nobody looks, and it is zero.
    pub fixable: u64,
    /// Those without a patch, by reason.
    pub left: Vec<Left>,
}

/// Findings that could be mended and have no patch.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Left {
    /// Why.
    pub reason: Reason,
    /// In words.
    pub detail: String,
    /// How many.
    pub count: u64,
    /// The primary identifiers of up to five of them.
    pub examples: Vec<String>,
}

impl Remedies {
    /// For a report of findings in the tree below that root; without one nothing is made.
    #[must_use]
    pub fn new(root: Option<PathBuf>) -> Self {
        Self {
            tree: root.map(Tree::new),
            all: Vec::new(),
            by_diff: HashMap::new(),
            bytes: 0,
            packages: Vec::new(),
            package_of: HashMap::new(),
            findings: 0,
            fixable: 0,
            left: BTreeMap::new(),
        }
    }

    /// Completes the solution of a finding that is about to be written: a manifest that changes leaves
    /// a lock file behind.
    pub fn advise(&mut self, finding: &mut Finding<'_>) {
        let (Some(tree), Some(wanted)) = (&self.tree, &finding.upgrade) else { return };
        let Location::DependencyScanning(location) = &finding.vulnerability.location else { return };
        let ecosystem = Ecosystem::of(wanted);
        let package = ecosystem.map(|ecosystem| (&*wanted.name, ecosystem));
        let Some(lock) = manifest::lock(tree, &location.file, package) else { return };
        let Some(said) = finding.vulnerability.solution.take() else { return };
        if said.contains(&*lock.refresh) {
            finding.vulnerability.solution = Some(said);
            return;
        }
        let stop = match &*said {
            // The fence of a code block stands alone.
            said if said.ends_with("```") => "\n\n",
            said if said.ends_with(['.', '!']) => " ",
            _ => ". ",
        };
        let Lock { path, refresh } = &lock;
        let text = format!("{said}{stop}Then run `{refresh}`, which brings {path} up to date.");
        finding.vulnerability.solution = Solution::new(text);
    }

    /// Takes note of a finding that is in the report, and makes the patch of its fixes. `shows_secret`
    /// judges what would be written.
    pub fn see(&mut self, candidate: &Candidate, shows_secret: &dyn Fn(&str) -> bool) {
        let Candidate { id, example, means, .. } = candidate;
        match means {
            Means::Patches(patches) => {
                self.fixable += 1;
                for patch in patches {
                    self.add(patch.clone(), vec![Fix::new(id.clone())]);
                }
            }
            Means::Fixes { fixes, about, file } => {
                let Some(tree) = &mut self.tree else { return };
                self.fixable += 1;
                let made = fix::diff(fixes, tree).and_then(|(fix, diff)| {
                    Ok((self.checked(&diff, shows_secret)?, summary_of_fix(fix, about, file.as_deref())?))
                });
                match made {
                    Ok((diff, summary)) => {
                        self.add(Patch { summary, diff: diff.into() }, vec![Fix::new(id.clone())]);
                    }
                    Err(refusal) => self.leave(refusal, [example.clone()]),
                }
            }
            Means::Upgrade { wanted, file } => {
                if let Err(refusal) = self.see_package(wanted, file.as_deref(), id, example) {
                    self.leave(refusal, [example.clone()]);
                }
            }
        }
    }

    fn see_package(
        &mut self,
        wanted: &Upgrade<'_>,
        file: Option<&str>,
        id: &str,
        example: &str,
    ) -> Result<(), Refusal> {
        let Some(tree) = &mut self.tree else { return Ok(()) };
        self.fixable += 1;
        if self.findings >= MAX_FINDINGS {
            return Err(limit());
        }
        let ecosystem = Ecosystem::of(wanted);
        if file.is_none()
            && let Some(refusal) = manifest::hopeless(tree, ecosystem, &wanted.name)
        {
            return Err(refusal);
        }
        self.findings += 1;
        let key = (ecosystem, file.unwrap_or_default().to_owned(), wanted.name.to_string());
        let next = self.packages.len();
        let at = *self.package_of.entry(key).or_insert_with_key(|(ecosystem, file, name)| {
            self.packages.push(Package::new(*ecosystem, file.clone(), name.clone()));
            next
        });
        if let Some(package) = self.packages.get_mut(at) {
            package.add(wanted, id.to_owned(), example.to_owned());
        }
        Ok(())
    }

    /// Makes the patches of packages, and gives all.
    #[must_use]
    pub fn finish(mut self, shows_secret: &dyn Fn(&str) -> bool) -> Outcome {
        let packages = std::mem::take(&mut self.packages);
        let fixable = if self.tree.is_some() { self.fixable } else { 0 };
        if let Some(mut tree) = self.tree.take() {
            for package in packages {
                let plan = package.plan();
                for (finding, refusal) in plan.left {
                    self.leave(refusal, [finding.example]);
                }
                let Some(upgrade) = plan.upgrade else { continue };
                let made = manifest::patch(&mut tree, &upgrade)
                    .and_then(|made| Ok((self.checked(&made.diff, shows_secret)?, made.summary)));
                match made {
                    Ok((diff, summary)) => {
                        let fixes = plan.findings.into_iter().map(|finding| Fix::new(finding.id));
                        self.add(Patch { summary, diff: diff.into() }, fixes.collect());
                    }
                    Err(refusal) => self.leave(refusal, plan.findings.into_iter().map(|it| it.example)),
                }
            }
        }
        let left = self.left.into_iter();
        let left = left.map(|((reason, detail), (count, examples))| Left { reason, detail, count, examples });
        Outcome { remediations: self.all, fixable, left: left.collect() }
    }

    /// The diff in Base64, if it may be shown and there is room for it.
    fn checked(&self, diff: &str, shows_secret: &dyn Fn(&str) -> bool) -> Result<String, Refusal> {
        if shows_secret(diff) {
            return Err(Refusal::new(Reason::Secret, "a secret stands in the lines that the patch shows"));
        }
        let diff = BASE64.encode(diff.as_bytes());
        let is_known = self.by_diff.contains_key(&hash(&diff));
        if is_known || self.bytes + diff.len() <= MAX_DIFFS { Ok(diff) } else { Err(limit()) }
    }

    fn add(&mut self, patch: Patch<'static>, fixes: Vec<Fix<'static>>) {
        let next = self.all.len();
        let at = *self.by_diff.entry(hash(&patch.diff)).or_insert(next);
        if at == next {
            self.bytes += patch.diff.len();
            self.all.push(Remediation::new(patch.summary, patch.diff));
        }
        if let Some(remediation) = self.all.get_mut(at) {
            remediation.fixes.extend(fixes);
        }
    }

    fn leave(&mut self, refusal: Refusal, examples: impl IntoIterator<Item = String>) {
        let mut key = (refusal.reason, refusal.detail);
        if self.left.len() >= DETAILS && !self.left.contains_key(&key) {
            "others".clone_into(&mut key.1);
        }
        let (count, kept) = self.left.entry(key).or_default();
        for example in examples {
            *count += 1;
            if kept.len() < EXAMPLES && !kept.contains(&example) {
                kept.push(example);
            }
        }
    }
}

fn hash(diff: &str) -> [u8; 20] {
    Sha1::digest(diff).into()
}

fn limit() -> Refusal {
    Refusal::new(Reason::Limit, "the patches of this report are more than it should hold")
}

/// What the fix says of itself, else what it mends; and where.
fn summary_of_fix(fix: &api::Fix<'_>, about: &str, file: Option<&str>) -> Result<Summary<'static>, Refusal> {
    let said = fix.description.as_deref();
    let said = said.map(|said| api::sentence(said).trim().to_owned()).filter(|said| !said.is_empty());
    let what = said.unwrap_or_else(|| format!("Fix: {about}"));
    let text: Text<'static> = match file {
        Some(file) if what.chars().count() + file.chars().count() < 190 => {
            Cow::Owned(format!("{} ({file})", what.trim_end_matches('.')))
        }
        _ => Cow::Owned(what),
    };
    Summary::new(text).ok_or_else(|| Refusal::new(Reason::DoesNotFit, "the fix says nothing"))
}
