//! Findings that people decided to ignore: why, until when, and who says so.
