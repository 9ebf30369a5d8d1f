//! Versions of operating systems' packages: Debian Policy 5.6.12, `rpmvercmp`, `apk`.

use std::cmp::Ordering;

/// Epoch, upstream version, revision.
pub(super) fn compare(one: &str, other: &str) -> Ordering {
    let [(a_epoch, a), (b_epoch, b)] = [one, other].map(epoch);
    let split = |version| str::rsplit_once(version, '-').unwrap_or((version, "0"));
    let ((a, a_revision), (b, b_revision)) = (split(a), split(b));
    a_epoch.cmp(&b_epoch).then_with(|| runs(a, b)).then_with(|| runs(a_revision, b_revision))
}

fn epoch(version: &str) -> (u64, &str) {
    let version = version.trim();
    match version.split_once(':') {
        Some((epoch, rest)) if epoch.bytes().all(|byte| byte.is_ascii_digit()) => {
            (epoch.parse().unwrap_or(u64::MAX), rest)
        }
        _ => (0, version),
    }
}

/// Runs of other characters and of digits in turn; `~` comes before everything, also the end, and
/// letters before all else.
fn runs(mut one: &str, mut other: &str) -> Ordering {
    fn weight(char: Option<char>) -> i64 {
        match char {
            Some('~') => -1,
            None => 0,
            Some(char) if char.is_ascii_alphabetic() => i64::from(u32::from(char)),
            Some(char) => i64::from(u32::from(char)) + 0x20_0000,
        }
    }
    fn take<'t>(text: &mut &'t str, digits: bool) -> &'t str {
        let end = text.find(|char: char| char.is_ascii_digit() != digits).unwrap_or(text.len());
        let (run, rest) = text.split_at(end);
        *text = rest;
        run
    }
    while !(one.is_empty() && other.is_empty()) {
        let (mut a, mut b) = (take(&mut one, false).chars(), take(&mut other, false).chars());
        loop {
            let (a, b) = (a.next(), b.next());
            let order = weight(a).cmp(&weight(b));
            if order != Ordering::Equal {
                return order;
            }
            if a.is_none() && b.is_none() {
                break;
            }
        }
        let order = digits(take(&mut one, true), take(&mut other, true));
        if order != Ordering::Equal {
            return order;
        }
    }
    Ordering::Equal
}

/// Numbers of any length; none is zero.
fn digits(one: &str, other: &str) -> Ordering {
    let [one, other] = [one, other].map(|text| text.trim_start_matches('0'));
    one.len().cmp(&other.len()).then_with(|| one.cmp(other))
}

/// Epoch, version, release; runs of digits are above runs of letters.
pub(super) fn compare_rpm(one: &str, other: &str) -> Ordering {
    let [(a_epoch, a), (b_epoch, b)] = [one, other].map(epoch);
    let split = |version| str::split_once(version, '-').unwrap_or((version, ""));
    let ((a, a_release), (b, b_release)) = (split(a), split(b));
    // A version without a release is of any.
    let releases = || {
        if a_release.is_empty() || b_release.is_empty() { Ordering::Equal } else { rpm(a_release, b_release) }
    };
    a_epoch.cmp(&b_epoch).then_with(|| rpm(a, b)).then_with(releases)
}

fn rpm(mut one: &str, mut other: &str) -> Ordering {
    let is_other = |char: char| !(char.is_ascii_alphanumeric() || matches!(char, '~' | '^'));
    loop {
        one = one.trim_start_matches(is_other);
        other = other.trim_start_matches(is_other);
        for (sign, order) in [('~', Ordering::Less), ('^', Ordering::Greater)] {
            match (one.strip_prefix(sign), other.strip_prefix(sign)) {
                (Some(a), Some(b)) => (one, other) = (a, b),
                (Some(_), None) if sign == '^' && !other.is_empty() => return Ordering::Less,
                (None, Some(_)) if sign == '^' && !one.is_empty() => return Ordering::Greater,
                (Some(_), None) => return order,
                (None, Some(_)) => return order.reverse(),
                (None, None) => {}
            }
        }
        match (one.is_empty(), other.is_empty()) {
            (true, true) => return Ordering::Equal,
            (false, true) => return Ordering::Greater,
            (true, false) => return Ordering::Less,
            (false, false) => {}
        }
        if one.starts_with(['~', '^']) || other.starts_with(['~', '^']) {
            continue;
        }
        let take = |text: &str| {
            let is_digit = text.starts_with(|char: char| char.is_ascii_digit());
            let fits = |char: char| if is_digit { char.is_ascii_digit() } else { char.is_ascii_alphabetic() };
            (is_digit, text.find(|char: char| !fits(char)).unwrap_or(text.len()))
        };
        let ((a_digit, a_end), (b_digit, b_end)) = (take(one), take(other));
        let ((a, a_rest), (b, b_rest)) = (one.split_at(a_end), other.split_at(b_end));
        let order = match (a_digit, b_digit) {
            (true, true) => digits(a, b),
            (false, false) => a.cmp(b),
            (a, b) => a.cmp(&b),
        };
        if order != Ordering::Equal {
            return order;
        }
        (one, other) = (a_rest, b_rest);
    }
}

/// Numbers, a letter, suffixes such as `_rc1`, and the revision `-r1`.
pub(super) fn compare_apk(one: &str, other: &str) -> Ordering {
    apk(one).cmp(&apk(other))
}

type Apk = (Vec<(usize, String)>, String, Vec<(i8, u64)>, u64);

fn apk(version: &str) -> Apk {
    let version = version.trim();
    let (version, revision) = version.rsplit_once("-r").unwrap_or((version, "0"));
    let mut parts = version.split('_');
    let base = parts.next().unwrap_or_default();
    let end = base.find(|char: char| !(char.is_ascii_digit() || char == '.')).unwrap_or(base.len());
    let (numbers, letter) = base.split_at(end);
    let numbers = numbers.split('.').map(|number| {
        let digits = number.trim_start_matches('0');
        (digits.len(), digits.to_owned())
    });
    let mut suffixes: Vec<(i8, u64)> = parts
        .map(|suffix| {
            let end = suffix.find(|char: char| char.is_ascii_digit()).unwrap_or(suffix.len());
            let (word, number) = suffix.split_at(end);
            let rank = match word {
                "alpha" => -4,
                "beta" => -3,
                "pre" => -2,
                "rc" => -1,
                _ => 1,
            };
            (rank, number.parse().unwrap_or(0))
        })
        .collect();
    // The end is above what comes before a release, and below what comes after.
    suffixes.push((0, 0));
    (numbers.collect(), letter.to_owned(), suffixes, revision.parse().unwrap_or(0))
}
