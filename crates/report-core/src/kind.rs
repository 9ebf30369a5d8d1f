use serde::{Deserialize, Serialize};
use std::fmt;

/// A GitLab report type (`scan.type`); the artifact key of the same name decides what GitLab does
/// with the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Weaknesses in source code and configuration.
    Sast,
    /// Leaked secrets.
    SecretDetection,
    /// Vulnerable packages of a source tree.
    DependencyScanning,
    /// Vulnerable packages of an image.
    ContainerScanning,
    /// Vulnerable packages of images that run in a Kubernetes cluster.
    ClusterImageScanning,
    /// Weaknesses of a running application.
    Dast,
    /// Weaknesses that fuzzing an API found.
    ApiFuzzing,
    /// Crashes that fuzzing a program found.
    CoverageFuzzing,
}

impl Kind {
    /// Every kind, in the order of declaration.
    pub const ALL: [Self; 8] = [
        Self::Sast,
        Self::SecretDetection,
        Self::DependencyScanning,
        Self::ContainerScanning,
        Self::ClusterImageScanning,
        Self::Dast,
        Self::ApiFuzzing,
        Self::CoverageFuzzing,
    ];

    /// GitLab's spelling, as in `scan.type` and `artifacts:reports`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sast => "sast",
            Self::SecretDetection => "secret_detection",
            Self::DependencyScanning => "dependency_scanning",
            Self::ContainerScanning => "container_scanning",
            Self::ClusterImageScanning => "cluster_image_scanning",
            Self::Dast => "dast",
            Self::ApiFuzzing => "api_fuzzing",
            Self::CoverageFuzzing => "coverage_fuzzing",
        }
    }

    /// The name with dashes, as in `gl-container-scanning-report.json` and the schema files.
    #[must_use]
    pub const fn slug(self) -> &'static str {
        match self {
            Self::Sast => "sast",
            Self::SecretDetection => "secret-detection",
            Self::DependencyScanning => "dependency-scanning",
            Self::ContainerScanning => "container-scanning",
            Self::ClusterImageScanning => "cluster-image-scanning",
            Self::Dast => "dast",
            Self::ApiFuzzing => "api-fuzzing",
            Self::CoverageFuzzing => "coverage-fuzzing",
        }
    }

    /// The kind of that spelling, with underscores or dashes;
    /// `container_scanning_for_registry` is container scanning.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text == "container_scanning_for_registry" {
            return Some(Self::ContainerScanning);
        }
        Self::ALL.into_iter().find(|kind| kind.as_str() == text || kind.slug() == text)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
