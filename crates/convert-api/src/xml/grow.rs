//! A tree while it is read.

use super::element::{Node, Tag, Tree};
use super::oddities::At;
use super::text::{OVERHEAD, Span, push, resolve, write_tag};
use quick_xml::events::{BytesRef, BytesStart};

/// What one [`Tree`] may take; what is over it is left out.
const LARGEST: usize = 16 * 1024 * 1024;
/// The most room that a tree gets beforehand, because the one before it took so much.
const MOST_ROOM: usize = 16 * 1024;

/// Grows one tree after the other.
#[derive(Debug, Default)]
pub(super) struct Growing {
    tree: Tree,
    /// The nodes that are open, the root first; `None` where an element is not kept.
    open: Vec<Option<usize>>,
    /// Where the text begins that is being read.
    begun: usize,
    budget: usize,
    /// How much the tree before took: text, nodes, attributes.
    room: [usize; 3],
}

impl Growing {
    /// Begins a tree with its root.
    pub(super) fn begin(&mut self, tag: &Tag) {
        self.tree = Tree::with_room(tag, self.room);
        self.open.clear();
        self.open.push(Some(0));
        self.begun = self.tree.text.len();
        self.budget = LARGEST;
    }

    pub(super) fn open(&mut self, start: &BytesStart<'_>, name: &str, odd: &mut At<'_>) {
        if self.budget == 0 {
            self.open.push(None);
            return;
        }
        let tree = &mut self.tree;
        let before = Span::new(self.begun, tree.text.len());
        let attributes = tree.attributes.len();
        let name = write_tag(start, name, &mut tree.text, &mut tree.attributes, &mut self.budget, odd);
        self.budget = self.budget.saturating_sub(OVERHEAD);
        self.open.push(Some(tree.nodes.len()));
        tree.nodes.push(Node {
            name,
            before,
            attributes: Span::new(attributes, tree.attributes.len()),
            ..Node::default()
        });
        self.begun = tree.text.len();
    }

    pub(super) fn text(&mut self, text: &str) {
        push(&mut self.tree.text, text, &mut self.budget);
    }

    pub(super) fn reference(&mut self, entity: &BytesRef<'_>, odd: &mut At<'_>) {
        resolve(entity, &mut self.tree.text, &mut self.budget, odd);
    }

    /// Closes the innermost element; gives the tree if that was its root.
    pub(super) fn close(&mut self) -> Option<Tree> {
        if let Some(Some(at)) = self.open.pop() {
            let last = Span::new(self.begun, self.tree.text.len());
            let end = self.tree.nodes.len();
            let own = if end == at + 1 { last } else { self.own_text(at, last) };
            if let Some(node) = self.tree.nodes.get_mut(at) {
                (node.last, node.own) = (last, own);
                node.end = u32::try_from(end).unwrap_or(u32::MAX);
            }
            self.begun = self.tree.text.len();
        }
        if !self.open.is_empty() {
            return None;
        }
        let tree = std::mem::take(&mut self.tree);
        self.room =
            [tree.text.len(), tree.nodes.len(), tree.attributes.len()].map(|room| room.min(MOST_ROOM));
        Some(tree)
    }

    /// The own text of a node that has children, the last piece of which is that: where it is.
    fn own_text(&mut self, at: usize, last: Span) -> Span {
        let Tree { text, nodes, .. } = &mut self.tree;
        let mut pieces = Vec::new();
        let mut child = at + 1;
        while let Some(node) = nodes.get(child) {
            pieces.push(node.before);
            child = (node.end as usize).max(child + 1);
        }
        pieces.push(last);
        let is_filled = |piece: &&Span| !piece.of(text).trim().is_empty();
        let mut filled = pieces.iter().filter(is_filled);
        match (filled.next(), filled.next()) {
            (None, _) => Span::default(),
            (Some(only), None) => *only,
            // Markup: rare in what scanners write, and read in its order by most who want it.
            _ => {
                let all: String = pieces.iter().map(|piece| piece.of(text)).collect();
                let start = text.len();
                text.push_str(&all);
                Span::new(start, text.len())
            }
        }
    }
}
