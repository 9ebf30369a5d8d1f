//! A look at the first bytes of a document.

use super::element::Tag;
use super::oddities::Oddities;
use quick_xml::events::Event;
use std::collections::BTreeSet;

/// What the first bytes of a document say of it; the document may be cut anywhere.
#[derive(Debug, Default)]
pub struct Head {
    root: Option<Tag>,
    namespace: String,
    names: BTreeSet<String>,
}

impl Head {
    /// Looks at the first bytes, which need not be XML nor UTF-8.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        let mut head = Self::default();
        let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
        if bytes.trim_ascii_start().first() != Some(&b'<') {
            return head;
        }
        let text = String::from_utf8_lossy(bytes);
        let mut xml = quick_xml::Reader::from_reader(text.as_bytes());
        xml.config_mut().check_end_names = false;
        xml.config_mut().allow_unmatched_ends = true;
        let mut buffer = Vec::new();
        let mut tag = Tag::default();
        loop {
            buffer.clear();
            match xml.read_event_into(&mut buffer) {
                Ok(Event::Start(start) | Event::Empty(start)) => {
                    tag.fill(&start, start.local_name().as_ref(), &mut Oddities::default().at(""));
                    if !head.has(tag.name()) {
                        head.names.insert(tag.name().to_owned());
                    }
                    if head.root.is_none() {
                        let prefix = start.name().prefix().map(|prefix| format!("xmlns:{}", prefix.as_ref()));
                        let key = prefix.unwrap_or_else(|| "xmlns".to_owned());
                        let mut declared = start.attributes();
                        head.namespace = declared
                            .with_checks(false)
                            .filter_map(Result::ok)
                            .filter(|attribute| attribute.key.as_ref() == key)
                            .map(|attribute| attribute.value.as_ref().to_owned())
                            .next()
                            .unwrap_or_default();
                        head.root = Some(tag.clone());
                    }
                }
                Ok(Event::Eof) | Err(_) => return head,
                Ok(_) => {}
            }
        }
    }

    /// The local name of the root element; empty if there is none.
    #[must_use]
    pub fn root(&self) -> &str {
        self.root.as_ref().map_or("", Tag::name)
    }

    /// The namespace of the root element; empty if it has none.
    #[must_use]
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// An attribute of the root element.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.root.as_ref()?.attribute(name)
    }

    /// Whether an element of that local name is seen.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.names.contains(name)
    }
}
