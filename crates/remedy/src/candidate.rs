//! What of a finding its patch is made of.

use scanlift_convert_api::{Finding, Fix, Patch, Upgrade};
use scanlift_report_core::{Kind, Location, Vulnerability};

/// What of a finding its patch is made of: all that has to be kept of one that is written.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// What remediations refer to.
    pub(crate) id: String,
    /// The value of the primary identifier.
    pub(crate) example: String,
    pub(crate) means: Means,
    is_of_secret: bool,
}

/// What could mend it.
#[derive(Clone, Debug)]
pub(crate) enum Means {
    /// These do.
    Patches(Vec<Patch<'static>>),
    /// One of these, which is described so if it does not describe itself; in this file.
    Fixes { fixes: Vec<Fix<'static>>, about: String, file: Option<String> },
    /// A package that is lifted; in this file, or in an image.
    Upgrade { wanted: Upgrade<'static>, file: Option<String> },
}

impl Candidate {
    /// Takes what is needed of a finding; `None` if no patch can come of it. Without a tree to look
    /// into, only patches that were made already can.
    #[must_use]
    pub fn of(finding: Finding<'_>, has_tree: bool) -> Option<Self> {
        let Finding { vulnerability, secrets, patches, fixes, upgrade, .. } = finding;
        let means = if !patches.is_empty() {
            Means::Patches(patches.into_iter().map(Patch::into_owned).collect())
        } else if !has_tree {
            return None;
        } else if !fixes.is_empty() {
            let fixes = fixes.into_iter().map(Fix::into_owned).collect();
            Means::Fixes { fixes, about: about(&vulnerability), file: source_file(&vulnerability.location) }
        } else {
            Means::Upgrade { wanted: upgrade?.into_owned(), file: manifest(&vulnerability.location) }
        };
        Some(Self {
            id: vulnerability.content_id(),
            example: vulnerability.identifiers.primary().value.to_string(),
            means,
            is_of_secret: vulnerability.kind() == Kind::SecretDetection || !secrets.is_empty(),
        })
    }

    /// Whether the finding is about a secret or had one taken out: the lines around it may show it.
    #[must_use]
    pub fn is_of_secret(&self) -> bool {
        self.is_of_secret
    }
}

fn about(vulnerability: &Vulnerability<'_>) -> String {
    let name = vulnerability.name.as_deref();
    name.unwrap_or(&vulnerability.identifiers.primary().name).to_owned()
}

fn source_file(location: &Location<'_>) -> Option<String> {
    match location {
        Location::Sast(source) => source.file.as_deref().map(str::to_owned),
        _ => None,
    }
}

fn manifest(location: &Location<'_>) -> Option<String> {
    match location {
        Location::DependencyScanning(location) => Some(location.file.to_string()),
        _ => None,
    }
}
