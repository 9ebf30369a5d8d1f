//! Who depends on whom (`dependencies`), and by which way the project comes to a package.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hasher};

/// A reference (`bom-ref`) as a number: 64 bits of SipHash. Of a million references two different
/// ones are equal once in some thirty million documents.
pub(crate) type Key = u64;

/// The number of a reference, white space around it aside.
pub(crate) fn key(reference: &str) -> Key {
    let mut hasher = DefaultHasher::new();
    hasher.write(reference.trim().as_bytes());
    hasher.finish()
}

/// More edges than any real project has (12 bytes each): past them ways are not told.
const MOST_EDGES: usize = 8_000_000;

/// The longest way that is told, in steps.
const LONGEST: usize = 64;

/// Edges as they are read.
#[derive(Debug, Default)]
pub(crate) struct Graph {
    numbers: HashMap<Key, u32>,
    keys: Vec<Key>,
    edges: Vec<(u32, u32)>,
}

impl Graph {
    /// `from` depends on `to`.
    pub(crate) fn add(&mut self, from: Key, to: Key) {
        if self.edges.len() < MOST_EDGES {
            let edge = (self.number(from), self.number(to));
            self.edges.push(edge);
        }
    }

    fn number(&mut self, key: Key) -> u32 {
        let next = u32::try_from(self.keys.len()).unwrap_or(u32::MAX);
        let keys = &mut self.keys;
        *self.numbers.entry(key).or_insert_with(|| {
            keys.push(key);
            next
        })
    }

    /// The shortest ways from the root to everything that it depends on; of equally short ones the
    /// first in the document's order.
    pub(crate) fn ways(self, root: Key) -> Ways {
        let nodes = self.keys.len();
        let Some(&root) = self.numbers.get(&root) else { return Ways::default() };
        // Edges sorted by where they begin: those of node n are targets[starts[n]..starts[n + 1]].
        let mut starts = vec![0_usize; nodes + 2];
        for (from, _) in &self.edges {
            starts[*from as usize + 2] += 1;
        }
        for node in 2..starts.len() {
            starts[node] += starts[node - 1];
        }
        let mut targets = vec![0_u32; self.edges.len()];
        for (from, to) in &self.edges {
            let next = &mut starts[*from as usize + 1];
            targets[*next] = *to;
            *next += 1;
        }
        let mut steps = vec![Step { before: NOBODY, depth: 0, after: 0 }; nodes];
        steps[root as usize].before = root;
        let mut queue = vec![root];
        let mut next = 0;
        let mut deepest = 0;
        while let Some(&node) = queue.get(next) {
            next += 1;
            let depth = steps[node as usize].depth + 1;
            let after = &targets[starts[node as usize]..starts[node as usize + 1]];
            steps[node as usize].after = u32::try_from(after.len()).unwrap_or(u32::MAX);
            for to in after {
                let step = &mut steps[*to as usize];
                if step.before == NOBODY {
                    (step.before, step.depth) = (node, depth);
                    deepest = depth;
                    queue.push(*to);
                }
            }
        }
        Ways { numbers: self.numbers, keys: self.keys, steps, deepest }
    }
}

/// Before a node to which no way leads.
const NOBODY: u32 = u32::MAX;

#[derive(Clone, Copy, Debug)]
struct Step {
    before: u32,
    depth: u32,
    /// How many it depends on.
    after: u32,
}

/// The shortest ways from the root.
#[derive(Debug, Default)]
pub(crate) struct Ways {
    numbers: HashMap<Key, u32>,
    keys: Vec<Key>,
    steps: Vec<Step>,
    deepest: u32,
}

impl Ways {
    /// The way to a reference: what the root depends on first, the reference itself last.
    /// Empty if there is none, if it is longer than 64 steps, and for the root itself.
    pub(crate) fn to(&self, reference: Key) -> Vec<Key> {
        let mut way = Vec::new();
        let Some(mut node) = self.numbers.get(&reference).copied() else { return way };
        while let Some(step) = self.steps.get(node as usize).copied()
            && step.before != NOBODY
            && step.before != node
        {
            if way.len() == LONGEST {
                return Vec::new();
            }
            way.extend(self.keys.get(node as usize));
            node = step.before;
        }
        way.reverse();
        way
    }

    /// Who comes before a reference on the way to it; `None` at the root.
    pub(crate) fn before(&self, reference: Key) -> Option<Key> {
        let node = *self.numbers.get(&reference)?;
        let before = self.steps.get(node as usize)?.before;
        self.keys.get(before as usize).copied().filter(|_| before != node)
    }

    /// Whether who comes before a reference depends on nobody else.
    pub(crate) fn is_only_child(&self, reference: Key) -> bool {
        let step = |key: Key| self.steps.get(*self.numbers.get(&key)? as usize);
        let before = step(reference).map(|step| step.before).and_then(|it| self.steps.get(it as usize));
        before.is_some_and(|step| step.after == 1)
    }

    /// The steps of the longest of the shortest ways.
    pub(crate) fn deepest(&self) -> usize {
        self.deepest as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ways(edges: &[(&str, &str)], root: &str) -> Ways {
        let mut graph = Graph::default();
        for (from, to) in edges {
            graph.add(key(from), key(to));
        }
        graph.ways(key(root))
    }

    #[test]
    fn the_shortest_way_wins_and_loops_end() {
        let edges = [("app", "a"), ("a", "b"), ("b", "c"), ("app", "d"), ("d", "c"), ("c", "a"), ("x", "y")];
        let ways = ways(&edges, "app");
        for (to, want) in [
            ("a", &["a"][..]),
            ("b", &["a", "b"]),
            ("c", &["d", "c"]),
            ("app", &[]),
            ("y", &[]),
            ("unheard of", &[]),
        ] {
            let want: Vec<Key> = want.iter().map(|it| key(it)).collect();
            assert_eq!(ways.to(key(to)), want, "{to}");
        }
        assert_eq!(ways.deepest(), 2);
        assert!(ways.is_only_child(key("b")) && !ways.is_only_child(key("a")));
        assert!(!ways.is_only_child(key("y")) && !ways.is_only_child(key("unheard of")));
    }

    #[test]
    fn ways_that_are_too_long_are_not_told() {
        let names: Vec<String> = (0..80).map(|number| number.to_string()).collect();
        let edges: Vec<_> = names.windows(2).map(|pair| (&*pair[0], &*pair[1])).collect();
        let ways = ways(&edges, "0");
        assert_eq!(ways.to(key("64")).len(), 64);
        assert!(ways.to(key("65")).is_empty());
        assert!(super::Graph::default().ways(0).to(0).is_empty());
    }
}
