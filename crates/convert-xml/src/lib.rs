//! Lifts what scanners with small formats of their own write, one module and one feature each.
//!
//! It leaves out: formats with a model of many objects, which are crates of their own.

pub mod scanner;

#[cfg(any(feature = "arachni", feature = "burp", feature = "qualys"))]
mod base64;
#[cfg(any(feature = "invicti", feature = "nexpose"))]
mod markup;
#[allow(dead_code, reason = "not every scanner uses all of it")]
mod rest;
