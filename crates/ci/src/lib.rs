//! Pipeline jobs, components and policies for a scanner, by GitLab's conventions.
