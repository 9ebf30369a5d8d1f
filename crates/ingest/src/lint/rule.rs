//! The rules, each with a page of the same name in `docs/lint/`.

use std::fmt;

/// How bad it is. Errors make the answer of `validate` a no, warnings do with `--strict`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Level {
    /// Something is refused, or of no use.
    Error,
    /// GitLab takes it, and loses, merges, cuts or misreads something.
    Warning,
    /// It could be better.
    Note,
}

impl Level {
    /// The word for it, which is SARIF's too (SARIF 2.1.0 §3.27.10).
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Something that is looked for in a report. Rules sort by level, then by id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub struct Rule {
    /// How bad it is.
    pub level: Level,
    /// Its stable name, and that of its page.
    pub id: &'static str,
    /// What is wrong, without a full stop.
    pub title: &'static str,
    /// What to do about it, without a full stop.
    pub remedy: &'static str,
}

macro_rules! rules {
    ($($name:ident $level:ident $id:literal: $title:literal => $remedy:literal;)*) => {
        $(
            #[doc = $title]
            pub(crate) static $name: Rule =
                Rule { level: Level::$level, id: $id, title: $title, remedy: $remedy };
        )*

        /// Every rule, in the order in which they are told.
        pub static RULES: &[&Rule] = &[$(&$name),*];
    };
}

rules! {
    // What GitLab refuses a report for.
    REPORT_EMPTY Error "report-empty": "the file is empty"
        => "look whether the scanner ran: a scan without findings is a report too";
    REPORT_UNREADABLE Error "report-unreadable": "GitLab cannot parse the report"
        => "write one JSON object in UTF-8, to its end";
    REPORT_KIND Error "report-kind": "nothing says what kind of report it is"
        => "give `scan.type`, or name the artifact key with --as";
    VERSION_UNSUPPORTED Error "version-unsupported": "GitLab has no schema for the report's version"
        => "declare a published version, as 15.2.1";
    SCHEMA Error "schema": "the report breaks its schema, and GitLab refuses all of it"
        => "mend every place: one error costs the whole report";
    SARIF_REFUSED Error "sarif-refused": "GitLab does not take the SARIF log"
        => "write SARIF 2.1.0 within GitLab's limits, for the key `sarif`";
    CVSS_4 Error "cvss-4-vector": "a CVSS 4 vector is in `cvss_vectors`, which takes versions 2 and 3 only"
        => "move it to `details`";
    ARTIFACT_KEY Error "artifact-key": "`scan.type` is not the key that the report is uploaded under"
        => "upload it under the key that `scan.type` names";

    // The report as a whole.
    VERSION_UNKNOWN Warning "version-unknown": "GitLab has no schema of exactly this version, and takes the nearest"
        => "declare a published version, as 15.2.1";
    VERSION_UNCHECKED Warning "version-unchecked": "GitLab does not check the report, since its version is not of the form N.N.N"
        => "declare a published version, as 15.2.1";
    ARTIFACT_SIZE Warning "artifact-size": "the report is larger than 100 MB, where the upload of an artifact fails by default"
        => "raise the instance's maximum artifact size, or split the scan";
    TIME_ORDER Warning "time-order": "the scan ends before it starts"
        => "write both times in UTC, the earlier one as `start_time`";
    TIME_FUTURE Warning "time-future": "a time of the scan is in the future"
        => "write UTC and not local time";
    TIME_UNSET Warning "time-unset": "a time of the scan was never set"
        => "write when the scan ran";
    SCAN_FAILED Note "scan-failed": "the scan says of itself that it failed"
        => "write `success` unless the scanner broke off: findings are no failure";
    SCANNER_COLLISION Warning "scanner-collision": "the scanner has the id of one of GitLab's own analyzers"
        => "take an id of your own, as `acme-semgrep`";
    SCANNER_PLACEHOLDER Note "scanner-placeholder": "id, name, version or vendor of the scanner is a placeholder"
        => "name scanner, version and vendor: people filter by them";
    NUL_CHARACTER Warning "nul-character": "a text has a null character, which GitLab replaces"
        => "leave null characters out";
    PRIMARY_UNLISTED Warning "primary-identifier-unlisted": "a finding's first identifier is not in `scan.primary_identifiers`"
        => "list every rule that ran, or leave the list out";

    // Findings.
    ID_REPEATED Warning "id-repeated": "two findings have one id"
        => "give every finding an id of its own, which is the same in the next run";
    ID_RANDOM Note "id-random": "the ids look random"
        => "make the id of rule and place, so that a second run gives the same";
    NAME_MISSING Warning "name-missing": "a finding has no name, and GitLab makes one of an identifier and the file"
        => "give it a name that says what is wrong";
    SEVERITY_MISSING Warning "severity-missing": "a finding has no severity, and is stored as Unknown"
        => "map the scanner's own scale to GitLab's";
    DESCRIPTION_LONG Warning "description-long": "a description is cut to 15,000 characters"
        => "shorten it, and link to the whole";
    DESCRIPTION_MISSING Note "description-missing": "a finding has no description"
        => "say what is wrong and why it matters";
    TEXT_BLANK Note "text-blank": "a text is there and says nothing"
        => "fill it or leave the field out";
    TEXT_PLACEHOLDER Warning "text-placeholder": "a text is a placeholder that a program left"
        => "leave the field out where the scanner says nothing";
    FLAG_LONG Warning "flag-description-long": "the description of a flag is cut to 1,000 characters"
        => "shorten it";
    LINK_LONG Warning "link-long": "a link's address has over 2,048 characters, which may cost 50 findings"
        => "link to a shorter address";
    LINK_NAME_LONG Warning "link-name-long": "a link's name has over 255 characters, which may cost 50 findings"
        => "shorten the name";
    LINK_REPEATED Note "link-repeated": "a finding has a link twice, and GitLab keeps one"
        => "list every address once";
    IDENTIFIERS_MANY Warning "identifiers-many": "a finding has more than 20 identifiers, and the rest is not stored"
        => "keep the 20 that matter most, the rule first";
    IDENTIFIER_CATEGORY_FIRST Warning "identifier-category-first": "the first identifier is a category and not a rule"
        => "put the scanner's rule or the advisory first: GitLab follows a finding by it";
    IDENTIFIER_VOLATILE Warning "identifier-volatile": "the first identifier changes though the finding stays the same"
        => "leave path, line, version and hash out of it";
    IDENTIFIER_REPEATED Note "identifier-repeated": "a finding has an identifier twice"
        => "list every identifier once";
    IDENTIFIER_TYPE Warning "identifier-type": "an identifier is not of the type that it claims"
        => "name the type of the value: `ghsa`, `rhsa`, `usn`, or the scanner's own";
    IDENTIFIER_SPELLING Note "identifier-spelling": "a well-known type of identifier is written in capitals"
        => "write it in small letters: `CVE:1` and `cve:1` are two identifiers to GitLab";
    PRIMARY_REPEATED Warning "primary-identifier-repeated": "findings with the same first identifier at one place become one"
        => "tell them apart by line, package or rule";
    TRACKING_SHARED Warning "tracking-shared": "findings that share an identifier and a tracking signature become one"
        => "make the signature of what tells them apart, or leave `tracking` out";
    FINDING_FOLDED Warning "finding-folded": "findings that share an identifier at one place become one"
        => "keep what is no rule, advisory or weakness out of the identifiers: tags belong into `details`";
    KIND_MISMATCH Warning "kind-mismatch": "a finding does not belong into a report of this kind"
        => "write it into a report of its kind";
    SECRET_IN_TEXT Warning "secret-in-text": "a secret stands in plain text, for everyone who may read the report"
        => "replace its value before the report is uploaded";

    // Places.
    LOCATION_EMPTY Warning "location-empty": "nothing in the location tells findings apart"
        => "fill the fields that GitLab makes the identity of";
    FILE_MISSING Warning "file-missing": "a finding names no file"
        => "name the file, also if it is only the manifest";
    PATH_ABSOLUTE Warning "path-absolute": "a path is absolute"
        => "write it relative to the repository's root";
    PATH_ESCAPES Warning "path-escapes": "a path leaves the repository"
        => "write it relative to the repository's root, without `..`";
    PATH_DOT_SLASH Warning "path-dot-slash": "a path begins with ./"
        => "leave the ./ out: GitLab compares paths letter by letter";
    PATH_BACKSLASH Warning "path-backslash": "a path has backslashes"
        => "write / between folders";
    PATH_URL Warning "path-url": "a path is an address"
        => "write the path only, relative to the repository's root";
    FILE_NOT_FOUND Warning "file-not-found": "a file does not exist in the repository"
        => "scan from the repository's root, or take the beginning off the paths";
    LINE_NOT_FOUND Warning "line-not-found": "a line is behind the end of its file"
        => "scan the commit that the pipeline runs for";
    LINE_BELOW_ONE Warning "line-below-one": "a line is below 1"
        => "count lines from 1, and leave an unknown line out";
    LINE_ORDER Warning "line-order": "a finding ends before it starts"
        => "write the smaller line as `start_line`";
    LINE_FRACTION Warning "line-fraction": "a line is written as 1.0, which is another identity than 1"
        => "write lines as whole numbers";
    LINE_MISSING Note "line-missing": "a finding has a file and no line"
        => "give the line, or 1 for the whole file: findings of one rule in the file become one";
    IMAGE_UNKNOWN Warning "image-unknown": "the image is not named"
        => "name the image that was scanned, with its tag";
    IMAGE_WITHOUT_TAG Warning "image-without-tag": "an image has no tag, and its name is lost from the identity"
        => "write the tag too, as `alpine:latest`";
    IMAGE_REGISTRY_PORT Warning "image-registry-port": "an image has a port and no tag, and its name is lost from the identity"
        => "write the tag too, as `localhost:5000/app:latest`";
    OPERATING_SYSTEM_UNKNOWN Note "operating-system-unknown": "the operating system of the image is not named"
        => "name it, as `debian:12`";
    PACKAGE_MISSING Warning "package-missing": "a package has no name"
        => "name the package: it is part of the identity";
    PACKAGE_VERSION_MISSING Note "package-version-missing": "a package has no version"
        => "write the version that was found";
    PACKAGE_VERSION_RANGE Warning "package-version-range": "the version of a package is a range"
        => "write the version that was found, and the range into `details`";
    COMMIT_PLACEHOLDER Note "commit-placeholder": "the commit of a secret is a placeholder"
        => "name the commit, as $CI_COMMIT_SHA does";

    // Tracking and remediations.
    TRACKING_EQUAL Warning "tracking-equal": "all findings have the same tracking signature"
        => "make signatures of the code around a finding, or leave `tracking` out";
    TRACKING_PLACEHOLDER Warning "tracking-placeholder": "a tracking signature is a placeholder"
        => "leave `tracking` out where there is no signature";
    TRACKING_ALGORITHM Note "tracking-algorithm": "GitLab ignores signatures of this algorithm"
        => "use `scope_offset`, `location` or `hash`";
    REMEDIATION_ENCODING Error "remediation-encoding": "a patch is not in base64"
        => "encode the patch in base64";
    REMEDIATION_PATCH Error "remediation-patch": "a patch is none that `git apply` takes"
        => "write what `git diff` prints, whole";
    REMEDIATION_PATH Warning "remediation-path": "a patch changes a file outside of the repository"
        => "write paths relative to the repository's root";
    REMEDIATION_UNMATCHED Warning "remediation-unmatched": "a remediation names an id that no finding has"
        => "write the `id` of the finding that it mends";
    REMEDIATION_REPEATED Note "remediation-repeated": "two remediations mend one finding, and GitLab keeps the last"
        => "join them to one patch";
    REMEDIATION_SUMMARY_LONG Warning "remediation-summary-long": "the summary of a remediation has over 200 characters, which may cost 50 findings"
        => "shorten it";
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::path::Path;

    /// Every rule has a page, every page a rule, and the index lists them.
    #[test]
    fn rules_and_pages_agree() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/lint");
        let read =
            |name: &str| std::fs::read_to_string(folder.join(name)).unwrap_or_else(|_| panic!("{name}"));
        let index = read("index.md");
        let mut known = BTreeSet::from(["index.md".to_owned()]);
        for rule in RULES {
            let name = format!("{}.md", rule.id);
            let page = read(&name);
            let head = format!("# {}\n\n**{}**: {}.\n", rule.id, rule.level, rule.title);
            assert!(page.starts_with(&head), "{name} does not begin with\n{head}");
            for part in ["\n## Why it matters in GitLab\n", "\n## How to mend it\n", "\n## Example\n"] {
                assert!(page.contains(part), "{name} lacks {part}");
            }
            let row = format!("| [{}]({name}) | {} | {} |", rule.id, rule.level, rule.title);
            assert!(index.contains(&row), "the index lacks {row}");
            assert!(known.insert(name), "{} is there twice", rule.id);
        }
        let pages: BTreeSet<_> = std::fs::read_dir(&folder)
            .expect("the folder is there")
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect();
        assert_eq!(pages, known);
    }
}
