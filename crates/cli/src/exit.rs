//! The exit codes: a contract, the same for all commands.

/// Done, whether something was found or not.
pub(crate) const DONE: u8 = 0;
/// The answer is no (`validate`, `diff --exit-code`).
pub(crate) const NO: u8 = 1;
/// Wrong usage or configuration.
pub(crate) const USAGE: u8 = 2;
/// An input is missing, unreadable, not recognised, or broken.
pub(crate) const INPUT: u8 = 3;
/// Output cannot be written.
pub(crate) const OUTPUT: u8 = 4;
