//! The scanners that jobs can be made for: a table of known ones, and the user's own.

use scanlift_report_core::Kind;
use serde::Deserialize;
use std::collections::BTreeMap;

const TABLE: &str = include_str!("scanners.toml");

/// A scanner, and how to run it in a job.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Scanner {
    /// Slug; the first part of the job's name.
    #[serde(skip)]
    pub id: String,
    /// For people.
    pub name: String,
    /// What its findings become; the first one gives the job its name.
    #[serde(deserialize_with = "kinds")]
    pub kinds: Vec<Kind>,
    /// An image with the scanner and a shell.
    pub image: String,
    /// What to run. `{paths}`, `{image}` and `{url}` are what to look at.
    pub script: Vec<String>,
    /// The file that it leaves behind.
    pub output: String,
    /// Options of `scanlift convert` that say of that file what it does not say itself.
    #[serde(default)]
    pub options: Option<String>,
    /// Globs: the job is only worth something where such a file is. Empty: always.
    #[serde(default)]
    pub exists: Vec<String>,
    /// Whether it needs a home directory that it can write to.
    #[serde(default)]
    pub home: bool,
    /// Whether `{paths}` may be a part of the files.
    #[serde(default)]
    pub shards: bool,
}

/// Why no job can be made. Display is a whole sentence without a full stop.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ScannerError {
    /// The table has no such scanner, and nothing was said of how to run it.
    #[error("`{id}` is not among the known scanners")]
    Unknown {
        /// What was asked for.
        id: String,
        /// The ones that are known.
        known: Vec<String>,
    },
    /// A custom scanner lacks something.
    #[error("a scanner of your own needs {0}")]
    Missing(&'static str),
    /// A job's name is made of it.
    #[error("`{0}` cannot be part of a job's name: use lower-case letters, digits, - and _")]
    Id(String),
}

/// What a user says of a scanner; what is left out is as in the table.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Custom {
    /// For people.
    pub name: Option<String>,
    /// What its findings become.
    pub kinds: Vec<Kind>,
    /// An image with the scanner and a shell.
    pub image: Option<String>,
    /// What to run.
    pub script: Vec<String>,
    /// The file that it leaves behind.
    pub output: Option<String>,
    /// Globs.
    pub exists: Vec<String>,
}

impl Scanner {
    /// The known scanners, by id.
    #[must_use]
    pub fn known() -> BTreeMap<String, Self> {
        let table: BTreeMap<String, Self> = toml::from_str(TABLE).unwrap_or_default();
        table.into_iter().map(|(id, scanner)| (id.clone(), Self { id, ..scanner })).collect()
    }

    /// A scanner of the table with the user's changes, or one that the user describes in full.
    ///
    /// # Errors
    /// If it is neither known nor described.
    pub fn find(id: &str, custom: &Custom) -> Result<Self, ScannerError> {
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
        if id.is_empty() || !id.chars().all(fits) {
            return Err(ScannerError::Id(id.to_owned()));
        }
        let mut known = Self::known();
        let mut scanner = match known.remove(id) {
            Some(scanner) => scanner,
            None if custom.script.is_empty() && custom.image.is_none() => {
                let known = known.into_keys().collect();
                return Err(ScannerError::Unknown { id: id.to_owned(), known });
            }
            None => Self {
                id: id.to_owned(),
                name: id.to_owned(),
                kinds: Vec::new(),
                image: String::new(),
                script: Vec::new(),
                output: String::new(),
                options: None,
                exists: Vec::new(),
                home: false,
                shards: custom.script.iter().any(|line| line.contains("{paths}")),
            },
        };
        if !custom.script.is_empty() || custom.output.is_some() {
            // It may write something else now.
            scanner.options = None;
        }
        fn replace<T: Clone>(known: &mut Vec<T>, said: &[T]) {
            if !said.is_empty() {
                *known = said.to_vec();
            }
        }
        replace(&mut scanner.kinds, &custom.kinds);
        replace(&mut scanner.script, &custom.script);
        replace(&mut scanner.exists, &custom.exists);
        for (known, said) in [
            (&mut scanner.name, &custom.name),
            (&mut scanner.image, &custom.image),
            (&mut scanner.output, &custom.output),
        ] {
            if let Some(said) = said {
                known.clone_from(said);
            }
        }
        for (is_missing, what) in [
            (scanner.image.is_empty(), "--image: an image with the scanner and a shell"),
            (scanner.script.is_empty(), "--script: what to run"),
            (scanner.output.is_empty(), "--output-file: the file that the script leaves behind"),
            (scanner.kinds.is_empty(), "--kind: what its findings become"),
        ] {
            if is_missing {
                return Err(ScannerError::Missing(what));
            }
        }
        Ok(scanner)
    }

    /// What gives the job its name.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kinds.first().copied().unwrap_or(Kind::Sast)
    }

    /// By GitLab's convention, as `mysec_dependency_scanning`.
    #[must_use]
    pub fn job_name(&self) -> String {
        format!("{}_{}", self.id, self.kind().as_str())
    }

    /// What users have to say of what is scanned, in a sentence; `None` where it is the repository.
    #[must_use]
    pub fn needs(&self) -> Option<&'static str> {
        let asks = |what: &str| self.script.iter().any(|line| line.contains(what));
        match (asks("{url}"), asks("{image}")) {
            (true, _) => Some("Set DAST_TARGET_URL to the address of what is scanned."),
            (_, true) => Some(
                "CS_IMAGE, or CI_APPLICATION_REPOSITORY and CI_APPLICATION_TAG, name the image; without them it\n\
                 is the one of this branch and commit in the project's registry, which an earlier job has to push.\n\
                 CS_DEFAULT_BRANCH_IMAGE says what it is called on the default branch.",
            ),
            _ => None,
        }
    }

    /// The report that the job uploads for a kind. A job has one scanner, so no name is in it.
    #[must_use]
    pub fn report(kind: Kind) -> String {
        format!("gl-{}-report.json", kind.slug())
    }
}

fn kinds<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<Kind>, D::Error> {
    let names = Vec::<String>::deserialize(deserializer)?;
    let unknown = |name: &str| serde::de::Error::custom(format!("`{name}` is no kind of report"));
    names.iter().map(|name| Kind::parse(name).ok_or_else(|| unknown(name))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_can_be_read() {
        let read: Result<BTreeMap<String, Scanner>, _> = toml::from_str(TABLE);
        assert!(read.is_ok(), "{read:?}");
        for (id, scanner) in Scanner::known() {
            assert_eq!(Scanner::find(&id, &Custom::default()).as_ref(), Ok(&scanner));
            assert!(scanner.image.rsplit_once(':').is_some_and(|(_, tag)| tag != "latest"), "{id}: pin it");
            // Checkov and KICS make the file's name of a part that they are told.
            let name = scanner.output.rsplit('/').next().unwrap_or_default();
            let stem = name.trim_start_matches("results_").split('.').next().unwrap_or_default();
            assert!(scanner.script.iter().any(|line| line.contains(stem)), "{id}: {}", scanner.output);
            let has_paths = scanner.script.iter().any(|line| line.contains("{paths}"));
            assert!(!scanner.shards || has_paths, "{id} cannot scan a part of the files");
        }
    }

    #[test]
    fn a_scanner_of_ones_own_is_described() {
        let error = |custom: &Custom| Scanner::find("mysec", custom).map_err(|error| error.to_string());
        assert!(matches!(Scanner::find("mysec", &Custom::default()), Err(ScannerError::Unknown { .. })));
        let mut custom = Custom { image: Some("acme/mysec:1".into()), ..Custom::default() };
        assert!(error(&custom).is_err_and(|text| text.contains("--script")));
        custom.script = vec!["mysec scan {paths}".into()];
        assert!(error(&custom).is_err_and(|text| text.contains("--output-file")));
        custom.output = Some("mysec.sarif".into());
        assert!(error(&custom).is_err_and(|text| text.contains("--kind")));
        custom.kinds = vec![Kind::Sast];
        let scanner = Scanner::find("mysec", &custom).expect("all is said");
        assert_eq!((scanner.job_name().as_str(), scanner.shards), ("mysec_sast", true));
        assert_eq!(Scanner::find("My Sec", &custom), Err(ScannerError::Id("My Sec".into())));
    }
}
