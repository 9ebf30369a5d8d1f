//! `cargo xtask fixtures [id]`: writes the snapshots of the conformance tests anew.
//!
//! Reading the diff afterwards is the review.

use crate::files::{root, say};
use std::process::Command;

/// Runs the cases of a format (or one case, `sarif/single`), or all, and takes over what comes out.
pub(crate) fn run(filter: Option<&str>) -> Result<(), String> {
    let filter = match filter {
        // Only whole formats: `sarif` must not run `corpus/sarif`.
        Some(id) if id.contains('/') => vec![id.to_owned(), "--exact".to_owned()],
        Some(id) => {
            if !root().join("fixtures").join(id).is_dir() {
                return Err(format!("there is no folder fixtures/{id}"));
            }
            vec![format!("{id}/"), "--skip".to_owned(), "corpus/".to_owned()]
        }
        None => vec!["--skip".to_owned(), "corpus/".to_owned()],
    };
    let status = Command::new(env!("CARGO"))
        .current_dir(root())
        .args(["test", "--package", "scanlift-fixtures", "--test", "conformance", "--"])
        .args(filter)
        .env("INSTA_UPDATE", "always")
        .env("INSTA_FORCE_PASS", "1")
        .status()
        .map_err(|e| format!("failed to start cargo: {e}"))?;
    if !status.success() {
        return Err("some cases break a law that no snapshot can mend; the others are written".to_owned());
    }
    say("written; read `git diff fixtures` before you commit it");
    Ok(())
}
