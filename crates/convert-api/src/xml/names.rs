//! Names of elements and attributes, which a document repeats without end.

use std::sync::Arc;

/// How many names are remembered; formats have some hundred.
const SLOTS: usize = 512;

/// Names that were seen, so that not every element holds a copy of its own.
#[derive(Debug)]
pub(super) struct Names(Vec<Option<Arc<str>>>);

impl Default for Names {
    fn default() -> Self {
        Self(vec![None; SLOTS])
    }
}

impl Names {
    /// The name, shared with the last one that was spelled so unless another took its place.
    pub(super) fn get(&mut self, name: &str) -> Arc<str> {
        let hash = name.bytes().fold(0_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
        let Some(slot) = self.0.get_mut((hash >> 7) as usize % SLOTS) else { return name.into() };
        match slot {
            Some(known) if **known == *name => Arc::clone(known),
            _ => Arc::clone(slot.insert(name.into())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_shared() {
        let mut names = Names::default();
        let first = names.get("port");
        assert!(Arc::ptr_eq(&first, &names.get("port")));
        for number in 0..10_000 {
            let name = format!("name{number}");
            assert_eq!(*names.get(&name), name);
        }
    }
}
