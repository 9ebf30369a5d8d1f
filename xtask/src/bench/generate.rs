//! Documents of any size, as scanners write them; the same bytes in every run.

mod cyclonedx;
mod grype;
mod nessus;
mod sarif;
mod trivy;
mod zap;

pub(crate) use sarif::Order;

use crate::{files::failed, scan::json::Json};
use std::{
    fmt::{self, Write as _},
    fs::File,
    io::{self, BufWriter, Write},
    path::Path,
};

const SEED: u64 = 0x5ca4_11f7;

/// A document to generate.
pub(crate) struct Document {
    /// In units of 10^6 bytes, roughly.
    pub(crate) megabytes: u64,
    pub(crate) format: Format,
    pub(crate) pretty: bool,
}

/// What scanner wrote it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Sarif(Order),
    Trivy,
    Grype,
    CycloneDx,
    Nessus,
    Zap,
}

impl Format {
    /// Every format, the tables of a log before its results and behind them.
    pub(crate) const ALL: [Self; 7] = [
        Self::Sarif(Order::ToolFirst),
        Self::Sarif(Order::ResultsFirst),
        Self::Trivy,
        Self::Grype,
        Self::CycloneDx,
        Self::Nessus,
        Self::Zap,
    ];

    /// Whether it is XML, and no JSON.
    pub(crate) const fn is_xml(self) -> bool {
        matches!(self, Self::Nessus | Self::Zap)
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Sarif(Order::ToolFirst) => "SARIF, tool first",
            Self::Sarif(Order::ResultsFirst) => "SARIF, results first",
            Self::Trivy => "Trivy",
            Self::Grype => "Grype",
            Self::CycloneDx => "CycloneDX",
            Self::Nessus => "Nessus",
            Self::Zap => "ZAP",
        }
    }

    /// The report that it becomes.
    pub(crate) const fn report(self) -> &'static str {
        match self {
            Self::Sarif(_) => "gl-sast-report.json",
            Self::Trivy | Self::Grype => "gl-container-scanning-report.json",
            Self::CycloneDx => "gl-dependency-scanning-report.json",
            Self::Nessus | Self::Zap => "gl-dast-report.json",
        }
    }
}

impl Document {
    pub(crate) fn file_name(&self) -> String {
        let (what, extension) = match self.format {
            Format::Sarif(Order::ToolFirst) => ("tool-first", "sarif"),
            Format::Sarif(Order::ResultsFirst) => ("results-first", "sarif"),
            Format::Trivy => ("trivy", "json"),
            Format::Grype => ("grype", "json"),
            Format::CycloneDx => ("cyclonedx", "json"),
            Format::Nessus => ("nessus", "nessus"),
            Format::Zap => ("zap", "xml"),
        };
        let shape = if self.pretty { "-pretty" } else { "" };
        format!("{what}{shape}-{}.{extension}", self.megabytes)
    }

    /// Writes the document and returns how many findings it has.
    pub(crate) fn write(&self, path: &Path) -> Result<u64, String> {
        let write = || -> io::Result<u64> {
            let mut out = Out {
                writer: BufWriter::with_capacity(1 << 20, File::create(path)?),
                written: 0,
                pretty: self.pretty,
            };
            let bytes = self.megabytes * 1_000_000;
            let findings = match self.format {
                Format::Sarif(order) => sarif::write(&mut out, order, bytes)?,
                Format::Trivy => trivy::write(&mut out, bytes)?,
                Format::Grype => grype::write(&mut out, bytes)?,
                Format::CycloneDx => cyclonedx::write(&mut out, bytes)?,
                Format::Nessus => nessus::write(&mut out, bytes)?,
                Format::Zap => zap::write(&mut out, bytes)?,
            };
            out.writer.flush()?;
            Ok(findings)
        };
        write().map_err(failed("write", path))
    }
}

impl fmt::Display for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shape = if self.pretty { ", pretty" } else { "" };
        f.pad(&format!("{} MB {}{shape}", self.megabytes, self.format.name()))
    }
}

struct Out {
    writer: BufWriter<File>,
    written: u64,
    pretty: bool,
}

impl Out {
    fn text(&mut self, text: &str) -> io::Result<()> {
        self.written += text.len() as u64;
        self.writer.write_all(text.as_bytes())
    }

    fn json(&mut self, json: &str) -> io::Result<()> {
        if self.pretty {
            let json = Json::parse(serde_json::from_str(json)?)?;
            self.text("\n")?;
            self.text(json.pretty().trim_end())
        } else {
            self.text(json)
        }
    }
}

impl Out {
    /// The items of a list, one after the other until the document is so large, and one at least; gives how many.
    fn items(&mut self, bytes: u64, item: impl FnMut(&mut String, &mut Random, u64)) -> io::Result<u64> {
        self.items_while(|out, count| out.written < bytes || count == 0, item)
    }

    fn items_while(
        &mut self,
        more: impl Fn(&Self, u64) -> bool,
        mut item: impl FnMut(&mut String, &mut Random, u64),
    ) -> io::Result<u64> {
        let (mut random, mut json, mut count) = (Random(SEED), String::new(), 0);
        while more(self, count) {
            if count > 0 {
                self.text(",")?;
            }
            json.clear();
            item(&mut json, &mut random, count);
            self.json(&json)?;
            count += 1;
        }
        Ok(count)
    }
}

fn push(json: &mut String, text: fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    let _ = json.write_fmt(text);
}

/// SplitMix64: a page of code, and the same numbers everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    fn word(&mut self) -> &'static str {
        WORDS[self.below(WORDS.len())]
    }

    fn words(&mut self, count: usize) -> String {
        let mut text = String::with_capacity(count * 8);
        for at in 0..count {
            if at > 0 {
                text.push(' ');
            }
            text.push_str(self.word());
        }
        text
    }
}

const WORDS: [&str; 64] = [
    "access",
    "account",
    "action",
    "archive",
    "array",
    "audit",
    "buffer",
    "build",
    "cache",
    "call",
    "certificate",
    "check",
    "cipher",
    "client",
    "command",
    "config",
    "cookie",
    "crypto",
    "database",
    "decode",
    "deserialise",
    "digest",
    "encode",
    "entry",
    "escape",
    "exec",
    "export",
    "field",
    "file",
    "filter",
    "format",
    "handler",
    "header",
    "import",
    "injection",
    "input",
    "iterator",
    "json",
    "key",
    "length",
    "limit",
    "loader",
    "login",
    "memory",
    "message",
    "model",
    "network",
    "object",
    "order",
    "overflow",
    "parser",
    "password",
    "path",
    "query",
    "random",
    "redirect",
    "render",
    "request",
    "response",
    "script",
    "session",
    "template",
    "token",
    "upload",
];

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;
    use std::collections::HashSet;

    #[test]
    fn logs_are_json_and_the_same_every_time() {
        let folder = tempfile::tempdir().expect("a folder");
        for (order, pretty) in [(Order::ToolFirst, false), (Order::ResultsFirst, true)] {
            let log = Document { megabytes: 3, format: Format::Sarif(order), pretty };
            let (one, two) = (folder.path().join("one"), folder.path().join("two"));
            let results = log.write(&one).expect("written");
            log.write(&two).expect("written");
            let bytes = std::fs::read(&one).expect("read");
            assert!(bytes == std::fs::read(&two).expect("read"));
            let json: Value = serde_json::from_slice(&bytes).expect("JSON");
            let run = &json["runs"][0];
            let all = run["results"].as_array().expect("results");
            assert_eq!(all.len() as u64, results);
            assert_eq!(run["artifacts"].as_array().map(Vec::len), Some(20_000));
            assert_eq!(run["tool"]["driver"]["rules"].as_array().map(Vec::len), Some(400));
            let places: HashSet<String> =
                all.iter().map(|one| one["locations"][0]["physicalLocation"].to_string()).collect();
            assert_eq!(places.len(), all.len());
        }
    }

    #[test]
    fn reports_in_json_have_as_many_records_as_is_said() {
        let folder = tempfile::tempdir().expect("a folder");
        for (format, megabytes, records, sizes) in [
            (Format::Trivy, 1, "/Results/0/Vulnerabilities", 1_500..2_300),
            (Format::Grype, 1, "/matches", 2_200..3_000),
            (Format::CycloneDx, 10, "/vulnerabilities", 1_300..2_000),
        ] {
            let report = Document { megabytes, format, pretty: false };
            let (one, two) = (folder.path().join("one"), folder.path().join("two"));
            let count = report.write(&one).expect("written");
            report.write(&two).expect("written");
            let bytes = std::fs::read(&one).expect("read");
            assert!(bytes == std::fs::read(&two).expect("read"));
            let json: Value = serde_json::from_slice(&bytes).expect("JSON");
            let all = json.pointer(records).and_then(Value::as_array).expect("records");
            assert_eq!(all.len() as u64, count);
            let size = all.iter().map(|record| record.to_string().len()).sum::<usize>() / all.len();
            assert!(sizes.contains(&size), "{size} bytes a record");
        }
    }

    #[test]
    fn reports_in_xml_are_read_by_the_yardstick_and_the_same_every_time() {
        let folder = tempfile::tempdir().expect("a folder");
        for (format, record, sizes) in
            [(Format::Nessus, "<ReportItem ", 1_700..2_500), (Format::Zap, "<instance>", 2_000..3_200)]
        {
            let report = Document { megabytes: 1, format, pretty: false };
            let (one, two) = (folder.path().join("one"), folder.path().join("two"));
            let count = report.write(&one).expect("written");
            report.write(&two).expect("written");
            let text = std::fs::read_to_string(&one).expect("read");
            assert!(text.as_bytes() == std::fs::read(&two).expect("read"));
            assert_eq!(text.matches(record).count() as u64, count);
            let size = text.len() as u64 / count;
            assert!(sizes.contains(&size), "{size} bytes a record");
            format.yardstick(&one).expect("well formed");
        }
    }
}
