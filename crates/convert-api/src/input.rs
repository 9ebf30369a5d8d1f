//! Where a converter's bytes come from.

use std::io::{self, Read};

/// A source that can be read from its first byte as often as a converter needs.
///
/// Converters see a stream and never a path.
/// The bytes are UTF-8 without a byte order mark: whoever opens the file has already undone
/// compression and other encodings.
/// A format whose tables come after its results (SARIF) is read twice, so `open` must give the
/// same bytes every time.
pub trait Input {
    /// A fresh stream that starts at the first byte.
    ///
    /// # Errors
    /// What the operating system says when the source cannot be opened again.
    fn open(&self) -> io::Result<Box<dyn Read + '_>>;

    /// The first 64 KiB, as many as [sniffing](crate::Converter::sniff) looks at; fewer where the document ends.
    ///
    /// # Errors
    /// As [`Self::open`], and when reading fails.
    fn beginning(&self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.open()?.take(64 << 10).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// Another document that came with this one, by its name: an entry of the archive that both stand in
    /// (Fortify's FPR); `None` where there is none.
    ///
    /// # Errors
    /// As [`Self::open`].
    fn part(&self, _name: &str) -> io::Result<Option<Box<dyn Read + '_>>> {
        Ok(None)
    }

    /// The file's own name without folders, for formats whose findings name the file they stand
    /// in (an SBOM); `None` for standard input.
    fn name(&self) -> Option<&str> {
        None
    }
}

impl Input for &[u8] {
    fn open(&self) -> io::Result<Box<dyn Read + '_>> {
        Ok(Box::new(*self))
    }
}

impl Input for Vec<u8> {
    fn open(&self) -> io::Result<Box<dyn Read + '_>> {
        Ok(Box::new(self.as_slice()))
    }
}

impl Input for &str {
    fn open(&self) -> io::Result<Box<dyn Read + '_>> {
        Ok(Box::new(self.as_bytes()))
    }
}

impl Input for String {
    fn open(&self) -> io::Result<Box<dyn Read + '_>> {
        Ok(Box::new(self.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_bytes_are_inputs_borrowed_and_owned() -> io::Result<()> {
        let inputs: [&dyn Input; 4] = [&"{}", &String::from("{}"), &b"{}".as_slice(), &b"{}".to_vec()];
        for input in inputs {
            assert_eq!(io::read_to_string(input.open()?)?, "{}");
        }
        Ok(())
    }
}
