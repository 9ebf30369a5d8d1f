use scanlift_report_core::{Message, MessageLevel};

/// More messages of a scan than these are only counted.
const MOST: usize = 50;

/// What a scanner has to tell of its run: files that it could not read, rules that it left out.
///
/// ```
/// use scanlift_convert_api::Messages;
/// use scanlift_report_core::MessageLevel;
///
/// let mut messages = Messages::default();
/// (0..60).for_each(|file| messages.push(MessageLevel::Warn, format!("{file}.c does not parse")));
/// assert_eq!(messages.into_vec().last().map(|last| last.value.to_string()).as_deref(), Some("and 10 more"));
/// ```
#[derive(Debug, Default)]
pub struct Messages {
    all: Vec<Message<'static>>,
    more: u64,
}

impl Messages {
    /// Adds a message unless its text is blank or there already.
    pub fn push(&mut self, level: MessageLevel, text: impl Into<String>) {
        let text = text.into();
        let text = text.trim();
        if self.all.len() == MOST {
            self.more += 1;
        } else if !self.all.iter().any(|known| known.value == text) {
            self.all.extend(Message::new(level, text.to_owned()));
        }
    }

    /// The first fifty, and how many more there were.
    #[must_use]
    pub fn into_vec(mut self) -> Vec<Message<'static>> {
        if self.more > 0 {
            self.all.extend(Message::new(MessageLevel::Warn, format!("and {} more", self.more)));
        }
        self.all
    }
}
