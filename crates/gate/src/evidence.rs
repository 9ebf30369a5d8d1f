//! The findings of a merge request and of its target branch, as GitLab tells them apart.

use crate::policy::State;
use scanlift_convert_api::json::{self, Reader};
use scanlift_convert_api::{ConvertError, Input};
use scanlift_ingest::{Fate, Finding, Options, Verdict, compare, judge_with};
use scanlift_report_core::{Kind, Severity};
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use uuid::Uuid;

/// Whose report it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// The target branch's.
    Base,
    /// The merge request's.
    Head,
}

/// Says of a finding whether somebody dismissed it (ignored it, in scanlift's words).
pub type Dismissed<'d> = &'d mut dyn FnMut(Kind, &Finding, &Value) -> bool;

/// Takes reports.
#[derive(Debug, Default)]
pub struct Evidence {
    base: BTreeMap<Kind, Reports>,
    head: BTreeMap<Kind, Reports>,
    facts: Vec<Facts>,
}

/// The findings of the reports of a kind, each once.
#[derive(Debug, Default)]
struct Reports {
    findings: Vec<Finding>,
    seen: HashSet<Uuid>,
}

/// What a policy asks of a finding beside what GitLab knows it by.
#[derive(Clone, Debug, Default)]
struct Facts {
    cves: BTreeSet<String>,
    false_positive: bool,
    fix_available: bool,
    dismissed: bool,
}

/// What the reports say, told apart.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Compared {
    /// The most severe first.
    pub(crate) findings: Vec<Evident>,
    /// Kinds of which the target branch has a report.
    pub(crate) base: BTreeSet<Kind>,
    /// Kinds of which the merge request has a report.
    pub(crate) head: BTreeSet<Kind>,
}

/// A finding that policies look at.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Evident {
    /// The report it is in.
    pub kind: Kind,
    /// What GitLab follows it by.
    pub uuid: Option<Uuid>,
    /// Its title.
    pub name: String,
    /// How bad it is.
    pub severity: Severity,
    /// Where it is.
    pub place: String,
    /// The scanner's id.
    pub scanner: Option<String>,
    /// New or not, dismissed or not.
    pub state: State,
    /// Whether the merge request has it too.
    pub in_head: bool,
    /// Its CVEs.
    pub cves: BTreeSet<String>,
    /// Whether it is flagged as a likely false positive.
    pub false_positive: bool,
    /// Whether it has a solution or patch.
    pub fix_available: bool,
}

impl Evidence {
    /// Takes a report; nothing is kept of one that GitLab refuses.
    ///
    /// `dismissed` is asked of every finding that GitLab would show.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn add(
        &mut self,
        side: Side,
        input: &dyn Input,
        kind: Option<Kind>,
        dismissed: Dismissed<'_>,
    ) -> Result<Verdict, ConvertError> {
        let patched = patched(input)?;
        let mut options = Options::new(1);
        options.kind = kind;
        let mut read: Vec<(Finding, Facts)> = Vec::new();
        let verdict = judge_with(input, &options, &mut |kind, finding, fate, value| {
            if *fate == Fate::Ingested {
                let mut facts = facts(finding, value, &patched);
                facts.dismissed = dismissed(kind, finding, value);
                let mut finding = finding.clone();
                finding.identifiers.truncate(1);
                finding.identifiers.shrink_to_fit();
                finding.name = finding.title();
                read.push((finding, facts));
            }
        })?;
        let (true, Some(kind)) = (verdict.is_accepted(), verdict.kind) else { return Ok(verdict) };
        let reports = match side {
            Side::Base => self.base.entry(kind).or_default(),
            Side::Head => self.head.entry(kind).or_default(),
        };
        for (mut finding, facts) in read {
            if finding.uuid.is_some_and(|uuid| reports.seen.insert(uuid)) {
                finding.index = self.facts.len() as u64;
                self.facts.push(facts);
                reports.findings.push(finding);
            }
        }
        Ok(verdict)
    }

    /// The CVEs of all findings.
    pub fn cves(&self) -> impl Iterator<Item = &str> {
        self.facts.iter().flat_map(|facts| &facts.cves).map(String::as_str)
    }

    /// Tells new findings from those that the target branch has.
    ///
    /// Without any report of the target branch everything is new.
    #[must_use]
    pub fn compare(self) -> Compared {
        let Self { mut base, head, facts } = self;
        let mut compared = Compared {
            findings: Vec::with_capacity(facts.len()),
            base: base.keys().copied().collect(),
            head: head.keys().copied().collect(),
        };
        for (kind, reports) in head {
            let before = base.remove(&kind).map(|reports| reports.findings).unwrap_or_default();
            let comparison = compare(kind, before, reports.findings, true);
            let lists = [
                (comparison.added, true, true),
                (comparison.common, false, true),
                (comparison.fixed, false, false),
                (comparison.gone, false, false),
            ];
            for (list, is_new, in_head) in lists {
                let evident = |finding| evident(kind, finding, &facts, is_new, in_head);
                compared.findings.extend(list.into_iter().map(evident));
            }
        }
        for (kind, reports) in base {
            let evident = |finding| evident(kind, finding, &facts, false, false);
            compared.findings.extend(reports.findings.into_iter().map(evident));
        }
        compared.findings.sort_by(|a, b| {
            (b.severity, a.kind, &a.place, a.uuid).cmp(&(a.severity, b.kind, &b.place, b.uuid))
        });
        compared
    }
}

fn evident(kind: Kind, finding: Finding, facts: &[Facts], is_new: bool, in_head: bool) -> Evident {
    let facts = usize::try_from(finding.index).ok().and_then(|at| facts.get(at)).cloned();
    let facts = facts.unwrap_or_default();
    let state = match (is_new, facts.dismissed) {
        (true, false) => State::NewNeedsTriage,
        (true, true) => State::NewDismissed,
        (false, false) => State::Detected,
        (false, true) => State::Dismissed,
    };
    Evident {
        kind,
        uuid: finding.uuid,
        name: finding.name,
        severity: finding.severity,
        place: finding.place,
        scanner: finding.scanner,
        state,
        in_head,
        cves: facts.cves,
        false_positive: facts.false_positive,
        fix_available: facts.fix_available,
    }
}

fn facts(finding: &Finding, value: &Value, patched: &HashSet<String>) -> Facts {
    let cves = finding.identifiers.iter().filter(|it| it.kind.eq_ignore_ascii_case("cve"));
    let flags = value.get("flags").and_then(Value::as_array).into_iter().flatten();
    let is_flagged =
        |flag: &Value| flag.get("type").and_then(Value::as_str) == Some("flagged-as-likely-false-positive");
    let solution = value.get("solution").and_then(Value::as_str).unwrap_or_default();
    Facts {
        cves: cves.map(|it| it.value.trim().to_uppercase()).collect(),
        false_positive: flags.into_iter().any(is_flagged),
        fix_available: !solution.trim().is_empty()
            || finding.id.as_ref().is_some_and(|id| patched.contains(id)),
        dismissed: false,
    }
}

/// The ids that the report's remediations fix. What is wrong with them the judge says.
fn patched(input: &dyn Input) -> Result<HashSet<String>, ConvertError> {
    #[derive(Deserialize)]
    struct Remediation {
        #[serde(default)]
        fixes: Vec<Fix>,
    }
    #[derive(Deserialize)]
    struct Fix {
        id: String,
    }
    let mut ids = HashSet::new();
    let mut reader = Reader::new(input.open().map_err(ConvertError::Read)?);
    let read = reader.each_key(|key, reader| {
        if key == "remediations" && reader.peek()? == json::Kind::Array {
            reader.each_item(|_, reader| {
                if let Ok(remediation) = reader.parse::<Remediation>() {
                    ids.extend(remediation.fixes.into_iter().map(|fix| fix.id));
                }
                Ok::<_, json::Error>(())
            })?;
        }
        Ok::<_, json::Error>(())
    });
    match read.map_err(ConvertError::from) {
        Err(ConvertError::Read(error)) => Err(ConvertError::Read(error)),
        _ => Ok(ids),
    }
}
