//! Runs the program as its users do.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod ci;
mod convert;
mod faults;
mod further;
mod gate;
mod guides;
mod hostile;
mod ignore;
mod issues;
mod other;
mod printed;
mod remediate;
mod render;
mod report;
mod strict;
mod support;
mod threads;
mod triage;
mod validate;
mod vex;
