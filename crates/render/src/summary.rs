//! Numbers of findings, by everything that people ask for first.

use crate::{finding::State, report::Findings};
use scanlift_report_core::{Kind, Severity};
use std::collections::BTreeMap;

/// Findings by severity, the worst first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts([u64; 6]);

impl Counts {
    pub(crate) fn add(&mut self, severity: Severity) {
        self.0[severity as usize] += 1;
    }

    pub(crate) fn of(&self, severity: Severity) -> u64 {
        self.0[severity as usize]
    }

    pub(crate) fn total(&self) -> u64 {
        self.0.iter().sum()
    }

    pub(crate) fn plus(mut self, other: &Self) -> Self {
        self.0.iter_mut().zip(other.0).for_each(|(own, other)| *own += other);
        self
    }

    /// As `3 Critical, 1 Low`; `none` if there is nothing.
    pub(crate) fn in_words(&self) -> String {
        let counts = Severity::WORST_FIRST.map(|severity| (self.of(severity), severity));
        let counts = counts.iter().filter(|(count, _)| *count > 0);
        let words: Vec<_> = counts.map(|(count, severity)| format!("{count} {severity}")).collect();
        if words.is_empty() { "none".to_owned() } else { words.join(", ") }
    }
}

/// The numbers of all findings.
#[derive(Debug, Default)]
pub(crate) struct Summary {
    /// By kind and scanner, in this order, then by state.
    pub(crate) scans: BTreeMap<(Option<Kind>, String), BTreeMap<State, Counts>>,
}

impl Summary {
    pub(crate) fn of(findings: &Findings<'_>) -> Self {
        let mut summary = Self::default();
        for scan in &findings.scans {
            let states = summary.scans.entry((scan.kind, scan.scanner.clone()));
            // A scan that found nothing is told of, too.
            if scan.is_base && scan.severities.is_empty() {
                continue;
            }
            let states = states.or_default();
            for (index, severity) in (scan.first..).zip(&scan.severities) {
                let state = findings.state(index);
                if !(scan.is_base && state.is_there()) {
                    states.entry(state).or_default().add(*severity);
                }
            }
        }
        // What only the base had, and of which nothing is shown.
        let is_in_head = |kind, scanner: &str| {
            findings.scans.iter().any(|it| !it.is_base && it.kind == kind && it.scanner == scanner)
        };
        summary.scans.retain(|(kind, scanner), states| !states.is_empty() || is_in_head(*kind, scanner));
        summary
    }

    pub(crate) fn state(&self, state: State) -> Counts {
        let counts = self.scans.values().filter_map(|states| states.get(&state));
        counts.fold(Counts::default(), Counts::plus)
    }

    /// What is there now.
    pub(crate) fn present(&self) -> Counts {
        self.scans.values().fold(Counts::default(), |all, states| all.plus(&present(states)))
    }

    /// In a sentence without full stop.
    pub(crate) fn headline(&self, is_compared: bool) -> String {
        let total = self.present().total();
        let plural = if total == 1 { "finding" } else { "findings" };
        if !is_compared {
            return format!("{total} {plural}");
        }
        let mut parts: Vec<_> = [State::New, State::Known, State::Fixed]
            .map(|state| format!("{} {}", self.state(state).total(), state.in_words()))
            .into();
        let gone = self.state(State::Gone).total();
        if gone > 0 {
            parts.push(format!("{gone} {}", State::Gone.in_words()));
        }
        format!("{total} {plural}: {}", parts.join(", "))
    }
}

/// What is there now, of one scan.
pub(crate) fn present(states: &BTreeMap<State, Counts>) -> Counts {
    let there = states.iter().filter(|(state, _)| state.is_there());
    there.fold(Counts::default(), |all, (_, counts)| all.plus(counts))
}
