//! Where there is room for temporary files.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// The folder for temporary files that are moved nowhere.
///
/// It is the system's, or the current one where the system has none that can be written to: an image FROM scratch has no
/// `/tmp`, and that of a read-only one cannot be written to. It is tried once, when somebody asks.
pub fn temp_dir() -> &'static Path {
    static ROOM: OnceLock<PathBuf> = OnceLock::new();
    ROOM.get_or_init(|| {
        let usual = std::env::temp_dir();
        if tempfile::tempfile_in(&usual).is_ok() { usual } else { PathBuf::from(".") }
    })
}
