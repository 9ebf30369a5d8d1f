//! Issues and notes in GitLab: one issue for each finding, once, and one note on a merge request
//! (GitLab's documentation, `api/issues.md` and `api/notes.md`).
//!
//! Each issue carries a hidden marker, by which the next run knows it again: a run that was cut off
//! is simply run again. It leaves out: reading reports and the environment, waiting (the caller
//! gives a function that sleeps), and talking to people.

mod body;
mod client;
mod marker;
mod note;
mod sync;
mod token;

pub use body::{Entry, Grouping, JOINER, escape};
pub use client::{Client, ClientError, Settings};
pub use marker::{Marker, Scope};
pub use note::{NOTE_MARKER, Posted, post_note};
pub use sync::{Action, Outcome, Plan, Wishes, execute, plan};
pub use token::{Token, TokenKind};
