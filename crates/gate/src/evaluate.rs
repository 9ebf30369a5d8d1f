//! Holds findings against policies, as GitLab does where reports are enough for it.
//!
//! What is not known here counts against the merge request, so that the answer is never milder than
//! GitLab's; each such assumption is a note of its rule.

use crate::answer::{Answer, Count, Decision, Missing, PolicyAnswer, RuleAnswer, RuleState, Shown};
use crate::branch::{Fit, Target};
use crate::enrichment::Enrichment;
use crate::evidence::{Compared, Evident};
use crate::limits::Limits;
use crate::policy::{
    Attributes, Criteria, Enforcement, Fallback, Policies, Policy, Rule, ScanFinding, State, Unavailable,
};
use scanlift_report_core::{Kind, Severity};
use std::collections::BTreeSet;

/// Evaluates policies and limits; of the findings that decide, the first `shown` of each count are told.
#[must_use]
pub fn evaluate(
    policies: &Policies,
    limits: Option<&Limits>,
    compared: &Compared,
    target: &Target,
    enrichment: &Enrichment,
    shown: usize,
) -> Answer {
    let court = Court { compared, target, enrichment, shown };
    let mut answer = Answer { warnings: policies.warnings.clone(), ..Answer::default() };
    answer.policies.extend(policies.policies.iter().map(|policy| court.policy(policy)));
    answer.policies.extend(limits.filter(|limits| !limits.is_empty()).map(|limits| court.limits(limits)));
    answer.decision = answer.policies.iter().map(|policy| policy.decision).max().unwrap_or_default();
    answer
}

/// What a rule is held against.
struct Court<'c> {
    compared: &'c Compared,
    target: &'c Target,
    enrichment: &'c Enrichment,
    shown: usize,
}

/// Scanners that are counted together, and what counts.
struct Group<'r> {
    /// Empty for all.
    kinds: BTreeSet<Kind>,
    allowed: u64,
    /// Kinds with criteria of their own, the others have the rule's.
    own: Vec<(Kind, &'r [Severity], &'r Attributes)>,
    rule: &'r Criteria,
}

impl Court<'_> {
    fn policy(&self, policy: &Policy) -> PolicyAnswer {
        let mut answer = PolicyAnswer {
            name: policy.name.clone(),
            enabled: policy.enabled,
            enforcement: policy.enforcement,
            silent: policy.silent,
            not_evaluated: policy.not_evaluated.clone(),
            ..PolicyAnswer::default()
        };
        if !policy.enabled {
            return answer;
        }
        for (index, rule) in policy.rules.iter().enumerate() {
            let mut told = match rule {
                Rule::ScanFinding(rule) => self.rule(rule, policy.fallback),
                Rule::Other(kind) => RuleAnswer {
                    kind: kind.clone(),
                    state: RuleState::NotEvaluated,
                    reason: Some("it needs more than security reports".to_owned()),
                    ..RuleAnswer::default()
                },
            };
            told.rule = (index + 1).to_string();
            answer.rules.push(told);
        }
        if answer.rules.iter().any(|rule| rule.state == RuleState::Violated) {
            let required = policy.approvals.iter().filter(|approval| approval.required > 0);
            answer.approvals = required.cloned().collect();
            answer.decision = match policy.enforcement {
                Enforcement::Enforce if !answer.approvals.is_empty() => Decision::ApprovalRequired,
                _ => Decision::Warn,
            };
        }
        answer
    }

    fn rule(&self, rule: &ScanFinding, fallback: Fallback) -> RuleAnswer {
        let mut answer = RuleAnswer { kind: "scan_finding".to_owned(), ..RuleAnswer::default() };
        match self.target.fits(rule) {
            Fit::Yes => {}
            Fit::Assumed(note) => answer.notes.push(note),
            Fit::No(reason) => {
                answer.state = RuleState::NotApplicable;
                answer.reason = Some(reason);
                return answer;
            }
        }
        answer.missing = self.missing(rule, fallback);
        answer.notes.extend(self.assumptions(rule));
        let open: BTreeSet<Kind> =
            answer.missing.iter().filter(|it| !it.decides).map(|it| it.scanner).collect();
        for group in groups(rule) {
            let counts = |finding: &&Evident| {
                group.admits(finding, self.enrichment)
                    && self.has_state(rule, finding)
                    && !(finding.state.is_new() && open.contains(&finding.kind))
            };
            let looks = |look: fn(&Attributes) -> bool| {
                look(&group.rule.attributes) || group.own.iter().any(|(_, _, own)| look(own))
            };
            let looks = (looks(|it| it.known_exploited.is_some()), looks(|it| it.epss_score.is_some()));
            let mut count = self.count(&counts, group.allowed, looks);
            count.scanners.clone_from(&group.kinds);
            answer.counts.push(count);
        }
        let missing = answer.missing.iter().any(|missing| missing.decides);
        if missing || answer.counts.iter().any(|count| count.exceeded) {
            answer.state = RuleState::Violated;
        }
        answer
    }

    /// Reports that a comparison needs and that are not there: of every named scanner on both sides;
    /// where none is named, of what the target branch has and the merge request no longer has.
    fn missing(&self, rule: &ScanFinding, fallback: Fallback) -> Vec<Missing> {
        if !rule.states.iter().any(|state| state.is_new()) {
            return Vec::new();
        }
        let Compared { base, head, .. } = self.compared;
        let decides = fallback == Fallback::Closed;
        let missing = |scanner, on_target| Missing { scanner, on_target, decides };
        if rule.scanners.is_empty() {
            return base.difference(head).map(|kind| missing(*kind, false)).collect();
        }
        let named: BTreeSet<Kind> = rule.scanners.iter().map(|scanner| scanner.kind).collect();
        let of_head = named.iter().filter(|kind| !head.contains(kind)).map(|kind| missing(*kind, false));
        let of_base = named.iter().filter(|kind| !base.contains(kind)).map(|kind| missing(*kind, true));
        of_head.chain(of_base).collect()
    }

    /// Whether a finding is in a state that the rule names.
    ///
    /// Without a report of the target branch the merge request's stand for it.
    fn has_state(&self, rule: &ScanFinding, finding: &Evident) -> bool {
        let before = match finding.state {
            State::NewNeedsTriage => State::Detected,
            State::NewDismissed => State::Dismissed,
            other => other,
        };
        rule.states.contains(&finding.state)
            || (!self.compared.base.contains(&finding.kind) && rule.states.contains(&before))
    }

    /// What is assumed because only GitLab knows it.
    fn assumptions(&self, rule: &ScanFinding) -> Vec<String> {
        let mut notes = Vec::new();
        let has_base = !self.compared.base.is_empty();
        let (new, old): (Vec<_>, Vec<_>) = rule.states.iter().partition(|state| state.is_new());
        if !new.is_empty() && !has_base {
            notes.push(
                "without a report of the target branch (--base) every finding counts as new".to_owned(),
            );
        }
        if old.contains(&&State::Detected) {
            notes.push(if has_base {
                "`detected`: every finding of the target branch that is not ignored counts".to_owned()
            } else {
                "`detected`: without a report of the target branch (--base) the given findings stand for its"
                    .to_owned()
            });
        }
        for state in [State::Confirmed, State::Resolved] {
            if rule.states.contains(&state) {
                notes.push(format!("`{state}` is known to GitLab only: nothing counts as it"));
            }
        }
        if let Some(age) = &rule.age {
            notes.push(format!("vulnerability_age ({age}) is known to GitLab only: every age counts"));
        }
        let mut attributes = vec![&rule.criteria.attributes];
        attributes.extend(rule.scanners.iter().filter_map(|scanner| scanner.attributes.as_ref()));
        let lacks_kev = !self.enrichment.has_exploited()
            && attributes.iter().any(|attributes| attributes.known_exploited.is_some());
        let lacks_epss = !self.enrichment.has_scores()
            && attributes.iter().any(|attributes| attributes.epss_score.is_some());
        for (lacks, attribute, option) in
            [(lacks_kev, "known_exploited", "--kev"), (lacks_epss, "epss_score", "--epss")]
        {
            if lacks {
                notes.push(format!(
                    "`{attribute}` needs {option}: without it `enrichment_data_unavailable` decides"
                ));
            }
        }
        notes
    }

    fn count(&self, counts: &dyn Fn(&&Evident) -> bool, allowed: u64, looks: (bool, bool)) -> Count {
        let mut count = Count { allowed, ..Count::default() };
        for finding in self.compared.findings.iter().filter(counts) {
            count.found += 1;
            if count.findings.len() < self.shown {
                let exploited = self.enrichment.is_exploited(&finding.cves).filter(|_| looks.0);
                let score = self.enrichment.score(&finding.cves).filter(|_| looks.1);
                count.findings.push(Shown::new(finding, exploited, score));
            }
        }
        count.exceeded = count.found > allowed;
        count
    }

    fn limits(&self, limits: &Limits) -> PolicyAnswer {
        let mut answer = PolicyAnswer { name: "limits".to_owned(), enabled: true, ..PolicyAnswer::default() };
        let counted = |finding: &Evident| match finding.state {
            State::NewNeedsTriage => true,
            State::Detected => finding.in_head && !limits.new_only,
            _ => false,
        };
        let mut rule = |option: String, severity: Option<Severity>, most: u64| {
            let counts = |finding: &&Evident| {
                counted(finding) && severity.is_none_or(|severity| severity == finding.severity)
            };
            let count = self.count(&counts, most, (false, false));
            let state = if count.exceeded { RuleState::Violated } else { RuleState::Satisfied };
            answer.rules.push(RuleAnswer {
                rule: option,
                kind: "limit".to_owned(),
                state,
                counts: vec![count],
                ..RuleAnswer::default()
            });
        };
        for (severity, most) in limits.most.iter().rev() {
            rule(format!("--max-{} {most}", severity.as_str().to_lowercase()), Some(*severity), *most);
        }
        if let Some(most) = limits.total {
            rule(format!("--max-total {most}"), None, most);
        }
        if answer.rules.iter().any(|rule| rule.state == RuleState::Violated) {
            answer.decision = Decision::LimitExceeded;
        }
        answer
    }
}

/// The counts of a rule: one for the scanners that go by its number, one for each with its own.
fn groups(rule: &ScanFinding) -> Vec<Group<'_>> {
    let criteria = &rule.criteria;
    let group = |allowed| Group { kinds: BTreeSet::new(), allowed, own: Vec::new(), rule: criteria };
    if rule.scanners.is_empty() {
        return vec![group(criteria.allowed)];
    }
    let mut groups: Vec<Group<'_>> = Vec::new();
    let mut common = group(criteria.allowed);
    for scanner in &rule.scanners {
        let severities = scanner.severities.as_ref().unwrap_or(&criteria.severities);
        let attributes = scanner.attributes.as_ref().unwrap_or(&criteria.attributes);
        let mut into = scanner.allowed.map(group);
        let target = into.as_mut().unwrap_or(&mut common);
        target.kinds.insert(scanner.kind);
        target.own.push((scanner.kind, severities, attributes));
        groups.extend(into);
    }
    if !common.kinds.is_empty() {
        groups.insert(0, common);
    }
    groups
}

impl Group<'_> {
    fn admits(&self, finding: &Evident, enrichment: &Enrichment) -> bool {
        if self.kinds.is_empty() {
            return admits(&self.rule.severities, &self.rule.attributes, finding, enrichment);
        }
        // A scanner may be named twice, for other severities: either will do.
        self.own.iter().any(|(kind, severities, attributes)| {
            *kind == finding.kind && admits(severities, attributes, finding, enrichment)
        })
    }
}

fn admits(
    severities: &[Severity],
    attributes: &Attributes,
    finding: &Evident,
    enrichment: &Enrichment,
) -> bool {
    let is = |wanted: Option<bool>, found: bool| wanted.is_none_or(|wanted| wanted == found);
    let or_unavailable = |known: Option<bool>| known.unwrap_or(attributes.unavailable == Unavailable::Block);
    let exploited = match attributes.known_exploited {
        None => true,
        Some(wanted) => or_unavailable(enrichment.is_exploited(&finding.cves).map(|found| found == wanted)),
    };
    let scored = match attributes.epss_score {
        None => true,
        Some(bound) => or_unavailable(enrichment.score(&finding.cves).map(|score| bound.admits(score))),
    };
    (severities.is_empty() || severities.contains(&finding.severity))
        && is(attributes.false_positive, finding.false_positive)
        && is(attributes.fix_available, finding.fix_available)
        && exploited
        && scored
}
