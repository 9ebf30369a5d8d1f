//! What is read of an element.

use std::sync::Arc;

/// The start of an element: its name and attributes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tag {
    pub(super) name: Arc<str>,
    pub(super) attributes: Vec<(Arc<str>, String)>,
}

impl Tag {
    /// Its local name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The value of an attribute by its local name, without surrounding white space; `None` if it is
    /// missing or blank.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&str> {
        let (_, value) = self.attributes.iter().find(|(key, _)| **key == *name)?;
        filled(value)
    }

    /// Every attribute, in the document's order.
    pub fn attributes(&self) -> impl Iterator<Item = (&str, &str)> {
        self.attributes.iter().map(|(key, value)| (&**key, value.as_str()))
    }
}

/// An element with everything in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Element {
    pub(super) tag: Tag,
    pub(super) text: String,
    pub(super) children: Vec<Element>,
    /// Where it stands in the text of its parent, in bytes.
    pub(super) at: usize,
}

/// What stands in an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Node<'e> {
    /// A text as it stands, with its white space; never empty.
    Text(&'e str),
    /// An element.
    Element(&'e Element),
}

impl Element {
    /// Its local name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.tag.name
    }

    /// The value of an attribute: [`Tag::attribute`].
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.tag.attribute(name)
    }

    /// Its start.
    #[must_use]
    pub fn tag(&self) -> &Tag {
        &self.tag
    }

    /// Its own text without that of its children and without surrounding white space; `None` if
    /// it is blank.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        filled(&self.text)
    }

    /// Its text and that of everything in it, one piece a line; for elements that hold markup.
    #[must_use]
    pub fn full_text(&self) -> String {
        let mut out = String::new();
        self.write_full_text(&mut out);
        out
    }

    fn write_full_text(&self, out: &mut String) {
        if let Some(text) = self.text() {
            if !out.is_empty() {
                out.push('\n');
            }
            out.push_str(text);
        }
        self.children.iter().for_each(|child| child.write_full_text(out));
    }

    /// Everything directly in it.
    #[must_use]
    pub fn children(&self) -> &[Self] {
        &self.children
    }

    /// Texts and elements directly in it, in the document's order; for elements that hold markup.
    pub fn nodes(&self) -> impl Iterator<Item = Node<'_>> {
        let starts = std::iter::once(0).chain(self.children.iter().map(|child| child.at));
        let ends = self.children.iter().map(|child| child.at).chain(std::iter::once(self.text.len()));
        let texts = starts.zip(ends).map(|(start, end)| self.text.get(start..end).unwrap_or_default());
        let children = self.children.iter().map(Some).chain(std::iter::once(None));
        texts.zip(children).flat_map(|(text, child)| {
            let text = (!text.is_empty()).then_some(Node::Text(text));
            text.into_iter().chain(child.map(Node::Element))
        })
    }

    /// The elements of that name directly in it.
    pub fn all<'e>(&'e self, name: &'e str) -> impl Iterator<Item = &'e Self> {
        self.children.iter().filter(move |child| *child.tag.name == *name)
    }

    /// The first element of that name directly in it.
    #[must_use]
    pub fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| *child.tag.name == *name)
    }

    /// The element at the end of a path of first elements: `["a", "b"]`.
    #[must_use]
    pub fn find(&self, path: &[&str]) -> Option<&Self> {
        path.iter().try_fold(self, |element, name| element.child(name))
    }

    /// The text of the first element of that name directly in it.
    #[must_use]
    pub fn child_text(&self, name: &str) -> Option<&str> {
        self.child(name)?.text()
    }

    /// The text of the first of these elements that has one.
    #[must_use]
    pub fn first_text(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|name| self.child_text(name))
    }

    /// The texts of the elements of that name directly in it.
    pub fn texts<'e>(&'e self, name: &'e str) -> impl Iterator<Item = &'e str> {
        self.all(name).filter_map(Self::text)
    }

    /// The number that the text of that element is.
    #[must_use]
    pub fn number<N: std::str::FromStr>(&self, name: &str) -> Option<N> {
        self.child_text(name)?.parse().ok()
    }
}

fn filled(text: &str) -> Option<&str> {
    Some(text.trim()).filter(|text| !text.is_empty())
}
