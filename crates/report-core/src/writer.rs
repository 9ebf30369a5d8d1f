use crate::{Kind, Remediation, Scan, SchemaVersion, Vulnerability, json};
use memchr::memmem;
use serde::Serialize;
use std::io::{self, Write};

/// Writes a report as its vulnerabilities come; what it holds of them does not grow.
///
/// `scan` comes last in the file, since a scan's end is known last; GitLab does not mind the order.
/// Every vulnerability stands on a line of its own.
#[derive(Debug)]
pub struct ReportWriter<W: Write> {
    out: W,
    version: SchemaVersion,
    kind: Kind,
    count: u64,
    buffer: Vec<u8>,
}

impl<W: Write> ReportWriter<W> {
    /// Begins a report of that kind. The writer makes many small writes: `out` should be buffered.
    ///
    /// # Errors
    /// What `out` says.
    pub fn begin(mut out: W, version: SchemaVersion, kind: Kind) -> io::Result<Self> {
        write!(out, "{{\"version\":\"{version}\",\"vulnerabilities\":[")?;
        Ok(Self { out, version, kind, count: 0, buffer: Vec::with_capacity(8 * 1024) })
    }

    /// Appends a vulnerability.
    ///
    /// # Errors
    /// What `out` says; `InvalidInput` for a vulnerability of another kind.
    pub fn write(&mut self, vulnerability: &Vulnerability<'_>) -> io::Result<()> {
        if vulnerability.kind() != self.kind {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                format!("a {} vulnerability does not belong in a {} report", vulnerability.kind(), self.kind),
            ));
        }
        let mut buffer = std::mem::take(&mut self.buffer);
        buffer.clear();
        self.version.append_json(vulnerability, &mut buffer)?;
        self.buffer = buffer;
        self.begin_entry()?;
        self.out.write_all(&self.buffer)
    }

    /// Appends a vulnerability of this kind that [`SchemaVersion::append_json`] wrote, for this
    /// version: it may have done so on another thread.
    ///
    /// # Errors
    /// What `out` says.
    pub fn write_json(&mut self, vulnerability: &[u8]) -> io::Result<()> {
        self.begin_entry()?;
        self.out.write_all(vulnerability)
    }

    fn begin_entry(&mut self) -> io::Result<()> {
        self.out.write_all(if self.count == 0 { b"\n" } else { b",\n" })?;
        self.count += 1;
        Ok(())
    }

    /// How many vulnerabilities were written.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Ends the report and returns the sink, flushed.
    ///
    /// # Errors
    /// What `out` says.
    pub fn finish(self, scan: &Scan<'_>, remediations: &[Remediation<'_>]) -> io::Result<W> {
        self.finish_with(scan, remediations, &[])
    }

    /// Ends the report of a dependency scan, naming the files that were looked at: schema 15.0
    /// demands them, later ones do not know them (they are then left out).
    ///
    /// # Errors
    /// What `out` says.
    pub fn finish_with(
        mut self,
        scan: &Scan<'_>,
        remediations: &[Remediation<'_>],
        dependency_files: &[DependencyFile<'_>],
    ) -> io::Result<W> {
        self.buffer.clear();
        self.buffer.extend_from_slice(if self.count == 0 { b"]" } else { b"\n]" });
        if self.kind == Kind::DependencyScanning && self.version < SchemaVersion::V15_1_4 {
            self.buffer.extend_from_slice(b",\"dependency_files\":");
            serde_json::to_writer(&mut self.buffer, dependency_files)?;
        }
        if !remediations.is_empty() {
            self.buffer.extend_from_slice(b",\"remediations\":");
            serde_json::to_writer(&mut self.buffer, remediations)?;
        }
        self.buffer.extend_from_slice(b",\"scan\":");
        if scan.for_registry && self.version < SchemaVersion::V15_1_4 {
            let plain = Scan { for_registry: false, ..scan.clone() };
            serde_json::to_writer(&mut self.buffer, &plain)?;
        } else {
            serde_json::to_writer(&mut self.buffer, scan)?;
        }
        self.buffer.extend_from_slice(b"}\n");
        drop_nul_escapes(&mut self.buffer, 0);
        self.out.write_all(&self.buffer)?;
        self.out.flush()?;
        Ok(self.out)
    }
}

impl SchemaVersion {
    /// Appends the JSON of a vulnerability as this version has it, without NUL characters.
    ///
    /// # Errors
    /// If it cannot be written, which no vulnerability of this model does.
    pub fn append_json(self, vulnerability: &Vulnerability<'_>, json: &mut Vec<u8>) -> io::Result<()> {
        let start = json.len();
        if self.must_adapt(vulnerability) {
            let mut adapted = vulnerability.clone();
            self.adapt(&mut adapted)?;
            json::append(json, &adapted)?;
        } else {
            json::append(json, vulnerability)?;
        }
        drop_nul_escapes(json, start);
        Ok(())
    }
}

/// A manifest or lock file that was looked at (schema 15.0 `dependency_files[]`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct DependencyFile<'a> {
    /// Never empty.
    pub path: &'a str,
    /// `npm`, `pip` ...; never empty.
    pub package_manager: &'a str,
    dependencies: [(); 0],
}

impl<'a> DependencyFile<'a> {
    /// A file without the list of its packages, which a list of findings does not give.
    #[must_use]
    pub fn new(path: &'a str, package_manager: &'a str) -> Self {
        Self { path, package_manager, dependencies: [] }
    }
}

/// Takes NUL characters out of the JSON from `start` on: GitLab would turn each into the text
/// `\u0000` and warn.
fn drop_nul_escapes(json: &mut Vec<u8>, start: usize) {
    if memmem::find(&json[start..], b"\\u0000").is_none() {
        return;
    }
    // From the start: which backslash is an escape can only be told from there.
    let (mut kept, mut at) = (start, start);
    while at < json.len() {
        match json[at..].first() {
            Some(b'\\') if json[at..].starts_with(b"\\u0000") => at += 6,
            Some(b'\\') => {
                // An escape of two bytes: its second one may be a backslash itself.
                let end = (at + 2).min(json.len());
                json.copy_within(at..end, kept);
                kept += end - at;
                at = end;
            }
            _ => {
                json[kept] = json[at];
                kept += 1;
                at += 1;
            }
        }
    }
    json.truncate(kept);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nul_is_dropped_and_its_likeness_kept() {
        for (text, want) in [
            ("a\0b", "ab"),
            ("\0", ""),
            ("\\u0000", "\\u0000"),
            ("\\\0x", "\\x"),
            ("\\\\u0000\0", "\\\\u0000"),
            ("plain", "plain"),
        ] {
            let mut json = serde_json::to_vec(text).unwrap_or_default();
            drop_nul_escapes(&mut json, 0);
            let got: String = serde_json::from_slice(&json).unwrap_or_default();
            assert_eq!(got, want, "{text:?}");
        }
    }
}
