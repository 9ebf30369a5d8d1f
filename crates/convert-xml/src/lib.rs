//! Lifts what scanners with small formats of their own write, one module and one feature each.
//!
//! Without features it is empty: name the scanners that are wanted, or use `scanlift-converters`, which has all.
//!
//! It leaves out: formats with a model of many objects, which are crates of their own.

pub mod scanner;

#[cfg(any(feature = "invicti", feature = "nexpose", feature = "openscap"))]
mod markup;
#[allow(dead_code, reason = "not every scanner uses all of it")]
mod rest;

#[cfg(all(
    test,
    feature = "acunetix",
    feature = "burp",
    feature = "checkmarx",
    feature = "checkstyle",
    feature = "cppcheck",
    feature = "invicti",
    feature = "nessus",
    feature = "nikto",
    feature = "nmap",
    feature = "openscap",
    feature = "openvas",
    feature = "pmd",
    feature = "qualys",
    feature = "spotbugs",
    feature = "veracode",
    feature = "zap-xml"
))]
mod variants;
