//! Every converter that ships with scanlift, one feature each, all on by default.
//!
//! The only crate that knows them all: a program goes through it, so that no converter is left
//! unlinked. It holds no code of its own beyond the lists.
//!
//! ```
//! let registry = scanlift_converters::registry();
//! let ids: Vec<_> = registry.iter().map(|converter| converter.descriptor().id).collect();
//! assert!(ids.is_sorted());
//! ```

use scanlift_convert_api::{Converter, Registry};

// @generated begin re-exports
#[cfg(feature = "csaf")]
pub use scanlift_convert_csaf as csaf;
#[cfg(feature = "cyclonedx")]
pub use scanlift_convert_cyclonedx as cyclonedx;
#[cfg(feature = "dependency-check")]
pub use scanlift_convert_xml::scanner::dependency_check;
#[cfg(feature = "grype")]
pub use scanlift_convert_json::scanner::grype;
#[cfg(feature = "openvex")]
pub use scanlift_convert_json::scanner::openvex;
#[cfg(feature = "sarif")]
pub use scanlift_convert_sarif as sarif;
#[cfg(feature = "trivy")]
pub use scanlift_convert_trivy as trivy;
// @generated end re-exports

/// The converters of this tree, by id.
pub static BUILTIN: &[&'static dyn Converter] = &[
    // @generated begin converters
    #[cfg(feature = "csaf")]
    &scanlift_convert_csaf::CONVERTER,
    #[cfg(feature = "cyclonedx")]
    &scanlift_convert_cyclonedx::CONVERTER,
    #[cfg(feature = "dependency-check")]
    &scanlift_convert_xml::scanner::dependency_check::CONVERTER,
    #[cfg(feature = "grype")]
    &scanlift_convert_json::scanner::grype::CONVERTER,
    #[cfg(feature = "openvex")]
    &scanlift_convert_json::scanner::openvex::CONVERTER,
    #[cfg(feature = "sarif")]
    &scanlift_convert_sarif::CONVERTER,
    #[cfg(feature = "trivy")]
    &scanlift_convert_trivy::CONVERTER,
    // @generated end converters
];

/// Every converter of the program: those of this tree, and those of other crates that register
/// themselves. Where nothing can register itself (wasm), those of this tree.
///
/// # Panics
/// If two converters of the program have the same id: whoever adds one to a program sees it at the
/// first start.
#[must_use]
pub fn registry() -> Registry {
    let linked = Registry::linked();
    let registry = match linked {
        Ok(linked) if linked.iter().next().is_none() => Registry::new(BUILTIN.iter().copied()),
        linked => linked,
    };
    registry.expect("every converter has an id of its own")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_builtin_is_linked_and_the_other_way_round() {
        let linked = Registry::linked().expect("no two converters of one id");
        let linked: Vec<_> = linked.iter().map(|converter| converter.descriptor().id).collect();
        let builtin: Vec<_> = BUILTIN.iter().map(|converter| converter.descriptor().id).collect();
        assert_eq!(linked, builtin);
    }
}
