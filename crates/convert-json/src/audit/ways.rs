//! Shortest ways through a graph of names: from what a project asks for to a package, from an entry
//! point to a function.

use std::collections::{HashMap, VecDeque};

/// What leads to what, and the shortest ways through it.
///
/// Time and memory are those of the graph; a way is cut to its last 50 steps.
#[derive(Debug, Default)]
pub(crate) struct Ways {
    /// From a name to those that it leads to.
    edges: HashMap<String, Vec<String>>,
    roots: Vec<String>,
    /// From a name to the one before it on its way; `None` for a root.
    before: HashMap<String, Option<String>>,
}

/// A way that is longer tells nobody anything.
const LONGEST: usize = 50;

impl Ways {
    /// `from` leads to `to`.
    pub(crate) fn add(&mut self, from: &str, to: &str) {
        self.edges.entry(from.to_owned()).or_default().push(to.to_owned());
    }

    /// Ways begin here.
    pub(crate) fn add_root(&mut self, root: &str) {
        self.roots.push(root.to_owned());
    }

    /// Finds the ways, when the graph is whole.
    pub(crate) fn find(&mut self) {
        let mut next: VecDeque<String> = std::mem::take(&mut self.roots).into();
        for root in &next {
            self.before.insert(root.clone(), None);
        }
        while let Some(from) = next.pop_front() {
            for to in self.edges.remove(&from).unwrap_or_default() {
                if !self.before.contains_key(&to) {
                    self.before.insert(to.clone(), Some(from.clone()));
                    next.push_back(to);
                }
            }
        }
        self.edges = HashMap::new();
    }

    /// The way from a root to `name`, both included; empty if there is none.
    pub(crate) fn to(&self, name: &str) -> Vec<&str> {
        let mut way = Vec::new();
        let mut at = self.before.get_key_value(name);
        while let Some((name, before)) = at.filter(|_| way.len() < LONGEST) {
            way.push(name.as_str());
            at = before.as_ref().and_then(|before| self.before.get_key_value(before));
        }
        way.reverse();
        way
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ways_are_the_shortest_and_end() {
        let mut ways = Ways::default();
        for (from, to) in [("a", "b"), ("b", "c"), ("c", "a"), ("a", "c"), ("x", "y"), ("c", "d")] {
            ways.add(from, to);
        }
        ways.add_root("a");
        ways.add_root("a");
        ways.find();
        for (name, want) in [
            ("a", vec!["a"]),
            ("b", vec!["a", "b"]),
            ("d", vec!["a", "c", "d"]),
            ("y", vec![]),
            ("?", vec![]),
        ] {
            assert_eq!(ways.to(name), want, "{name}");
        }
    }

    #[test]
    fn a_long_way_is_cut() {
        let mut ways = Ways::default();
        (0..200).for_each(|at| ways.add(&at.to_string(), &(at + 1).to_string()));
        ways.add_root("0");
        ways.find();
        let way = ways.to("200");
        assert_eq!((way.len(), way.last()), (LONGEST, Some(&"200")));
    }
}
