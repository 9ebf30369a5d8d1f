//! Files that are laid down together.

/// A file by its place in a project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Relative, with `/`.
    pub path: String,
    /// Its text.
    pub content: String,
}

impl File {
    pub(crate) fn new(path: impl Into<String>, content: impl Into<String>) -> Self {
        Self { path: path.into(), content: content.into() }
    }
}
