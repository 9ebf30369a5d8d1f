//! Lifts what scanners with small formats of their own write, one module and one feature each.
//!
//! It leaves out: formats with a model of many objects, which are crates of their own.

pub mod scanner;
