//! Gitleaks: the commit stands among the partial fingerprints (version 8) or the properties
//! (version 7), and the secret in `offender` or the snippet.

use super::{Dialect, properties};
use crate::{bag::Bag, map::Said};
use scanlift_convert_api::Finding;
use scanlift_report_core::{Commit, Kind};

#[derive(Debug)]
pub(super) struct Gitleaks;

impl Dialect for Gitleaks {
    fn key(&self) -> &'static str {
        "gitleaks"
    }

    fn kind(&self) -> Kind {
        Kind::SecretDetection
    }

    fn commit(&self, said: &Said<'_>) -> Option<Commit<'static>> {
        let read = |bag: &Bag<'_>, sha: &str| {
            let sha = bag.text(sha)?;
            let text = |key: &str| bag.text(key).map(|text| text.to_owned().into());
            let mut commit = Commit::new(sha.to_owned());
            commit.author = match (bag.text("author"), bag.text("email")) {
                (Some(author), Some(email)) => Some(format!("{author} <{email}>").into()),
                (author, email) => author.or(email).map(|text| text.to_owned().into()),
            };
            commit.date = text("date");
            commit.message = text("commitMessage");
            Some(commit)
        };
        let fingerprints = said.result.partial_fingerprints.as_ref();
        fingerprints.and_then(|bag| read(bag, "commitSha")).or_else(|| read(properties(said)?, "commit"))
    }

    fn refine(&self, said: &Said<'_>, finding: &mut Finding<'_>) {
        let offender = properties(said).and_then(|bag| bag.text("offender"));
        finding.secrets.extend(offender.map(|secret| secret.to_owned().into()));
    }
}
