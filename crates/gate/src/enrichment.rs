//! What is known of CVEs beside a report: CISA's list of exploited ones, FIRST's scores.
//!
//! Only what is asked for is kept of the files, which are read in a stream.

use scanlift_convert_api::Input;
use scanlift_convert_api::json::{self, Reader};
use serde::Deserialize;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::io::{self, BufRead, BufReader, Read};

/// What is known of the CVEs of the findings.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Enrichment {
    wanted: HashSet<String>,
    exploited: Option<HashSet<String>>,
    scores: Option<HashMap<String, f64>>,
}

/// Why a file cannot be used. Display reads after "failed to".
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EnrichmentError {
    /// The file cannot be read.
    #[error("read the file")]
    Read(#[source] io::Error),
    /// It is not what it should be.
    #[error("read it as {expected}: {problem}")]
    Format {
        /// What it should be.
        expected: &'static str,
        /// What is wrong.
        problem: String,
    },
}

const KEV: &str = "CISA's catalogue of known exploited vulnerabilities (JSON or CSV)";
const EPSS: &str = "FIRST's EPSS scores (CSV or JSON)";

impl Enrichment {
    /// For these CVEs.
    #[must_use]
    pub fn of<'c>(cves: impl IntoIterator<Item = &'c str>) -> Self {
        Self { wanted: cves.into_iter().map(str::to_uppercase).collect(), ..Self::default() }
    }

    /// Whether a list of exploited CVEs was read.
    #[must_use]
    pub fn has_exploited(&self) -> bool {
        self.exploited.is_some()
    }

    /// Whether scores were read.
    #[must_use]
    pub fn has_scores(&self) -> bool {
        self.scores.is_some()
    }

    /// Reads CISA's Known Exploited Vulnerabilities, as JSON or CSV.
    ///
    /// # Errors
    /// If it cannot be read or is something else.
    pub fn read_kev(&mut self, input: &dyn Input) -> Result<(), EnrichmentError> {
        #[derive(Deserialize)]
        struct Entry {
            #[serde(rename = "cveID")]
            id: String,
        }
        let mut exploited = self.exploited.take().unwrap_or_default();
        let mut found = 0_u64;
        let mut keep = |id: &str| {
            found += 1;
            if let Some(id) = self.wanted.get(&id.trim().to_uppercase()) {
                exploited.insert(id.clone());
            }
        };
        let mut stream = open(input)?;
        if is_json(&mut stream)? {
            let mut reader = Reader::new(stream);
            each(&mut reader, "vulnerabilities", &mut |entry: Entry| keep(&entry.id))
                .map_err(|error| json_error(error, KEV))?;
        } else {
            each_row(stream, KEV, ["cveid"], &mut |[id]| {
                keep(id);
                Ok(())
            })?;
        }
        if found == 0 {
            return Err(format(KEV, "it names no CVE"));
        }
        self.exploited = Some(exploited);
        Ok(())
    }

    /// Reads FIRST's EPSS scores, as their daily CSV or the JSON of their API.
    ///
    /// # Errors
    /// If it cannot be read or is something else.
    pub fn read_epss(&mut self, input: &dyn Input) -> Result<(), EnrichmentError> {
        #[derive(Deserialize)]
        struct Entry {
            cve: String,
            epss: String,
        }
        let mut scores = self.scores.take().unwrap_or_default();
        let mut found = 0_u64;
        let mut keep = |id: &str, score: &str| {
            let score = score.trim().parse::<f64>().ok().filter(|score| (0.0..=1.0).contains(score));
            let score = score.ok_or_else(|| format(EPSS, "a score is no number from 0 to 1"))?;
            found += 1;
            if let Some(id) = self.wanted.get(&id.trim().to_uppercase()) {
                scores.insert(id.clone(), score);
            }
            Ok(())
        };
        let mut stream = open(input)?;
        if is_json(&mut stream)? {
            let mut reader = Reader::new(stream);
            let mut bad = None;
            each(&mut reader, "data", &mut |entry: Entry| {
                bad = keep(&entry.cve, &entry.epss).err().or(bad.take())
            })
            .map_err(|error| json_error(error, EPSS))?;
            if let Some(bad) = bad {
                return Err(bad);
            }
        } else {
            each_row(stream, EPSS, ["cve", "epss"], &mut |[id, score]| keep(id, score))?;
        }
        if found == 0 {
            return Err(format(EPSS, "it names no CVE"));
        }
        self.scores = Some(scores);
        Ok(())
    }

    /// Whether one of the CVEs is exploited; `None` where that is not known: no list, or no CVE.
    pub(crate) fn is_exploited(&self, cves: &BTreeSet<String>) -> Option<bool> {
        let exploited = self.exploited.as_ref().filter(|_| !cves.is_empty())?;
        Some(cves.iter().any(|cve| exploited.contains(cve)))
    }

    /// The highest score of the CVEs; `None` where none has one.
    pub(crate) fn score(&self, cves: &BTreeSet<String>) -> Option<f64> {
        let scores = self.scores.as_ref()?;
        cves.iter().filter_map(|cve| scores.get(cve).copied()).max_by(f64::total_cmp)
    }
}

type Stream<'i> = BufReader<Box<dyn Read + 'i>>;

fn open(input: &dyn Input) -> Result<Stream<'_>, EnrichmentError> {
    Ok(BufReader::with_capacity(64 << 10, input.open().map_err(EnrichmentError::Read)?))
}

/// Whether the first character is a brace.
fn is_json(stream: &mut Stream<'_>) -> Result<bool, EnrichmentError> {
    let head = stream.fill_buf().map_err(EnrichmentError::Read)?;
    Ok(head.trim_ascii_start().first() == Some(&b'{'))
}

/// Every entry of a list of the top level.
fn each<R: Read, T: for<'e> Deserialize<'e>>(
    reader: &mut Reader<R>,
    list: &str,
    see: &mut dyn FnMut(T),
) -> Result<(), json::Error> {
    reader.each_key(|key, reader| {
        if key == list {
            reader.each_item(|_, reader| {
                see(reader.parse()?);
                Ok::<_, json::Error>(())
            })?;
        }
        Ok(())
    })
}

fn json_error(error: json::Error, expected: &'static str) -> EnrichmentError {
    match scanlift_convert_api::ConvertError::from(error) {
        scanlift_convert_api::ConvertError::Read(error) => EnrichmentError::Read(error),
        error => format(expected, error.to_string()),
    }
}

/// Some columns of every row, by their names in the first row that is no comment.
fn each_row<const N: usize>(
    stream: Stream<'_>,
    expected: &'static str,
    columns: [&str; N],
    see: &mut dyn FnMut([&str; N]) -> Result<(), EnrichmentError>,
) -> Result<(), EnrichmentError> {
    let mut rows = csv::ReaderBuilder::new().comment(Some(b'#')).flexible(true).from_reader(stream);
    let failed = |error: csv::Error| match error.into_kind() {
        csv::ErrorKind::Io(error) => EnrichmentError::Read(error),
        other => format(expected, format!("{other:?}")),
    };
    let header = rows.headers().map_err(failed)?;
    let mut at = [0; N];
    for (at, column) in at.iter_mut().zip(columns) {
        let position = header.iter().position(|name| name.trim().eq_ignore_ascii_case(column));
        *at = position.ok_or_else(|| format(expected, format!("it has no column `{column}`")))?;
    }
    let mut row = csv::StringRecord::new();
    while rows.read_record(&mut row).map_err(failed)? {
        see(at.map(|at| row.get(at).unwrap_or_default()))?;
    }
    Ok(())
}

fn format(expected: &'static str, problem: impl Into<String>) -> EnrichmentError {
    EnrichmentError::Format { expected, problem: problem.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cves(ids: &[&str]) -> BTreeSet<String> {
        ids.iter().map(|id| (*id).to_owned()).collect()
    }

    #[test]
    fn published_files_are_read() {
        let mut enrichment = Enrichment::of(["CVE-2021-44228", "cve-2020-0001"]);
        let json = r#"{"title": "KEV", "count": 2, "vulnerabilities": [
            {"cveID": "CVE-2021-44228", "vendorProject": "Apache"}, {"cveID": "CVE-1999-0001"}]}"#;
        enrichment.read_kev(&json).expect("JSON");
        assert_eq!(enrichment.exploited.as_ref().map(HashSet::len), Some(1));
        let csv = "\"cveID\",\"vendorProject\"\n\"CVE-2020-0001\",\"a, b\"\n";
        enrichment.read_kev(&csv).expect("CSV");
        assert_eq!(enrichment.is_exploited(&cves(&["CVE-2020-0001"])), Some(true));
        assert_eq!(enrichment.is_exploited(&cves(&["CVE-2020-0002"])), Some(false));
        assert_eq!(enrichment.is_exploited(&cves(&[])), None);
        let csv = "#model_version:v2025.03.14,score_date:2026-11-01T00:00:00+0000\ncve,epss,percentile\nCVE-2020-0001,0.5,0.9\nCVE-2021-44228,0.97,1.0\n";
        enrichment.read_epss(&csv).expect("CSV");
        assert_eq!(enrichment.score(&cves(&["CVE-2020-0001", "CVE-2021-44228"])), Some(0.97));
        let json =
            r#"{"status": "OK", "data": [{"cve": "CVE-2020-0001", "epss": "0.25", "percentile": "0.1"}]}"#;
        enrichment.read_epss(&json).expect("JSON");
        assert_eq!(enrichment.score(&cves(&["CVE-2020-0001"])), Some(0.25));
    }

    #[test]
    fn other_files_are_refused() {
        for text in ["", "{}", "{", "a,b\n1,2\n", "cveID\n", "[]"] {
            assert!(Enrichment::default().read_kev(&text).is_err(), "{text}");
            assert!(Enrichment::default().read_epss(&text).is_err(), "{text}");
        }
        assert!(Enrichment::default().read_epss(&"cve,epss\nCVE-1,x\n").is_err());
    }
}
