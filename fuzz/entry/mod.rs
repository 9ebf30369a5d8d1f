//! What is fuzzed: functions that take any bytes, and panic when a law does not hold.
//!
//! The fuzzer's targets call them, and `fixtures/mutations.rs` as property tests.
#![allow(dead_code, reason = "each target uses one of them")]

pub(crate) mod convert;
pub(crate) mod files;
pub(crate) mod remedies;
pub(crate) mod render;
pub(crate) mod reports;
pub(crate) mod triage;
