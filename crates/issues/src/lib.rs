//! Issues and notes in GitLab, once for each finding.
