//! Message texts: placeholders and embedded links (SARIF 2.1.0 §3.11.5, §3.11.6).

use crate::model::Message;
use memchr::memmem;
use scanlift_convert_api::json::Loose;
use std::borrow::Cow;

/// A message string of a rule or component (§3.12), owned by the tables.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct MessageString {
    pub(crate) text: Option<Box<str>>,
    pub(crate) markdown: Option<Box<str>>,
}

impl MessageString {
    pub(crate) fn new(message: &Message<'_>) -> Self {
        let owned = |text: &Option<scanlift_convert_api::json::Text<'_>>| text.as_deref().map(Box::from);
        Self { text: owned(&message.text), markdown: owned(&message.markdown) }
    }

    /// Markdown if there is some, since GitLab renders it; else plain text.
    pub(crate) fn best(&self) -> Option<&str> {
        self.markdown.as_deref().or(self.text.as_deref())
    }
}

/// The text of a message, Markdown if there is some. `lookup` finds the string of a message that
/// is named by id only. A message without a text that can be found is its id and arguments.
pub(crate) fn text<'m, 't: 'm>(
    message: &'m Message<'_>,
    lookup: impl FnOnce(&str) -> Option<&'t MessageString>,
) -> Option<Cow<'m, str>> {
    let own = message.markdown.as_deref().or(message.text.as_deref()).filter(|text| !text.trim().is_empty());
    if let Some(own) = own {
        // Many tools write braces without meaning placeholders: only arguments make them such.
        return Some(if message.arguments.is_empty() {
            Cow::Borrowed(own)
        } else {
            fill(own, &message.arguments)
        });
    }
    let id = message.id.as_deref()?;
    match lookup(id).and_then(MessageString::best) {
        Some(template) => Some(fill(template, &message.arguments)),
        None => {
            let arguments: Vec<&str> = message.arguments.iter().map(|argument| &**argument).collect();
            let text =
                if arguments.is_empty() { id.to_owned() } else { format!("{id}: {}", arguments.join(", ")) };
            Some(Cow::Owned(text))
        }
    }
}

/// The text of a message without Markdown, for where nothing renders it; else its id and arguments.
pub(crate) fn plain(message: &Message<'_>) -> Option<String> {
    match message.text.as_deref().or(message.markdown.as_deref()) {
        Some(own) if message.arguments.is_empty() => Some(own.to_owned()),
        Some(own) => Some(fill(own, &message.arguments).into_owned()),
        None => text(message, |_| None).map(Cow::into_owned),
    }
}

/// Replaces `{0}` by the first argument and so on, `{{` by `{` and `}}` by `}`. A placeholder
/// without an argument stays.
fn fill<'t>(template: &'t str, arguments: &[Loose<'_>]) -> Cow<'t, str> {
    if !template.contains(['{', '}']) {
        return Cow::Borrowed(template);
    }
    let mut filled = String::with_capacity(template.len() + 32);
    let mut rest = template;
    while let Some(at) = rest.find(['{', '}']) {
        filled.push_str(&rest[..at]);
        let brace = &rest[at..=at];
        let behind = &rest[at + 1..];
        if behind.starts_with(brace) {
            filled.push_str(brace);
            rest = &behind[1..];
            continue;
        }
        let argument = (brace == "{")
            .then(|| behind.split_once('}'))
            .flatten()
            .and_then(|(number, rest)| Some((arguments.get(number.parse::<usize>().ok()?)?, rest)));
        match argument {
            Some((argument, behind)) => {
                filled.push_str(argument);
                rest = behind;
            }
            None => {
                filled.push_str(brace);
                rest = behind;
            }
        }
    }
    filled.push_str(rest);
    Cow::Owned(filled)
}

/// Resolves links to related locations: `[argv](1)` becomes `argv (src/main.c:70)` by `place`, which
/// knows the location of an id. Links to addresses stay. Further ids behind a link, as in
/// `[flows](1),(2),(3)` (Snyk Code), go with it.
pub(crate) fn links<'t>(text: Cow<'t, str>, place: impl Fn(i64) -> Option<String>) -> Cow<'t, str> {
    let bytes = text.as_bytes();
    if memmem::find(bytes, b"](").is_none() {
        return text;
    }
    let mut new = String::with_capacity(text.len() + 32);
    let mut kept = 0;
    let mut at = 0;
    while let Some(middle) = memmem::find(&bytes[at..], b"](").map(|found| found + at) {
        at = middle + 2;
        let Some(end) = text[at..].find(')').map(|found| found + at) else { break };
        let Ok(id) = text[at..end].parse::<i64>() else { continue };
        let Some(start) = text[kept..middle].rfind('[').map(|found| found + kept) else { continue };
        if start > 0 && bytes[start - 1] == b'\\' {
            continue;
        }
        new.push_str(&text[kept..start]);
        new.push_str(&text[start + 1..middle]);
        if let Some(place) = place(id) {
            new.push_str(" (");
            new.push_str(&place);
            new.push(')');
        }
        kept = end + 1;
        while let Some((digits, rest)) = text[kept..].strip_prefix(",(").and_then(|ids| ids.split_once(')'))
            && digits.parse::<i64>().is_ok()
        {
            kept = text.len() - rest.len();
        }
        at = kept;
    }
    if kept == 0 {
        return text;
    }
    new.push_str(&text[kept..]);
    Cow::Owned(new)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loose(texts: &[&'static str]) -> Vec<Loose<'static>> {
        texts.iter().map(|&text| Loose(text.into())).collect()
    }

    #[test]
    fn placeholders_are_filled() {
        for (template, arguments, want) in [
            ("'{0}' of '{1}'", &["a", "b"][..], "'a' of 'b'"),
            ("{1} before {0}, {0}", &["a", "b"], "b before a, a"),
            ("{{0}} {0} }}{{", &["a"], "{0} a }{"),
            ("{0}", &["{1}", "b"], "{1}"),
            ("{2} {x} { }", &["a"], "{2} {x} { }"),
            ("}", &[], "}"),
            ("plain", &["a"], "plain"),
            ("{", &["a"], "{"),
        ] {
            assert_eq!(fill(template, &loose(arguments)), want, "{template}");
        }
    }

    #[test]
    fn braces_without_arguments_are_text() {
        let message = Message {
            text: Some(scanlift_convert_api::json::Text("f\"{x}\" {{".into())),
            ..Message::default()
        };
        assert_eq!(text(&message, |_| None).as_deref(), Some("f\"{x}\" {{"));
    }

    #[test]
    fn an_unknown_id_is_told_with_its_arguments() {
        let id = Some(scanlift_convert_api::json::Text("nobody".into()));
        let message = Message { id, arguments: loose(&["x", "y"]), ..Message::default() };
        assert_eq!(text(&message, |_| None).as_deref(), Some("nobody: x, y"));
    }

    #[test]
    fn plain_texts_are_filled_too() {
        let word = |word: &'static str| Some(scanlift_convert_api::json::Text(word.into()));
        let arguments = || loose(&["x"]);
        for (message, want) in [
            (
                Message {
                    text: word("no {0}"),
                    markdown: word("*no*"),
                    arguments: arguments(),
                    ..Message::default()
                },
                "no x",
            ),
            (Message { text: word("no {0}"), ..Message::default() }, "no {0}"),
            (Message { markdown: word("*no* {0}"), arguments: arguments(), ..Message::default() }, "*no* x"),
            (Message { id: word("N1"), arguments: arguments(), ..Message::default() }, "N1: x"),
        ] {
            assert_eq!(plain(&message).as_deref(), Some(want));
        }
    }

    #[test]
    fn links_are_resolved() {
        let place = |id| (id == 1).then(|| "a.c:7".to_owned());
        for (text, want) in [
            ("flow from [here](1).", "flow from here (a.c:7)."),
            ("[lost](9) and [here](1)", "lost and here (a.c:7)"),
            ("see [the manual](https://x.example/a?b=1)", "see [the manual](https://x.example/a?b=1)"),
            ("input [flows](7),(1),(2) into [exec](1), (2)", "input flows into exec (a.c:7), (2)"),
            ("[a](1),(b)", "a (a.c:7),(b)"),
            ("not \\[x\\](1) a link", "not \\[x\\](1) a link"),
            ("](1) [", "](1) ["),
            ("[a](1", "[a](1"),
        ] {
            assert_eq!(links(Cow::Borrowed(text), place), want, "{text}");
        }
    }
}
