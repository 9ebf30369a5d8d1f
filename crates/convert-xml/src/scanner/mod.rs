//! The scanners, one module and one feature each.

// @generated begin modules
#[cfg(feature = "dependency-check")]
pub mod dependency_check;
// @generated end modules
