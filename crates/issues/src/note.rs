//! A note on a merge request that takes the place of the one before.

use crate::{Client, ClientError};

/// The hidden line by which a note of scanlift is known again.
pub const NOTE_MARKER: &str = "<!-- scanlift:note -->";

/// What became of a note.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Posted {
    /// There was none; this is its number.
    New(u64),
    /// The one before has the new text.
    Replaced(u64),
}

/// Puts a text on a merge request, in place of what an earlier run put there.
///
/// # Errors
/// If GitLab cannot be reached or says no.
pub fn post_note(client: &Client<'_>, merge_request: u64, text: &str) -> Result<Posted, ClientError> {
    let body = if text.contains(NOTE_MARKER) { text.to_owned() } else { format!("{NOTE_MARKER}\n\n{text}") };
    let is_ours = |note: &&crate::client::Note| !note.system && note.body.contains(NOTE_MARKER);
    let notes = client.notes(merge_request)?;
    let earlier: Vec<u64> = notes.iter().filter(is_ours).map(|note| note.id).collect();
    for id in earlier {
        match client.put_note(merge_request, Some(id), &body) {
            Ok(note) => return Ok(Posted::Replaced(note.id)),
            // Somebody else's copy of a note cannot be changed; ours may be an older one.
            Err(ClientError::Refused { status: 403 | 404, .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(Posted::New(client.put_note(merge_request, None, &body)?.id))
}
