//! What is new, still there and fixed since the base reports: as GitLab tells it on a merge request.

use crate::{
    error::RenderError,
    finding::State,
    report::{Report, Scan},
};
use scanlift_ingest::{Duplicate, Fate, Finding, Options, judge};
use scanlift_report_core::Kind;

/// What became of every finding.
#[derive(Debug)]
pub(crate) struct Trend {
    /// By the finding's number, those of the base reports behind those of the head. A finding of the base that
    /// is still there, or whose kind was not scanned again, is known: it is not shown a second time.
    pub(crate) states: Vec<State>,
    /// Kinds that the base has and the head has not.
    pub(crate) missing: Vec<Kind>,
}

/// The number of a project is a part of every UUID, and the same on both sides.
const PROJECT: u64 = 1;

pub(crate) fn compare(reports: &[Report<'_>], scans: &[Scan]) -> Result<Trend, RenderError> {
    let count: usize = scans.iter().map(|scan| scan.severities.len()).sum();
    let head: usize = scans.iter().filter(|scan| !scan.is_base).map(|scan| scan.severities.len()).sum();
    let mut states = vec![State::New; count];
    states[head..].fill(State::Known);
    let mut missing = Vec::new();
    for kind in Kind::ALL {
        let is_in = |base: bool| scans.iter().any(|scan| scan.is_base == base && scan.kind == Some(kind));
        match (is_in(true), is_in(false)) {
            (true, true) => compare_kind(kind, reports, scans, &mut states)?,
            (true, false) => missing.push(kind),
            (false, _) => {}
        }
    }
    Ok(Trend { states, missing })
}

fn compare_kind(
    kind: Kind,
    reports: &[Report<'_>],
    scans: &[Scan],
    states: &mut [State],
) -> Result<(), RenderError> {
    let mut sides = [Vec::new(), Vec::new()];
    let mut repeated = Vec::new();
    for (report, scan) in reports.iter().zip(scans).filter(|(_, scan)| scan.kind == Some(kind)) {
        let [head, base] = &mut sides;
        read(report, scan, if scan.is_base { base } else { head }, &mut repeated)?;
    }
    let [head, base] = sides;
    let comparison = scanlift_ingest::compare(kind, base, head, true);
    for (findings, state) in [
        (&comparison.added, State::New),
        (&comparison.common, State::Known),
        (&comparison.fixed, State::Fixed),
        (&comparison.gone, State::Gone),
    ] {
        findings.iter().for_each(|finding| set(states, finding.index, state));
    }
    for (index, of) in repeated {
        let state = usize::try_from(of).ok().and_then(|of| states.get(of)).copied();
        // A repetition in the base is not told of twice.
        set(states, index, state.filter(|state| state.is_there()).unwrap_or(State::Known));
    }
    Ok(())
}

fn set(states: &mut [State], index: u64, state: State) {
    if let Some(slot) = usize::try_from(index).ok().and_then(|index| states.get_mut(index)) {
        *slot = state;
    }
}

/// What GitLab ingests of a report, numbered through all reports; and what it merges into an earlier one.
fn read(
    report: &Report<'_>,
    scan: &Scan,
    findings: &mut Vec<Finding>,
    repeated: &mut Vec<(u64, u64)>,
) -> Result<(), RenderError> {
    let mut options = Options::new(PROJECT);
    options.kind = scan.kind;
    let judged = judge(report.input, &options, &mut |finding, fate| match fate {
        Fate::Ingested => findings.push(slim(finding, scan.first)),
        Fate::Duplicate(Duplicate { of, .. }) => {
            repeated.push((scan.first + finding.index, scan.first + of));
        }
        _ => {}
    });
    let label = || report.label.to_owned();
    let verdict = judged.map_err(|source| RenderError::Read { label: label(), source })?;
    match verdict.errors.first() {
        None => Ok(()),
        Some(problem) => Err(RenderError::Refused { label: label(), problem: problem.to_string() }),
    }
}

/// Only what is compared.
fn slim(finding: &Finding, first: u64) -> Finding {
    let mut slim = finding.clone();
    slim.index += first;
    (slim.id, slim.name, slim.place) = (None, String::new(), String::new());
    slim.identifiers.truncate(1);
    for primary in &mut slim.identifiers {
        (primary.kind, primary.value, primary.name) = (String::new(), String::new(), String::new());
    }
    slim.identifiers.shrink_to_fit();
    slim
}
