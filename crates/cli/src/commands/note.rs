//! `scanlift note`.

use crate::{
    args::{Note, NotePost, NoteWhat},
    commands::issues,
    exit,
    explain::{self, Failure},
    inputs::shown,
    log,
};
use scanlift_convert_api::Input as _;
use scanlift_input::Source;
use scanlift_issues::{Posted, post_note};
use std::io::Read as _;

/// The most characters of a note (GitLab's documentation, `administration/instance_limits.md`).
const LIMIT: usize = 1_000_000;

/// Puts a text on a merge request.
pub(crate) fn run(options: &Note) -> Result<u8, Failure> {
    match &options.what {
        NoteWhat::Post(options) => post(options),
    }
}

fn post(options: &NotePost) -> Result<u8, Failure> {
    let text = read(options)?;
    if text.trim().is_empty() {
        return Err(Failure::input("the note is empty"));
    }
    if text.chars().count() > LIMIT {
        return Err(Failure::input(format!(
            "the note has more than {LIMIT} characters, which GitLab refuses"
        ))
        .help("`scanlift render --format markdown` keeps within the limit"));
    }
    if options.dry_run {
        return Ok(log::answer(text.as_bytes()));
    }
    let Some(merge_request) = options.merge_request else {
        return Err(Failure::usage("it is not known which merge request is meant")
            .help("name it with --merge-request; in merge request pipelines CI_MERGE_REQUEST_IID says it"));
    };
    let token = issues::token(&options.server)?.ok_or_else(|| issues::no_token("notes"))?;
    let sleep = issues::patient;
    let client = issues::client(&options.server, Some(token), &sleep)?;
    let posted = post_note(&client, merge_request, &text).map_err(|error| issues::explain(&error))?;
    log::info(&match posted {
        Posted::New(id) => format!("wrote note {id} on merge request {merge_request}"),
        Posted::Replaced(id) => format!("wrote note {id} on merge request {merge_request} anew"),
        _ => format!("wrote a note on merge request {merge_request}"),
    });
    Ok(exit::DONE)
}

fn read(options: &NotePost) -> Result<String, Failure> {
    let label = options.file.display().to_string();
    let label = shown(&label);
    let source = if options.file.as_os_str() == "-" { Source::stdin() } else { Source::file(&options.file) };
    let source = source.map_err(|error| explain::open(&error))?;
    let mut text = String::new();
    let done = source.open().and_then(|stream| stream.take(8 * LIMIT as u64).read_to_string(&mut text));
    done.map_err(|error| explain::read(label, &error))?;
    Ok(text)
}
