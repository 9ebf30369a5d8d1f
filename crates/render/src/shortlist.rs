//! The worst findings, as many as are shown: memory does not grow with the others.

use crate::{
    error::RenderError,
    escape::cut,
    finding::{Item, State},
    report::Findings,
};
use scanlift_report_core::Severity;
use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap},
};

/// What is shown of a finding in a list.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) severity: Severity,
    pub(crate) kind: &'static str,
    pub(crate) scanner: String,
    pub(crate) title: String,
    pub(crate) place: String,
    /// As `name 1.2.3`.
    pub(crate) package: String,
    pub(crate) rule: String,
    pub(crate) identifiers: String,
    pub(crate) link: Option<String>,
    pub(crate) description: String,
    pub(crate) solution: String,
}

/// How much of a description is kept.
const DESCRIPTION: usize = 1_200;

impl Entry {
    fn of(item: &Item<'_>) -> Self {
        let own = &item.vulnerability;
        let (package, version) = own.location.package();
        let text = |text: Option<&str>| cut(text.unwrap_or_default().trim(), DESCRIPTION).into_owned();
        Self {
            severity: item.severity,
            kind: item.scan.kind(),
            scanner: item.scan.scanner.clone(),
            title: cut(&item.title(), 255).into_owned(),
            place: cut(&own.location.place(), 500).into_owned(),
            package: cut(format!("{package} {version}").trim(), 255).into_owned(),
            rule: cut(item.rule(), 100).into_owned(),
            identifiers: cut(&item.all_identifiers(), 500).into_owned(),
            link: item.link().map(str::to_owned),
            description: text(own.description.as_deref()),
            solution: text(own.solution.as_deref()),
        }
    }
}

/// The least important is the greatest.
#[derive(PartialEq, Eq)]
struct Ranked {
    key: (Reverse<Severity>, u64),
    entry: Entry,
}

impl Ord for Ranked {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key.cmp(&other.key)
    }
}

impl PartialOrd for Ranked {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// The worst findings of each state, the worst first, at most `most` of each.
pub(crate) fn worst(
    findings: &Findings<'_>,
    most: usize,
) -> Result<BTreeMap<State, Vec<Entry>>, RenderError> {
    let mut lists: BTreeMap<State, BinaryHeap<Ranked>> = BTreeMap::new();
    findings.each(&mut |item| {
        let list = lists.entry(item.state).or_default();
        let key = (Reverse(item.severity), item.index);
        if list.len() < most {
            list.push(Ranked { key, entry: Entry::of(item) });
        } else if let Some(mut last) = list.peek_mut()
            && key < last.key
        {
            *last = Ranked { key, entry: Entry::of(item) };
        }
        Ok(())
    })?;
    let sorted =
        |list: BinaryHeap<Ranked>| list.into_sorted_vec().into_iter().map(|ranked| ranked.entry).collect();
    Ok(lists.into_iter().map(|(state, list)| (state, sorted(list))).collect())
}
