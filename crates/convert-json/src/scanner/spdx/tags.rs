//! SPDX 2 in tags and values, line by line: `PackageName: acme`.

use super::{ExternalRef, SpdxPackage};
use scanlift_convert_api::json::{Loose, without_nul};
use scanlift_convert_api::{ConvertError, Input};
use std::borrow::Cow;
use std::io::{self, BufRead, BufReader, Read};

/// What is kept of a line, and of a text of several lines.
const LONGEST: usize = 64 * 1024;
/// A package that has more references is refused: they are held until it ends.
const MOST_REFERENCES: usize = 100_000;
/// More texts without an end are not mended: what is behind each of them is read again.
const MOST_UNCLOSED: usize = 16;

/// What a document says of itself.
#[derive(Debug, Default)]
pub(super) struct Document {
    pub(super) version: Option<String>,
    pub(super) created: Option<String>,
    pub(super) creators: Vec<String>,
    /// Whether nothing ends one of its texts.
    pub(super) is_unclosed: bool,
}

/// Visits the packages of a document.
pub(super) fn each_package(
    input: &dyn Input,
    mut visit: impl FnMut(&SpdxPackage<'_>) -> Result<(), ConvertError>,
) -> Result<Document, ConvertError> {
    let mut tags = Tags::starting_at(input, 0)?;
    let mut document = Document::default();
    let mut open: Option<SpdxPackage<'static>> = None;
    while let Some((tag, value)) = tags.next()? {
        match tag.as_str() {
            "SPDXVersion" => document.version = Some(value),
            "Created" => document.created = Some(value),
            "Creator" => document.creators.push(value),
            "PackageName" => {
                let package = SpdxPackage { name: owned(&value), ..SpdxPackage::default() };
                if let Some(package) = open.replace(package) {
                    visit(&package)?;
                }
            }
            tag => {
                if let Some(package) = &mut open {
                    set(package, tag, &value)?;
                }
            }
        }
    }
    if let Some(package) = open {
        visit(&package)?;
    }
    document.is_unclosed = tags.unclosed > 0;
    Ok(document)
}

/// Takes what is of use of a package.
fn set(package: &mut SpdxPackage<'static>, tag: &str, value: &str) -> Result<(), ConvertError> {
    match tag {
        "PackageVersion" => package.version_info = owned(value),
        "PrimaryPackagePurpose" => package.primary_package_purpose = owned(value),
        "ExternalRef" if package.external_refs.len() >= MOST_REFERENCES => {
            return Err(ConvertError::Limit {
                path: "ExternalRef".to_owned(),
                offset: 0,
                message: format!("a package has more than {MOST_REFERENCES} references"),
                help: "is it one package? have the tool that made the document write JSON",
            });
        }
        "ExternalRef" => package.external_refs.extend(reference(value)),
        "ExternalRefComment" => {
            if let Some(reference) = package.external_refs.last_mut() {
                reference.comment = owned(value);
            }
        }
        _ => {}
    }
    Ok(())
}

/// `SECURITY advisory https://…`: category, type and locator.
fn reference(value: &str) -> Option<ExternalRef<'static>> {
    let (category, rest) = value.split_once(char::is_whitespace)?;
    let (kind, locator) = rest.trim_start().split_once(char::is_whitespace)?;
    Some(ExternalRef {
        reference_category: owned(category),
        reference_type: owned(kind),
        reference_locator: owned(locator.trim()),
        comment: None,
    })
}

fn owned(text: &str) -> Option<Loose<'static>> {
    Some(Loose(Cow::Owned(without_nul(text))))
}

struct Tags<'i> {
    input: &'i dyn Input,
    read: BufReader<Box<dyn Read + 'i>>,
    /// How many bytes are read.
    at: u64,
    /// How many texts had no end.
    unclosed: usize,
}

impl<'i> Tags<'i> {
    /// The tags from that byte on.
    fn starting_at(input: &'i dyn Input, at: u64) -> Result<Self, ConvertError> {
        let mut read = BufReader::new(input.open().map_err(ConvertError::Read)?);
        io::copy(&mut (&mut read).take(at), &mut io::sink()).map_err(ConvertError::Read)?;
        Ok(Self { input, read, at, unclosed: 0 })
    }

    /// The next tag with its value; comments and other lines are passed over.
    fn next(&mut self) -> Result<Option<(String, String)>, ConvertError> {
        while let Some(line) = self.line()? {
            let Some((tag, value)) = split(&line) else { continue };
            let value = match value.strip_prefix("<text>") {
                Some(start) => self.text(start)?,
                None => value.to_owned(),
            };
            return Ok(Some((tag.to_owned(), value)));
        }
        Ok(None)
    }

    /// The text that begins so and may go over several lines, to `</text>`.
    ///
    /// One that has no end, or none before another one begins, has this line alone: what is behind it is read
    /// again.
    fn text(&mut self, start: &str) -> Result<String, ConvertError> {
        let behind = self.at;
        let mut text = start.to_owned();
        let mut is_open = !start.contains("</text>");
        while is_open {
            let line = self.line()?;
            let is_unclosed = line.as_deref().is_none_or(begins_text);
            if is_unclosed && self.unclosed < MOST_UNCLOSED {
                *self = Self { unclosed: self.unclosed + 1, ..Self::starting_at(self.input, behind)? };
                return Ok(start.trim().to_owned());
            }
            let Some(line) = line else { break };
            is_open = !line.contains("</text>");
            if text.len() < LONGEST {
                text.push('\n');
                text.push_str(line.trim_end());
            }
        }
        Ok(text.split("</text>").next().unwrap_or_default().trim().to_owned())
    }

    /// The next line; of a longer one the beginning.
    fn line(&mut self) -> Result<Option<String>, ConvertError> {
        let mut line = Vec::new();
        loop {
            let mut part = Vec::new();
            let read = (&mut self.read).take(LONGEST as u64).read_until(b'\n', &mut part);
            let read = read.map_err(ConvertError::Read)?;
            self.at += read as u64;
            if read == 0 && line.is_empty() {
                return Ok(None);
            }
            let is_end = read == 0 || part.ends_with(b"\n");
            if line.is_empty() {
                line = part;
            }
            if is_end {
                return Ok(Some(String::from_utf8_lossy(&line).into_owned()));
            }
        }
    }
}

/// Tag and value of a line; `None` for comments and other lines.
fn split(line: &str) -> Option<(&str, &str)> {
    let (tag, value) = line.split_once(':')?;
    let tag = tag.trim();
    let is_tag = !tag.is_empty() && tag.bytes().all(|b| b.is_ascii_alphanumeric());
    is_tag.then_some((tag, value.trim()))
}

fn begins_text(line: &str) -> bool {
    split(line).is_some_and(|(_, value)| value.starts_with("<text>"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use scanlift_convert_api::json::filled;

    #[test]
    fn a_text_that_nothing_ends_has_one_line() {
        let closed = "PackageName: a\nPackageComment: <text>It is\nPackageName: none\n</text>\n";
        let open = "PackageName: b\nPackageComment: <text>It is\nPackageName: c\n";
        for (text, want, is_unclosed) in [
            (closed.to_owned(), vec!["a"], false),
            (format!("{open}{closed}"), vec!["b", "c", "a"], true),
            (format!("{closed}{open}"), vec!["a", "b", "c"], true),
            (format!("{open}{open}"), vec!["b", "c", "b", "c"], true),
        ] {
            let mut names = Vec::new();
            let document = each_package(&text.as_str(), |package| {
                names.push(filled(&package.name).unwrap_or_default().to_owned());
                Ok(())
            });
            assert_eq!(names, want, "{text}");
            assert_eq!(document.expect("in memory").is_unclosed, is_unclosed, "{text}");
        }
    }

    #[test]
    fn packages_are_told_by_their_tags() {
        let long = "a".repeat(3 * LONGEST);
        let text = format!(
            "SPDXVersion: SPDX-2.3\nCreator: Tool: acme-1.0\nCreated: 2031-01-02T03:04:05Z\n\
             DocumentComment: <text>PackageName: none\n{long}\n</text>\n\n# PackageName: none either\n\
             ExternalRef: SECURITY advisory https://a.example/of-no-package\n\
             PackageName: a\nPackageVersion: 1.0\nPackageComment: {long}\n\
             ExternalRef: SECURITY advisory  https://a.example/CVE-2031-1000 \n\
             ExternalRefComment: <text>Read\nit.</text>\nExternalRef: broken\nPackageName: b\n"
        );
        let mut seen = Vec::new();
        let document = each_package(&text.as_str(), |package| {
            let references = package.external_refs.iter();
            let told = |it: &ExternalRef<'_>| {
                let (locator, comment) = (filled(&it.reference_locator), filled(&it.comment));
                format!("{} {}", locator.unwrap_or_default(), comment.unwrap_or_default())
            };
            let name = filled(&package.name).unwrap_or_default().to_owned();
            seen.push((name, references.map(told).collect::<Vec<_>>()));
            Ok(())
        })
        .expect("in memory");
        assert_eq!(
            seen,
            [
                ("a".to_owned(), vec!["https://a.example/CVE-2031-1000 Read\nit.".to_owned()]),
                ("b".to_owned(), Vec::new()),
            ]
        );
        assert_eq!(document.version.as_deref(), Some("SPDX-2.3"));
        assert_eq!(document.creators, ["Tool: acme-1.0"]);
        assert_eq!(document.created.as_deref(), Some("2031-01-02T03:04:05Z"));
    }
}
