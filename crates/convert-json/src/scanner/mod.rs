//! The scanners, one module and one feature each.

// @generated begin modules
#[cfg(feature = "grype")]
pub mod grype;
#[cfg(feature = "openvex")]
pub mod openvex;
// @generated end modules
