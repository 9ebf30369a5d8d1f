//! Patches that mend findings: from a scanner's fixes, and from fixed versions in manifests.
//!
//! [`Remedies`] is told of the findings of a report, in its order, and makes the patches at its end:
//!
//! - the first fix of a finding that fits the file becomes a patch ([`fix`]);
//! - a package whose fixed versions are known is lifted to the lowest one that mends all its findings,
//!   in the file that asks for it ([`manifest`], [`version`], [`requirement`]);
//! - every finding that could be mended and is not has its [`Reason`].
//!
//! A patch is a unified diff with git's headers ([`diff`]); each one is read again and applied to the
//! original text before it is offered ([`patch`]). Only text files below the root are read ([`tree`]).
//!
//! The crate leaves out: writing files, and telling people (the CLI).
//!
//! ```
//! use scanlift_remedy::{diff, patch::Patch};
//!
//! let diff = diff::write([diff::FileDiff { path: "a.txt", old: "1\n2\n", new: "1\n3\n", executable: false }]);
//! let patch = Patch::parse(&diff)?;
//! let edits = patch.files[0].edits("1\n2\n")?;
//! assert_eq!(edits.apply("1\n2\n").as_deref(), Some("1\n3\n"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod diff;
pub mod edits;
pub mod fix;
pub mod manifest;
pub mod patch;
pub mod requirement;
pub mod tree;
pub mod version;

mod candidate;
mod made;
mod refusal;
mod region;
mod remedies;
mod upgrade;

pub use candidate::Candidate;
pub use edits::Edits;
pub use refusal::{Reason, Refusal};
pub use remedies::{Left, Outcome, Remedies};
pub use tree::Tree;
pub use upgrade::Upgrade;
pub use version::Ecosystem;
