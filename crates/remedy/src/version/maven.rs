//! Versions of Maven: its `ComparableVersion`.

use std::cmp::Ordering;

#[derive(Clone, Debug, PartialEq, Eq)]
enum Item {
    Number(u128),
    Word(String),
    /// What stands behind `-`, or between a digit and a letter.
    List(Vec<Item>),
}

pub(super) fn compare(one: &str, other: &str) -> Ordering {
    lists(&parse(one), &parse(other))
}

pub(super) fn is_early(version: &str) -> bool {
    fn early(items: &[Item]) -> bool {
        items.iter().any(|item| match item {
            Item::Number(_) => false,
            Item::Word(word) => rank(word).is_ok_and(|rank| rank < RELEASE),
            Item::List(items) => early(items),
        })
    }
    early(&parse(version))
}

/// The words that come before and after a release; any other word comes after them all.
const WORDS: [&str; 7] = ["alpha", "beta", "milestone", "rc", "snapshot", "", "sp"];
const RELEASE: usize = 5;

fn rank(word: &str) -> Result<usize, &str> {
    WORDS.iter().position(|known| *known == word).ok_or(word)
}

fn parse(version: &str) -> Vec<Item> {
    let lower = version.trim().to_ascii_lowercase();
    let lower = lower
        .strip_prefix('v')
        .filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
        .unwrap_or(&lower);
    // Each level of lists, the innermost last.
    let mut levels: Vec<Vec<Item>> = vec![Vec::new()];
    let mut rest = lower;
    while let Some(first) = rest.chars().next() {
        match first {
            '.' | '_' => rest = &rest[1..],
            '-' => {
                levels.push(Vec::new());
                rest = &rest[1..];
            }
            _ => {
                let is_digit = first.is_ascii_digit();
                let end = rest
                    .find(|char: char| char.is_ascii_digit() != is_digit || matches!(char, '.' | '-' | '_'))
                    .unwrap_or(rest.len());
                let (run, after) = rest.split_at(end);
                let item = if is_digit {
                    Item::Number(run.parse().unwrap_or(u128::MAX))
                } else {
                    Item::Word(word(run, after.starts_with(|char: char| char.is_ascii_digit())).to_owned())
                };
                if let Some(level) = levels.last_mut() {
                    level.push(item);
                }
                let turns = after
                    .starts_with(|c: char| c.is_ascii_digit() != is_digit && !matches!(c, '.' | '-' | '_'));
                if turns {
                    levels.push(Vec::new());
                }
                rest = after;
            }
        }
        if levels.len() > 50 {
            break;
        }
    }
    let mut inner: Option<Vec<Item>> = None;
    for mut level in levels.into_iter().rev() {
        trim(&mut level);
        level.extend(inner.filter(|items| !items.is_empty()).map(Item::List));
        inner = Some(level);
    }
    inner.unwrap_or_default()
}

fn word(text: &str, before_digit: bool) -> &str {
    match text {
        "a" if before_digit => "alpha",
        "b" if before_digit => "beta",
        "m" if before_digit => "milestone",
        "cr" => "rc",
        "ga" | "final" | "release" => "",
        other => other,
    }
}

/// What means nothing at the end goes.
fn trim(items: &mut Vec<Item>) {
    while items.last().is_some_and(is_nothing) {
        items.pop();
    }
}

fn is_nothing(item: &Item) -> bool {
    match item {
        Item::Number(number) => *number == 0,
        Item::Word(word) => word.is_empty(),
        Item::List(items) => items.is_empty(),
    }
}

fn lists(one: &[Item], other: &[Item]) -> Ordering {
    for at in 0..one.len().max(other.len()) {
        let order = match (one.get(at), other.get(at)) {
            (Some(a), Some(b)) => items(a, b),
            (Some(a), None) => against_nothing(a),
            (None, Some(b)) => against_nothing(b).reverse(),
            (None, None) => Ordering::Equal,
        };
        if order != Ordering::Equal {
            return order;
        }
    }
    Ordering::Equal
}

fn items(one: &Item, other: &Item) -> Ordering {
    let class = |item: &Item| match item {
        Item::Word(_) => 0,
        Item::List(_) => 1,
        Item::Number(_) => 2,
    };
    match (one, other) {
        (Item::Number(a), Item::Number(b)) => a.cmp(b),
        (Item::Word(a), Item::Word(b)) => words(a, b),
        (Item::List(a), Item::List(b)) => lists(a, b),
        (a, b) => class(a).cmp(&class(b)),
    }
}

fn words(one: &str, other: &str) -> Ordering {
    match (rank(one), rank(other)) {
        (Ok(a), Ok(b)) => a.cmp(&b),
        (Ok(_), Err(_)) => Ordering::Less,
        (Err(_), Ok(_)) => Ordering::Greater,
        (Err(a), Err(b)) => a.cmp(b),
    }
}

fn against_nothing(item: &Item) -> Ordering {
    match item {
        Item::Number(number) => number.cmp(&0),
        Item::Word(word) => words(word, ""),
        Item::List(items) => items.first().map_or(Ordering::Equal, against_nothing),
    }
}
