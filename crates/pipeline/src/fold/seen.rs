//! The two memories of folding: one that is exact and grows by some bytes a key, and one that never
//! grows and now and then takes a key that it never saw for a known one.

use std::{
    collections::HashSet,
    hash::{BuildHasherDefault, Hasher},
};

/// Keys are hashes already.
#[derive(Clone, Copy, Debug, Default)]
struct Identity(u64);

impl Hasher for Identity {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, _: &[u8]) {}

    fn write_u64(&mut self, key: u64) {
        self.0 = key;
    }
}

/// An exact set of keys, some 14 bytes each. It is split, since a set that grows holds its keys twice:
/// one part does at a time.
#[derive(Debug)]
pub(super) struct Known(Vec<HashSet<u64, BuildHasherDefault<Identity>>>);

const PARTS: usize = 64;

impl Default for Known {
    fn default() -> Self {
        Self(std::iter::repeat_with(HashSet::default).take(PARTS).collect())
    }
}

impl Known {
    pub(super) fn insert(&mut self, key: u64) {
        self.0[part(key)].insert(key);
    }

    pub(super) fn contains(&self, key: u64) -> bool {
        self.0[part(key)].contains(&key)
    }
}

/// By bits from the middle: the table of a part goes by the lowest and the highest.
const fn part(key: u64) -> usize {
    (key >> 32) as usize % PARTS
}

/// A Bloom filter of 4 MiB with four bits a key, all in one line of a cache. It takes a key that it
/// never saw for a known one once in six thousand cases at a million keys, once in five hundred at two
/// million.
#[derive(Debug)]
pub(super) struct Seen(Vec<Line>);

type Line = [u64; 8];

/// A power of two.
const LINES: usize = 1 << 16;

impl Default for Seen {
    fn default() -> Self {
        // The system hands out zeroed pages when they are first touched: an unused set costs nothing.
        Self(vec![[0; 8]; LINES])
    }
}

impl Seen {
    pub(super) fn insert(&mut self, key: u64) {
        let line = &mut self.0[key as usize % LINES];
        for (word, bit) in bits(key) {
            line[word] |= bit;
        }
    }

    /// Whether a key was put in; perhaps, if the answer is yes.
    pub(super) fn contains(&self, key: u64) -> bool {
        let line = &self.0[key as usize % LINES];
        bits(key).all(|(word, bit)| line[word] & bit != 0)
    }
}

/// The bits of a key in its line: the line goes by the lowest bits of the key, these by the highest.
fn bits(key: u64) -> impl Iterator<Item = (usize, u64)> {
    (0..4).map(move |round| {
        let bit = (key >> (28 + 9 * round)) as usize % 512;
        (bit / 64, 1 << (bit % 64))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::hash::{DefaultHasher, Hash, Hasher};

    fn hash(number: u64) -> u64 {
        let mut hasher = DefaultHasher::new();
        number.hash(&mut hasher);
        hasher.finish()
    }

    #[test]
    fn what_is_in_is_found_and_little_else() {
        let mut seen = Seen::default();
        for number in 0..100_000 {
            seen.insert(hash(number));
        }
        assert!((0..100_000).all(|number| seen.contains(hash(number))));
        let wrong = (100_000..200_000).filter(|number| seen.contains(hash(*number))).count();
        assert!(wrong < 20, "{wrong} of 100,000");
    }

    #[test]
    fn what_is_known_is_exact() {
        let mut known = Known::default();
        (0..10_000).for_each(|number| known.insert(hash(number)));
        assert!((0..10_000).all(|number| known.contains(hash(number))));
        assert!((10_000..100_000).all(|number| !known.contains(hash(number))));
    }
}
