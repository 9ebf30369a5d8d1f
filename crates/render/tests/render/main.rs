//! Writes every format from reports, and reads it back as its users do.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test that cannot go on has failed")]

mod browser;
mod data;
mod faults;
mod markdown;
mod tables;
mod terminal;
mod trend;
