//! Trivy's ignore files: `.trivyignore` and `.trivyignore.yaml`.

use super::{Draft, ImportError, Imported, day, format, one_line};
use scanlift_report_core::Kind;
use serde::Deserialize;

/// Whether a text can be nothing but a `.trivyignore`: ids alone in their lines, with an expiry at most.
///
/// Trivy overlooks any other words behind an id, so there are files that [`plain`] reads and this refuses.
#[must_use]
pub fn is_plain(text: &str) -> bool {
    let lines = text.trim_start_matches('\u{feff}').lines().map(str::trim);
    let is_id = |word: &str| word.chars().all(|c| c.is_alphanumeric() || "-_.:/+".contains(c));
    lines.filter(|line| !line.is_empty() && !line.starts_with('#')).all(|line| {
        let mut words = without_comment(line).0.split_whitespace();
        words.next().is_some_and(is_id) && words.all(|word| word.starts_with("exp:"))
    })
}

/// A line without the comment behind, and the comment.
fn without_comment(line: &str) -> (&str, &str) {
    let is_behind = |at: &usize| line[..*at].ends_with(char::is_whitespace);
    let at = line.match_indices('#').map(|(at, _)| at).find(is_behind);
    at.map_or((line, ""), |at| (&line[..at], &line[at + 1..]))
}

/// Reads a `.trivyignore`: an id a line, `exp:` dates, and reasons in the comments before or behind.
///
/// A comment goes for all ids up to a blank line or the next comment.
#[must_use]
pub fn plain(text: &str) -> Imported {
    let mut imported = Imported::default();
    let mut comment: Vec<&str> = Vec::new();
    let mut is_used = false;
    for (number, line) in text.lines().enumerate() {
        let line = line.trim().trim_start_matches('\u{feff}');
        if let Some(words) = line.strip_prefix('#') {
            if is_used {
                comment.clear();
            }
            is_used = false;
            comment.push(words);
            continue;
        }
        if line.is_empty() {
            comment.clear();
            continue;
        }
        is_used = true;
        let (line, behind) = without_comment(line);
        let mut words = line.split_whitespace();
        let Some(id) = words.next() else { continue };
        let expiry = words.find_map(|word| word.strip_prefix("exp:"));
        let expires = expiry.and_then(day);
        if let (Some(expiry), None) = (expiry, expires) {
            let warning = format!("line {}: `exp:{expiry}` is no date: {id} is left out", number + 1);
            imported.warnings.push(warning);
            continue;
        }
        imported.drafts.push(Draft {
            identifier: Some(id.to_owned()),
            reason: one_line(behind).or_else(|| one_line(&comment.join(" "))),
            expires,
            ..Draft::default()
        });
    }
    imported
}

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    vulnerabilities: Option<Vec<Finding>>,
    #[serde(default)]
    misconfigurations: Option<Vec<Finding>>,
    #[serde(default)]
    secrets: Option<Vec<Finding>>,
    #[serde(default)]
    licenses: Option<Vec<Finding>>,
}

#[derive(Deserialize)]
struct Finding {
    id: String,
    #[serde(default)]
    paths: Option<Vec<String>>,
    #[serde(default)]
    purls: Option<Vec<String>>,
    statement: Option<String>,
    expired_at: Option<String>,
}

/// Reads a `.trivyignore.yaml`.
///
/// # Errors
/// If it is no such file.
pub fn yaml(text: &str) -> Result<Imported, ImportError> {
    const EXPECTED: &str = "a .trivyignore.yaml";
    let file: File = serde_saphyr::from_str(text).map_err(|error| {
        format(EXPECTED, error.without_snippet().to_string().lines().next().unwrap_or_default())
    })?;
    let mut imported = Imported::default();
    let mut imprecise = 0_u64;
    for (list, kind) in [
        (file.vulnerabilities, None),
        (file.misconfigurations, None),
        (file.secrets, Some(Kind::SecretDetection)),
    ] {
        for finding in list.unwrap_or_default() {
            let Some(id) = one_line(&finding.id) else { continue };
            let expires = finding.expired_at.as_deref().and_then(day);
            if let (Some(expiry), None) = (&finding.expired_at, expires) {
                imported.warnings.push(format!("`expired_at: {expiry}` is no date: {id} is left out"));
                continue;
            }
            let packages = finding.purls.unwrap_or_default();
            if let Some(wrong) = packages.iter().find(|purl| !is_purl(purl)) {
                imported
                    .warnings
                    .push(format!("`{}` is no package URL: {id} is left out", wrong.escape_debug()));
                continue;
            }
            let paths = finding.paths.unwrap_or_default();
            imprecise += u64::from(!paths.is_empty() && id.starts_with("CVE-"));
            imported.drafts.push(Draft {
                identifier: Some(id),
                paths: paths.iter().map(|path| path.trim_start_matches('/').to_owned()).map(rooted).collect(),
                packages,
                kind,
                reason: finding.statement.as_deref().and_then(one_line),
                expires,
                ..Draft::default()
            });
        }
    }
    if imprecise > 0 {
        imported.warnings.push(format!(
            "{imprecise} entries on vulnerabilities name paths: findings in images have none, so name the package instead"
        ));
    }
    let licences = file.licenses.unwrap_or_default().len();
    if licences > 0 {
        imported.warnings.push(format!("{licences} entries on licences are left out: they are no findings"));
    }
    Ok(imported)
}

fn is_purl(text: &str) -> bool {
    scanlift_vex::Thing::default().add_purl(text)
}

/// Trivy's globs are meant from the root.
fn rooted(glob: String) -> String {
    if glob.contains('/') { glob } else { format!("/{glob}") }
}
