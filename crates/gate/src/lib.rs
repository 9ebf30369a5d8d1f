//! Answers whether findings may pass: GitLab's approval policies, and simple limits.
