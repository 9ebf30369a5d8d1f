//! Policies that go with a scanner's jobs: one that puts them into every pipeline, one that asks
//! for approval where they found something (`user/application_security/policies/`).

use crate::{
    File, Job,
    yaml::{Document, Node, YamlError},
};
use scanlift_report_core::Kind;

/// Where GitLab looks for the policies of a security policy project.
pub const POLICY_FILE: &str = ".gitlab/security-policies/policy.yml";

/// What is wished of the policies.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Policies {
    /// The jobs that are enforced.
    pub job: Job,
    /// The project that the pipeline file is in, as `group/security-policies`.
    pub project: String,
    /// The branch or tag of that project.
    pub reference: Option<String>,
    /// The worst severities that are let through are below these.
    pub severities: Vec<String>,
    /// How many approvals are asked for.
    pub approvals: u32,
    /// Who approves, by role.
    pub roles: Vec<String>,
}

impl Policies {
    /// Policies for critical and high findings that are new, approved by a maintainer.
    #[must_use]
    pub fn new(job: Job, project: impl Into<String>) -> Self {
        Self {
            job,
            project: project.into(),
            reference: None,
            severities: vec!["critical".to_owned(), "high".to_owned()],
            approvals: 1,
            roles: vec!["maintainer".to_owned()],
        }
    }

    /// The file of jobs that the pipeline execution policy includes.
    #[must_use]
    pub fn pipeline_file(&self) -> String {
        format!("pipelines/{}.yml", self.job.scanner.id)
    }

    /// `policy.yml` with both policies.
    ///
    /// # Errors
    /// If it cannot be written as YAML.
    pub fn policy(&self) -> Result<String, YamlError> {
        let mut document = Document::default();
        document.explain(
            "Third-party scanners are enforced by pipeline execution: the jobs come into every pipeline of the\n\
             projects that this policy project is linked to.",
            "pipeline_execution_policy",
            Node::List(vec![self.execution()]),
        );
        document.explain(
            "A merge request that brings such findings needs approval. The scanners named here have to have\n\
             reported on both branches, or approval is needed as well.",
            "approval_policy",
            Node::List(vec![self.approval()]),
        );
        document.to_yaml()
    }

    /// Both files of the policy project.
    ///
    /// # Errors
    /// If one cannot be written as YAML.
    pub fn files(&self) -> Result<Vec<File>, YamlError> {
        Ok(vec![
            File::new(POLICY_FILE, self.policy()?),
            File::new(self.pipeline_file(), self.job.document().to_yaml()?),
        ])
    }

    fn execution(&self) -> Node {
        let mut include =
            vec![("project", Node::from(self.project.as_str())), ("file", self.pipeline_file().into())];
        if let Some(reference) = &self.reference {
            include.push(("ref", reference.as_str().into()));
        }
        Node::map([
            ("name", Node::from(format!("Run {}", self.job.scanner.name))),
            (
                "description",
                format!("Scans with {} and reports through scanlift.", self.job.scanner.name).into(),
            ),
            ("enabled", true.into()),
            ("pipeline_config_strategy", "inject_policy".into()),
            ("content", Node::map([("include", Node::List(vec![Node::map(include)]))])),
            ("suffix", "on_conflict".into()),
        ])
    }

    fn approval(&self) -> Node {
        // GitLab has no policy over cluster image scanning.
        let scanners: Vec<_> = self
            .job
            .scanner
            .kinds
            .iter()
            .filter(|kind| **kind != Kind::ClusterImageScanning)
            .map(|kind| kind.as_str())
            .collect();
        let rule = Node::map([
            ("type", Node::from("scan_finding")),
            ("branch_type", "protected".into()),
            ("scanners", Node::row(scanners)),
            ("vulnerabilities_allowed", 0.into()),
            ("severity_levels", Node::row(self.severities.iter().map(String::as_str))),
            ("vulnerability_states", Node::row(["new_needs_triage"])),
            ("vulnerability_attributes", Node::map([("false_positive", false.into())])),
        ]);
        let approve = Node::map([
            ("type", Node::from("require_approval")),
            ("approvals_required", i64::from(self.approvals).into()),
            ("role_approvers", Node::row(self.roles.iter().map(String::as_str))),
        ]);
        Node::map([
            ("name", Node::from(format!("Approve new findings of {}", self.job.scanner.name))),
            ("enabled", true.into()),
            ("rules", Node::List(vec![rule])),
            (
                "actions",
                Node::List(vec![
                    approve,
                    Node::map([("type", "send_bot_message".into()), ("enabled", true.into())]),
                ]),
            ),
            ("fallback_behavior", Node::map([("fail", "closed".into())])),
        ])
    }
}
