//! What is read of an element.

use super::text::{Attribute, Span};

/// The start of an element: its name and attributes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tag {
    /// Names and values, one behind the other.
    pub(super) text: String,
    pub(super) name: Span,
    pub(super) attributes: Vec<Attribute>,
}

impl Tag {
    /// Its local name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.name.of(&self.text)
    }

    /// The value of an attribute by its local name, without surrounding white space; `None` if it is
    /// missing or blank.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&str> {
        attribute(&self.text, &self.attributes, name)
    }

    /// Every attribute, in the document's order.
    pub fn attributes(&self) -> impl Iterator<Item = (&str, &str)> {
        attributes(&self.text, &self.attributes)
    }
}

/// An element that was read, with everything in it: [`Tree::root`] is the element.
///
/// All its texts lie in one piece of memory, so that a record of many small fields costs no more
/// than one of few large ones.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tree {
    pub(super) text: String,
    /// Each before what is in it.
    pub(super) nodes: Vec<Node>,
    pub(super) attributes: Vec<Attribute>,
}

/// An element in a [`Tree`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Node {
    pub(super) name: Span,
    /// Which of the tree's attributes are its own.
    pub(super) attributes: Span,
    /// What stands before it in its parent, from the sibling before it on.
    pub(super) before: Span,
    /// What stands in it behind the last of its children: everything if it has none.
    pub(super) last: Span,
    /// Its own text: the only one that is not blank, or all of them together.
    pub(super) own: Span,
    /// Where the first node is that is not in it.
    pub(super) end: u32,
}

/// What a tree by default has for a root.
static NOTHING: Node = {
    let nothing = Span::new(0, 0);
    Node { name: nothing, attributes: nothing, before: nothing, last: nothing, own: nothing, end: 1 }
};

impl Tree {
    /// The tree of an element in which there is nothing.
    #[must_use]
    pub fn of(tag: &Tag) -> Self {
        Self::with_room(tag, [tag.text.len(), 1, tag.attributes.len()])
    }

    /// The same with room for that much text, and so many elements and attributes.
    pub(super) fn with_room(tag: &Tag, [text, nodes, attributes]: [usize; 3]) -> Self {
        let mut tree = Self {
            text: String::with_capacity(text),
            nodes: Vec::with_capacity(nodes),
            attributes: Vec::with_capacity(attributes),
        };
        tree.text.push_str(&tag.text);
        tree.attributes.extend_from_slice(&tag.attributes);
        let attributes = Span::new(0, tag.attributes.len());
        tree.nodes.push(Node { name: tag.name, attributes, end: 1, ..Node::default() });
        tree
    }

    /// About how many bytes it takes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.text.len()
            + size_of::<Node>() * self.nodes.len()
            + size_of::<Attribute>() * self.attributes.len()
    }

    /// The element that was read. Of a tree by default it has no name.
    #[must_use]
    pub fn root(&self) -> Element<'_> {
        Element { tree: self, at: 0 }
    }
}

/// An element of a [`Tree`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Element<'t> {
    tree: &'t Tree,
    at: u32,
}

/// What stands in an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inside<'t> {
    /// A text as it stands, with its white space; never empty.
    Text(&'t str),
    /// An element.
    Element(Element<'t>),
}

impl<'t> Element<'t> {
    fn node(self) -> &'t Node {
        self.tree.nodes.get(self.at as usize).unwrap_or(&NOTHING)
    }

    /// Whether that is its local name.
    #[must_use]
    pub fn is(self, name: &str) -> bool {
        self.node().name.is(name, &self.tree.text)
    }

    /// Its local name.
    #[must_use]
    pub fn name(self) -> &'t str {
        self.node().name.of(&self.tree.text)
    }

    /// The value of an attribute by its local name, without surrounding white space; `None` if it is
    /// missing or blank.
    #[must_use]
    pub fn attribute(self, name: &str) -> Option<&'t str> {
        attribute(&self.tree.text, self.node().attributes.among(&self.tree.attributes), name)
    }

    /// Every attribute, in the document's order.
    pub fn attributes(self) -> impl Iterator<Item = (&'t str, &'t str)> {
        attributes(&self.tree.text, self.node().attributes.among(&self.tree.attributes))
    }

    /// Its own text without that of its children and without surrounding white space; `None` if
    /// it is blank.
    #[must_use]
    pub fn text(self) -> Option<&'t str> {
        filled(self.node().own.of(&self.tree.text))
    }

    /// Its text and that of everything in it, one piece a line; for elements that hold markup.
    #[must_use]
    pub fn full_text(self) -> String {
        let mut out = String::new();
        self.write_full_text(&mut out);
        out
    }

    fn write_full_text(self, out: &mut String) {
        if let Some(text) = self.text() {
            if !out.is_empty() {
                out.push('\n');
            }
            out.push_str(text);
        }
        self.children().for_each(|child| child.write_full_text(out));
    }

    /// Everything directly in it.
    #[must_use]
    pub fn children(self) -> Children<'t> {
        let last = Element { tree: self.tree, at: self.node().end };
        Children { next: Element { tree: self.tree, at: self.at + 1 }, end: last.at }
    }

    /// Whether no element is in it.
    #[must_use]
    pub fn is_leaf(self) -> bool {
        self.children().next().is_none()
    }

    /// Texts and elements directly in it, in the document's order; for elements that hold markup.
    pub fn nodes(self) -> impl Iterator<Item = Inside<'t>> {
        let of = move |span: Span| Some(span.of(&self.tree.text)).filter(|text| !text.is_empty());
        let children = self.children().flat_map(move |child| {
            let before = of(child.node().before).map(Inside::Text);
            before.into_iter().chain(std::iter::once(Inside::Element(child)))
        });
        children.chain(of(self.node().last).map(Inside::Text))
    }

    /// The elements of that name directly in it.
    pub fn all(self, name: &str) -> impl Iterator<Item = Self> {
        self.children().filter(move |child| child.is(name))
    }

    /// The first element of that name directly in it.
    #[must_use]
    pub fn child(self, name: &str) -> Option<Self> {
        self.children().find(|child| child.is(name))
    }

    /// The element at the end of a path of first elements: `["a", "b"]`.
    #[must_use]
    pub fn find(self, path: &[&str]) -> Option<Self> {
        path.iter().try_fold(self, |element, name| element.child(name))
    }

    /// The text of the first element of that name directly in it.
    #[must_use]
    pub fn child_text(self, name: &str) -> Option<&'t str> {
        self.child(name)?.text()
    }

    /// The text of the first of these elements that has one.
    #[must_use]
    pub fn first_text(self, names: &[&str]) -> Option<&'t str> {
        names.iter().find_map(|name| self.child_text(name))
    }

    /// The texts of the elements of that name directly in it.
    pub fn texts(self, name: &str) -> impl Iterator<Item = &'t str> {
        self.all(name).filter_map(Self::text)
    }

    /// The number that the text of that element is.
    #[must_use]
    pub fn number<N: std::str::FromStr>(self, name: &str) -> Option<N> {
        self.child_text(name)?.parse().ok()
    }
}

impl std::fmt::Debug for Element<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Element").field("name", &self.name()).finish_non_exhaustive()
    }
}

/// The elements directly in another one, in the document's order.
#[derive(Clone, Copy, Debug)]
pub struct Children<'t> {
    next: Element<'t>,
    end: u32,
}

impl<'t> Iterator for Children<'t> {
    type Item = Element<'t>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.next.at >= self.end {
            return None;
        }
        let child = self.next;
        // A node ends behind itself, so that this always moves on.
        self.next.at = child.node().end.max(child.at + 1);
        Some(child)
    }
}

fn attribute<'t>(text: &'t str, attributes: &[Attribute], name: &str) -> Option<&'t str> {
    filled(attributes.iter().find(|attribute| attribute.name.is(name, text))?.value.of(text))
}

fn attributes<'t>(text: &'t str, attributes: &'t [Attribute]) -> impl Iterator<Item = (&'t str, &'t str)> {
    attributes.iter().map(|attribute| (attribute.name.of(text), attribute.value.of(text)))
}

fn filled(text: &str) -> Option<&str> {
    Some(text.trim()).filter(|text| !text.is_empty())
}
