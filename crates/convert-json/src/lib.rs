//! Lifts what scanners with small formats of their own write, one module and one feature each.
//!
//! Without features it is empty: name the scanners that are wanted, or use `scanlift-converters`, which has all.
//!
//! It leaves out: formats with a model of many objects, which are crates of their own.

mod audit;
#[cfg(any(feature = "asff", feature = "inspector2"))]
mod aws;
mod field;
mod layout;
mod leak;
#[cfg(any(feature = "mobsfscan", feature = "njsscan"))]
mod libsast;
pub mod scanner;
#[cfg(any(feature = "snyk", feature = "snyk-api"))]
mod snyk_issue;
