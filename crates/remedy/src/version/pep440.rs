//! Versions of Python packages (PEP 440).

use std::cmp::Ordering;

/// What a version is compared by, part after part.
#[derive(Default, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    epoch: u64,
    /// Without zeros at the end.
    release: Vec<u64>,
    /// Stage and number: dev (0) < a (1) < b (2) < rc (3) < release (4).
    pre: (u8, u64),
    post: Option<u64>,
    /// A version without it comes after all with it.
    dev: u64,
    local: String,
}

pub(super) fn compare(one: &str, other: &str) -> Ordering {
    key(one).cmp(&key(other))
}

pub(super) fn is_early(version: &str) -> bool {
    let key = key(version);
    key.pre.0 < 4 || key.dev < u64::MAX
}

fn key(version: &str) -> Key {
    let version = version.trim().to_ascii_lowercase();
    let version = version.strip_prefix('v').unwrap_or(&version);
    let (public, local) = version.split_once('+').unwrap_or((version, ""));
    let (epoch, rest) = public.split_once('!').unwrap_or(("0", public));
    let end = rest.find(|char: char| !(char.is_ascii_digit() || char == '.')).unwrap_or(rest.len());
    let (release, mut rest) = rest.split_at(end);
    let mut release: Vec<u64> = release
        .split('.')
        .filter(|part| !part.is_empty())
        .map(|part| part.parse().unwrap_or(u64::MAX))
        .collect();
    while release.last() == Some(&0) {
        release.pop();
    }
    let mut key = Key {
        epoch: epoch.parse().unwrap_or(0),
        release,
        pre: (4, 0),
        post: None,
        dev: u64::MAX,
        local: local.to_owned(),
    };
    while !rest.is_empty() {
        rest = rest.trim_start_matches(['-', '_', '.']);
        let word = rest.find(|char: char| !char.is_ascii_alphabetic()).unwrap_or(rest.len());
        let (word, after) = rest.split_at(word);
        let digits = after.trim_start_matches(['-', '_', '.']);
        let end = digits.find(|char: char| !char.is_ascii_digit()).unwrap_or(digits.len());
        let (number, after) = if end == 0 { ("0", after) } else { digits.split_at(end) };
        let number = number.parse().unwrap_or(u64::MAX - 1);
        match word {
            "a" | "alpha" => key.pre = (1, number),
            "b" | "beta" => key.pre = (2, number),
            "rc" | "c" | "pre" | "preview" => key.pre = (3, number),
            "dev" => key.dev = number,
            // `1.0-1` is a post release.
            "post" | "rev" | "r" | "" if end > 0 || !word.is_empty() => key.post = Some(number),
            _ => {
                key.local.push_str(rest);
                break;
            }
        }
        rest = after;
    }
    // A development release of a release comes before its first stage.
    if key.dev < u64::MAX && key.pre.0 == 4 && key.post.is_none() {
        key.pre = (0, 0);
    }
    key
}
