//! GitLab's report schemas as scanlift's own constraints: versions 15.0.x, 15.1.x and 15.2.x, all kinds.
//!
//! They are written from the model of `scanlift-report-core`, and a test proves that they give the
//! verdict of the published schemas.

mod details;
mod error;
mod form;
mod location;
mod report;
mod shape;
#[cfg(test)]
pub(crate) mod tests;

pub use error::{Problem, SchemaError};
pub use shape::Form;
pub(crate) use shape::{Errors, Object, Pointer, Shape};

use scanlift_report_core::{Kind, SchemaVersion};

/// The constraints of one version and kind, part by part, so that a report can be checked in a stream.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Schema {
    /// The fields of the report itself.
    pub(crate) report: &'static Object,
    pub(crate) vulnerability: Vulnerability,
}

/// The constraints of a vulnerability: those of every kind, and those that the kind decides.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Vulnerability {
    common: &'static Object,
    own: &'static [(&'static str, &'static Shape)],
}

impl Schema {
    /// The constraints of a version for a kind.
    pub(crate) fn of(version: SchemaVersion, kind: Kind) -> Self {
        let oldest = version == SchemaVersion::V15_0_7;
        let newest = version == SchemaVersion::V15_2_1;
        let common = match (oldest, newest) {
            (true, _) => &report::VULNERABILITY_15_0,
            (_, false) => &report::VULNERABILITY_15_1,
            _ => &report::VULNERABILITY_15_2,
        };
        let own = match kind {
            Kind::Sast => location::SAST,
            Kind::SecretDetection => location::SECRET,
            Kind::DependencyScanning if oldest => location::DEPENDENCY_15_0,
            Kind::DependencyScanning => location::DEPENDENCY,
            Kind::ContainerScanning if oldest => location::IMAGE_15_0,
            Kind::ContainerScanning => location::IMAGE,
            Kind::ClusterImageScanning if oldest => location::CLUSTER_15_0,
            Kind::ClusterImageScanning => location::CLUSTER,
            Kind::Dast | Kind::ApiFuzzing => location::WEB,
            Kind::CoverageFuzzing => location::CRASH,
        };
        Self { report: report::of(kind, oldest, newest), vulnerability: Vulnerability { common, own } }
    }

    /// What a field of the report must be.
    pub(crate) fn field(&self, key: &str) -> Option<&'static Shape> {
        self.report.fields.iter().find(|(name, _)| *name == key).map(|(_, shape)| *shape)
    }
}

impl Vulnerability {
    pub(crate) fn check(&self, value: &serde_json::Value, at: &Pointer<'_>, errors: &mut dyn Errors) {
        let serde_json::Value::Object(map) = value else {
            return errors.push(at, Problem::kind("an object", value));
        };
        self.common.check(map, at, errors);
        for (key, shape) in self.own {
            if let Some(value) = map.get(*key) {
                shape.check(value, &at.key(key), errors);
            }
        }
    }
}
