//! The statements of all documents, by what they speak of.

use crate::{Document, Statement, Subject};
use std::collections::{HashMap, HashSet};

/// Statements of any number of documents.
#[derive(Clone, Debug, Default)]
pub struct Vex {
    documents: Vec<Document>,
    /// With the number of its document.
    statements: Vec<(usize, Statement)>,
    by_id: HashMap<String, Group>,
}

/// The statements of a vulnerability.
#[derive(Clone, Debug, Default)]
struct Group {
    /// The last statement.
    last: Option<usize>,
    /// Those about a package, by its name.
    by_name: HashMap<String, Vec<(usize, usize)>>,
    /// Those about an image as it is, or something that is no package.
    others: Vec<(usize, usize)>,
    /// Those about everything.
    every: Vec<usize>,
}

/// What became of each statement.
#[derive(Clone, Debug, Default)]
pub struct Usage {
    matched: Vec<bool>,
    /// The vulnerabilities that findings have.
    seen: HashSet<String>,
}

/// What became of a statement.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Use {
    /// No finding has its vulnerability.
    #[default]
    None,
    /// A finding has its vulnerability, in something else.
    Elsewhere,
    /// It is about a finding.
    Matched,
}

impl Usage {
    /// Takes over what another one holds of the same statements, and leaves it empty.
    pub fn absorb(&mut self, other: &mut Self) {
        if self.matched.len() < other.matched.len() {
            self.matched.resize(other.matched.len(), false);
        }
        for (matched, more) in self.matched.iter_mut().zip(other.matched.drain(..)) {
            *matched |= more;
        }
        self.seen.extend(other.seen.drain());
    }
}

impl Vex {
    /// Adds a document, and gives it back.
    pub(crate) fn add(&mut self, document: Document, statements: Vec<Statement>) -> &Document {
        let number = self.documents.len();
        for mut statement in statements {
            statement.time = statement.time.or(document.time);
            let at = self.statements.len();
            for id in &statement.vulnerabilities {
                let group = self.by_id.entry(id.to_lowercase()).or_default();
                // Two ids of a statement may be one.
                if group.last != Some(at) {
                    group.add(at, &statement);
                }
            }
            self.statements.push((number, statement));
        }
        self.documents.push(document);
        &self.documents[number]
    }

    /// In the order added.
    #[must_use]
    pub fn documents(&self) -> &[Document] {
        &self.documents
    }

    /// How many statements there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.statements.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.statements.is_empty()
    }

    /// What counts of a finding: the latest statement about it, of equally late ones the last one.
    #[must_use]
    pub fn find(&self, subject: &Subject<'_>, usage: &mut Usage) -> Option<(&Document, &Statement)> {
        usage.matched.resize(self.statements.len(), false);
        let rank = |at: usize| self.statements.get(at).map(|(_, statement)| (statement.time, at));
        let mut best: Option<usize> = None;
        for id in &subject.ids {
            let id = id.trim().to_lowercase();
            let Some(group) = self.by_id.get(&id) else { continue };
            for at in group.about(subject, &self.statements) {
                if let Some(matched) = usage.matched.get_mut(at) {
                    *matched = true;
                }
                if best.is_none_or(|best| rank(best) < rank(at)) {
                    best = Some(at);
                }
            }
            usage.seen.insert(id);
        }
        let (document, statement) = self.statements.get(best?)?;
        Some((self.documents.get(*document)?, statement))
    }

    /// The statements of a document, by its number, with what became of them.
    pub fn uses<'v>(
        &'v self,
        document: usize,
        usage: &'v Usage,
    ) -> impl Iterator<Item = (&'v Statement, Use)> {
        let own = self.statements.iter().enumerate().filter(move |(_, (number, _))| *number == document);
        own.map(|(at, (_, statement))| {
            let is_seen =
                || statement.vulnerabilities.iter().any(|id| usage.seen.contains(&id.to_lowercase()));
            let what = match usage.matched.get(at) {
                Some(true) => Use::Matched,
                _ if is_seen() => Use::Elsewhere,
                _ => Use::None,
            };
            (statement, what)
        })
    }
}

impl Group {
    fn add(&mut self, at: usize, statement: &Statement) {
        self.last = Some(at);
        if statement.products.is_empty() {
            self.every.push(at);
        }
        for (number, product) in statement.products.iter().enumerate() {
            let things =
                if product.parts.is_empty() { std::slice::from_ref(&product.thing) } else { &product.parts };
            for thing in things {
                for key in thing.keys() {
                    let list = self.by_name.entry(key).or_default();
                    if list.last() != Some(&(at, number)) {
                        list.push((at, number));
                    }
                }
            }
            if things.iter().any(|thing| thing.image.is_some()) {
                self.others.push((at, number));
            }
        }
    }

    /// The statements that are about a finding.
    fn about(&self, subject: &Subject<'_>, statements: &[(usize, Statement)]) -> impl Iterator<Item = usize> {
        let keys = subject.package.iter().flat_map(|package| package.keys());
        let named = keys.filter_map(|key| self.by_name.get(&key)).flatten();
        let candidates = named.chain(&self.others).filter(move |(at, number)| {
            let product = statements.get(*at).and_then(|(_, statement)| statement.products.get(*number));
            product.is_some_and(|product| product.is_of(subject))
        });
        self.every.iter().copied().chain(candidates.map(|(at, _)| *at))
    }
}
