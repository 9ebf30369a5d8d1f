//! Pipeline jobs, CI/CD components and policies for a scanner, by GitLab's conventions
//! (`development/integrations/secure.md`, `ci/components/_index.md`).
//!
//! It leaves out: running anything, and writing files. YAML comes from a library.
//!
//! ```
//! use scanlift_ci::{Custom, Job, Scanner};
//!
//! let job = Job::new(Scanner::find("bandit", &Custom::default())?, "0.1.0");
//! let yaml = job.document().to_yaml()?;
//! assert!(yaml.contains("\nbandit_sast:\n"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod component;
mod configuration;
mod demo;
mod file;
mod job;
mod policy;
mod release;
mod rules;
mod scanner;
mod yaml;

pub mod doctor;

pub use component::{repository, template};
pub use demo::demo;
pub use file::File;
pub use job::{Job, Provision};
pub use policy::{POLICY_FILE, Policies};
pub use release::{Release, ReleaseError};
pub use rules::{disabled_variable, feature, rules};
pub use scanner::{Custom, Scanner, ScannerError};
pub use yaml::{Document, Node, YamlError};
