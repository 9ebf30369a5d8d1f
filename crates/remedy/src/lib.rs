//! Patches that mend findings: from a scanner's fixes, and from fixed versions in manifests.
