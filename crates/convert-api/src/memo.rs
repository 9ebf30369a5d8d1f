//! What was made of texts that documents repeat: scanners write what they know of a check again for each place.

/// How many texts are remembered.
const SLOTS: usize = 256;
/// The longest text that is remembered.
const LONGEST: usize = 4 * 1024;

/// A few texts, each with what was made of it; a new one takes the place of another.
#[derive(Debug)]
pub(crate) struct Memo<V>(Vec<Option<(String, V)>>);

impl<V: Clone> Memo<V> {
    /// What is made of a text, remembered or new.
    pub(crate) fn get(&mut self, text: &str, make: impl FnOnce(&str) -> V) -> V {
        if text.len() > LONGEST {
            return make(text);
        }
        self.0.resize_with(SLOTS, || None);
        let Some(slot) = self.0.get_mut(slot(text)) else { return make(text) };
        match slot {
            Some((known, made)) if known == text => made.clone(),
            _ => slot.insert((text.to_owned(), make(text))).1.clone(),
        }
    }
}

impl<V> Default for Memo<V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

/// By length, beginning and end: the whole text is compared anyway.
fn slot(text: &str) -> usize {
    let bytes = text.as_bytes();
    let ends = bytes.iter().take(32).chain(bytes.iter().rev().take(32));
    let hash =
        ends.fold(bytes.len() as u32, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193));
    // The upper bits know of every byte.
    (hash.wrapping_mul(0x9E37_79B1) >> 16) as usize % SLOTS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_remembered_is_right() {
        let mut memo = Memo::default();
        let mut made = 0;
        for at in (0..500).chain(0..500).chain(std::iter::repeat_n(7, 100)) {
            let text = format!("text {at}");
            let got = memo.get(&text, |text| {
                made += 1;
                text.len() + at
            });
            assert_eq!(got, text.len() + at);
        }
        assert!((500..=1001).contains(&made), "{made}");
        assert_eq!(memo.get(&"x".repeat(LONGEST + 1), str::len), LONGEST + 1);
    }
}
