//! Words of tools that write several formats, so that each of them is read the same way.

pub mod bandit;
pub mod checkmarx;
pub mod dependency_check;
pub mod invicti;
pub mod ruff;
pub mod wapiti;
pub mod zap;
