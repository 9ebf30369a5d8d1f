//! Which of the inputs this run converts: `--shard I/N`, for GitLab's `parallel: N`.

use crate::{environment, explain::Failure, inputs::Found};
use std::{ffi::OsString, fmt};

/// What `--shard` asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shard {
    /// As `CI_NODE_INDEX` and `CI_NODE_TOTAL` say; all of it in a job that does not run in parallel.
    Auto,
    /// One part of several.
    Part(Part),
}

/// The part `index`, from 1, of `total`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    index: usize,
    total: usize,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.total)
    }
}

/// Reads `2/5` or `auto`.
pub(crate) fn parse(text: &str) -> Result<Shard, String> {
    if text == "auto" {
        return Ok(Shard::Auto);
    }
    let wrong = || "write it as 2/5 (the second of five parts), or auto in a job of GitLab".to_owned();
    let (index, total) = text.split_once('/').ok_or_else(wrong)?;
    let part = part(index, total).ok_or_else(wrong)?;
    Ok(Shard::Part(part))
}

fn part(index: &str, total: &str) -> Option<Part> {
    let number = |text: &str| text.trim().parse::<usize>().ok();
    let (index, total) = number(index).zip(number(total))?;
    (1..=total).contains(&index).then_some(Part { index, total })
}

impl Shard {
    /// The part that it comes to; `None` for all.
    pub(crate) fn settle(self) -> Result<Option<Part>, Failure> {
        match self {
            Self::Part(part) => Ok(Some(part)),
            Self::Auto => {
                let [index, total] = ["CI_NODE_INDEX", "CI_NODE_TOTAL"].map(environment::variable);
                of_variables(index, total)
            }
        }
    }
}

/// `CI_NODE_TOTAL` is 1, without an index, in a job that does not run in parallel.
fn of_variables(index: Option<OsString>, total: Option<OsString>) -> Result<Option<Part>, Failure> {
    let Some(index) = index else { return Ok(None) };
    let total = total.unwrap_or_default();
    let [index, total] = [index, total].map(|text| text.to_string_lossy().into_owned());
    part(&index, &total).map(Some).ok_or_else(|| {
        Failure::usage(format!("CI_NODE_INDEX is `{index}` and CI_NODE_TOTAL `{total}`, which is no part"))
            .help("GitLab sets both in a job with `parallel`; elsewhere write --shard 2/5")
    })
}

impl Part {
    /// Takes the inputs of the other parts out: sorted by name, every `total`-th belongs to this
    /// one, so that all runs over the same files agree.
    pub(crate) fn take(self, inputs: &mut Vec<Found>) -> Result<(), Failure> {
        if inputs.iter().any(|input| input.label == "-") {
            return Err(Failure::usage("standard input cannot be divided into shards")
                .help("name files or directories, or leave --shard out"));
        }
        inputs.sort_by(|a, b| a.label.cmp(&b.label));
        let mut at = 0..;
        inputs.retain(|_| at.next().is_some_and(|at: usize| at % self.total == self.index - 1));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_numbered_from_1() {
        for (text, want) in [
            ("1/1", Some(Shard::Part(Part { index: 1, total: 1 }))),
            ("2/5", Some(Shard::Part(Part { index: 2, total: 5 }))),
            ("auto", Some(Shard::Auto)),
            ("0/5", None),
            ("6/5", None),
            ("1/0", None),
            ("1", None),
            ("a/b", None),
            ("", None),
        ] {
            assert_eq!(parse(text).ok(), want, "{text}");
        }
    }

    #[test]
    fn gitlabs_variables_name_a_part() {
        let of = |index: Option<&str>, total: Option<&str>| {
            of_variables(index.map(OsString::from), total.map(OsString::from))
        };
        assert_eq!(of(None, None).ok(), Some(None));
        assert_eq!(of(None, Some("1")).ok(), Some(None));
        assert_eq!(of(Some("2"), Some("3")).ok(), Some(Some(Part { index: 2, total: 3 })));
        assert!(of(Some("2"), None).is_err());
        assert!(of(Some("4"), Some("3")).is_err());
    }
}
