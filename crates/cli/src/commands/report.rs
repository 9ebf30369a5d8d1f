//! What the commands on GitLab's reports share: opening, judging, and saying what is lost.

use crate::{
    explain::{self, Failure},
    inputs::shown,
    log::{self, DIM, YELLOW},
};
use scanlift_convert_api::ConvertError;
use scanlift_ingest::{Advice, Fate, Finding, Options, Verdict};
use scanlift_input::Source;
use scanlift_report_core::Kind;
use serde_json::{Value, json};
use std::{fmt::Write as _, path::Path};

/// A report with GitLab's verdict on it.
pub(crate) struct Judged {
    /// As the user named it.
    pub(crate) label: String,
    pub(crate) verdict: Verdict,
}

/// Judges a report; `see` is called for every finding of it.
pub(crate) fn judge(
    path: &Path,
    kind: Option<Kind>,
    project: u64,
    see: &mut dyn FnMut(&Finding, &Fate),
) -> Result<Judged, Failure> {
    let label = path.display().to_string();
    let source = if path.as_os_str() == "-" { Source::stdin() } else { Source::file(path) };
    let source = source.map_err(|error| explain::open(&error))?;
    let mut options = Options::new(project);
    options.kind = kind;
    let label = shown(&label).to_owned();
    match scanlift_ingest::judge(&source, &options, see) {
        Ok(verdict) => Ok(Judged { label, verdict }),
        Err(ConvertError::Read(error)) => Err(explain::read(&label, &error)),
        Err(error) => Err(Failure::input(explain::chain(&error))),
    }
}

/// Judges a report of which every finding is needed: gives those that GitLab ingests, in its order.
/// A refused report is a failure.
pub(crate) fn ingested(
    path: &Path,
    kind: Option<Kind>,
    project: u64,
) -> Result<(Judged, Vec<Finding>), Failure> {
    let mut findings = Vec::new();
    let judged = judge(path, kind, project, &mut |finding, fate| {
        if *fate == Fate::Ingested {
            findings.push(finding.clone());
        }
    })?;
    if let Some(error) = judged.verdict.errors.first() {
        let headline = format!("GitLab refuses {}: {error}", judged.label);
        return Err(
            Failure::input(headline).help("`scanlift validate` lists everything that is wrong with it")
        );
    }
    scanlift_ingest::sort(&mut findings);
    Ok((judged, findings))
}

/// What GitLab merges, leaves out and cuts, a line each.
pub(crate) fn write_losses(out: &mut String, verdict: &Verdict) {
    if !verdict.is_accepted() {
        return;
    }
    for dropped in verdict.dropped.iter().take(10) {
        let name = log::escape(&dropped.name);
        let _ = writeln!(
            out,
            "  {YELLOW}!{YELLOW:#} number {} ({name}) is {}",
            dropped.index,
            log::escape(&dropped.reason)
        );
    }
    let more = verdict.dropped_count.saturating_sub(10);
    if more > 0 {
        let _ = writeln!(out, "  {DIM}and {more} more findings that GitLab does not show{DIM:#}");
    }
    for (advice, advised) in &verdict.advice {
        let first: Vec<String> = advised.first.iter().take(3).map(u64::to_string).collect();
        let dots = if advised.count > 3 { ", …" } else { "" };
        let _ = writeln!(
            out,
            "  {YELLOW}!{YELLOW:#} {} {DIM}({}: number {}{dots}){DIM:#}",
            meaning(*advice),
            advised.count,
            first.join(", ")
        );
    }
}

/// The same as JSON.
pub(crate) fn losses(verdict: &Verdict) -> Value {
    let dropped = verdict.dropped.iter().map(|dropped| {
        json!({
            "index": dropped.index, "id": dropped.id, "name": dropped.name, "reason": dropped.reason,
            "duplicate_of": dropped.duplicate_of,
        })
    });
    let advice = verdict.advice.iter().map(|(advice, advised)| {
        json!({
            "code": code(*advice), "meaning": meaning(*advice), "count": advised.count, "first": advised.first,
        })
    });
    json!({
        "dropped_count": verdict.dropped_count,
        "dropped": dropped.collect::<Vec<_>>(),
        "advice": advice.collect::<Vec<_>>(),
    })
}

/// A stable name for programs.
fn code(advice: Advice) -> String {
    let name = format!("{advice:?}");
    let mut code = String::with_capacity(name.len() + 4);
    for (index, c) in name.char_indices() {
        if c.is_ascii_uppercase() && index > 0 {
            code.push('-');
        }
        code.push(c.to_ascii_lowercase());
    }
    code
}

fn meaning(advice: Advice) -> &'static str {
    match advice {
        Advice::IdentifiersCut => "only the first 20 identifiers are stored",
        Advice::TitleCut => "the name is cut to 255 characters",
        Advice::NameGenerated => "no name: GitLab makes one from an identifier and the place",
        Advice::DescriptionCut => "the description is cut to 15,000 characters",
        Advice::SolutionCut => "the solution is cut to 7,000 characters",
        Advice::SeverityMissing => "no severity: it is stored as Unknown",
        Advice::FlagDescriptionCut => "the description of a flag is cut to 1,000 characters",
        Advice::LinkUrlLong => {
            "a link's address has more than 2,048 characters: its slice of 50 findings may be lost"
        }
        Advice::LinkNameLong => {
            "a link's name has more than 255 characters: its slice of 50 findings may be lost"
        }
        Advice::ImageWithoutTag => "an image without a tag: its name is no part of the identity",
        Advice::ImagePortAsTag => {
            "an image with a port and no tag: all behind the port is no part of the identity"
        }
        Advice::NoFile => "no file: findings with the same identifier become one",
        Advice::FileNotRelative => {
            "a file that is no path from the repository's root: links to the code break"
        }
        Advice::LineIsFloat => "a line written as 1.0 is another identity than 1",
        _ => "something else",
    }
}
