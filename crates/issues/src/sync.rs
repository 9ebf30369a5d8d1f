//! What is to be done so that there is one issue for each group of findings, and doing it.

use crate::{
    Client, ClientError, Entry, Grouping, Marker, Scope,
    body::{description, title},
    client::{Issue, NewIssue},
};
use scanlift_report_core::Severity;
use std::collections::{BTreeMap, BTreeSet};

/// What is wished.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Wishes {
    /// What findings are gathered by.
    pub grouping: Grouping,
    /// No issue for what is below.
    pub min_severity: Option<Severity>,
    /// UUIDs that have been there before: no issue for these. `None` for all findings.
    pub known: Option<BTreeSet<String>>,
    /// Labels beside [`Wishes::LABEL`].
    pub labels: Vec<String>,
    /// Whether only members of the project may see the issues.
    pub confidential: bool,
    /// What was scanned: its issues are closed when their findings are gone, also where nothing was found.
    pub close_fixed: BTreeSet<Scope>,
}

impl Wishes {
    /// The label of every issue, by which they are looked up.
    pub const LABEL: &'static str = "scanlift";
    /// The label of an issue that was closed since its findings were gone, and by nobody else: it is
    /// opened again when they are back.
    pub const FIXED: &'static str = "scanlift::fixed";

    /// An issue for each finding, open to all, and none closed.
    #[must_use]
    pub fn new() -> Self {
        Self {
            grouping: Grouping::default(),
            min_severity: None,
            known: None,
            labels: Vec::new(),
            confidential: false,
            close_fixed: BTreeSet::new(),
        }
    }
}

impl Default for Wishes {
    fn default() -> Self {
        Self::new()
    }
}

/// Something to be done.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Action {
    /// An issue is to be made.
    Create {
        /// Its marker.
        marker: Marker,
        /// Its title.
        title: String,
        /// Its text.
        description: String,
        /// How many findings it tells of.
        findings: usize,
    },
    /// An issue that was closed since its findings were gone is to be opened again: they are back.
    Reopen {
        /// Its number in the project.
        iid: u64,
    },
    /// An issue is to be closed, since what it tells of is gone.
    Close {
        /// Its number in the project.
        iid: u64,
    },
}

/// What is to be done, and what is as it should be.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Plan {
    /// In the order in which it is done: the most severe first.
    pub actions: Vec<Action>,
    /// Groups that have an open issue.
    pub open: usize,
    /// Groups whose issue somebody has closed: it stays closed.
    pub closed: usize,
    /// Groups that no issue is wished for.
    pub left_out: usize,
}

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// An issue was made.
    Created {
        /// Its number in the project.
        iid: u64,
        /// Its address.
        url: String,
    },
    /// An issue was opened again.
    Reopened {
        /// Its number in the project.
        iid: u64,
    },
    /// An issue was closed.
    Closed {
        /// Its number in the project.
        iid: u64,
    },
}

/// Compares findings with the issues that are there. Without a client none are.
///
/// # Errors
/// If the issues cannot be listed.
pub fn plan(entries: &[Entry], wishes: &Wishes, client: Option<&Client<'_>>) -> Result<Plan, ClientError> {
    let issues = client.map(|client| client.issues(Wishes::LABEL)).transpose()?.unwrap_or_default();
    Ok(compare(entries, wishes, &issues))
}

fn compare(entries: &[Entry], wishes: &Wishes, issues: &[Issue]) -> Plan {
    // Both by the keys of their markers.
    let mut groups: BTreeMap<String, (Marker, Vec<&Entry>)> = BTreeMap::new();
    for entry in entries {
        let marker = entry.marker(wishes.grouping);
        groups.entry(marker.key.clone()).or_insert_with(|| (marker, Vec::new())).1.push(entry);
    }
    let mut there: BTreeMap<String, (Marker, &Issue)> = BTreeMap::new();
    for issue in issues {
        let Some(marker) = issue.description.as_deref().and_then(Marker::find) else { continue };
        // An open one counts more than one that is closed.
        let counts_more = |(_, known): &(Marker, &Issue)| known.state != "opened" && issue.state == "opened";
        if there.get(&marker.key).is_none_or(counts_more) {
            there.insert(marker.key.clone(), (marker, issue));
        }
    }
    let mut plan = Plan::default();
    let mut missing = Vec::new();
    for (marker, group) in groups.values() {
        let is_wished = group.iter().any(|entry| is_wished(entry, wishes));
        match there.get(&marker.key).map(|(_, issue)| issue) {
            // Also one that somebody opened again: with the label on it, nobody could close it for good.
            Some(issue) if is_wished && issue.labels.iter().any(|label| label == Wishes::FIXED) => {
                missing.push((marker, group, Some(issue.iid)));
            }
            Some(issue) if issue.state == "closed" => plan.closed += 1,
            Some(_) => plan.open += 1,
            None if is_wished => missing.push((marker, group, None)),
            None => plan.left_out += 1,
        }
    }
    missing.sort_by_key(|(marker, group, _)| {
        (std::cmp::Reverse(group.iter().map(|entry| entry.severity).max()), (*marker).clone())
    });
    plan.actions.extend(missing.into_iter().map(|(marker, group, iid)| match iid {
        Some(iid) => Action::Reopen { iid },
        None => Action::Create {
            marker: marker.clone(),
            title: title(group, wishes.grouping),
            description: description(group, marker),
            findings: group.len(),
        },
    }));
    let gone = there.values().filter(|(marker, issue)| {
        issue.state == "opened"
            && marker.grouping == wishes.grouping
            && wishes.close_fixed.contains(&marker.scope)
            && !groups.contains_key(&marker.key)
    });
    let mut gone: Vec<u64> = gone.map(|(_, issue)| issue.iid).collect();
    gone.sort_unstable();
    plan.actions.extend(gone.into_iter().map(|iid| Action::Close { iid }));
    plan
}

fn is_wished(entry: &Entry, wishes: &Wishes) -> bool {
    wishes.min_severity.is_none_or(|least| entry.severity >= least)
        && wishes.known.as_ref().is_none_or(|known| !known.contains(&entry.uuid))
}

/// Does what is planned, telling of each step. What is done stays done: a run that fails can be
/// begun again.
///
/// # Errors
/// The first thing that GitLab refuses, or that it cannot be reached for.
pub fn execute(
    plan: &Plan,
    wishes: &Wishes,
    client: &Client<'_>,
    tell: &mut dyn FnMut(&Action, &Outcome),
) -> Result<(), ClientError> {
    let mut labels = vec![Wishes::LABEL.to_owned()];
    labels.extend(wishes.labels.iter().filter(|label| *label != Wishes::LABEL).cloned());
    let labels = labels.join(",");
    for action in &plan.actions {
        let outcome = match action {
            Action::Create { marker, title, description, .. } => {
                let issue = NewIssue {
                    title: title.clone(),
                    description: description.clone(),
                    labels: labels.clone(),
                    confidential: wishes.confidential,
                };
                let is_it = |issue: &Issue| {
                    issue.description.as_deref().and_then(Marker::find).as_ref() == Some(marker)
                };
                let made = client.create(&issue, &is_it, Wishes::LABEL)?;
                Outcome::Created { iid: made.iid, url: made.web_url }
            }
            Action::Reopen { iid } => {
                client.reopen(*iid, Wishes::FIXED)?;
                Outcome::Reopened { iid: *iid }
            }
            Action::Close { iid } => {
                client.close(*iid, Wishes::FIXED)?;
                Outcome::Closed { iid: *iid }
            }
        };
        tell(action, &outcome);
    }
    Ok(())
}
