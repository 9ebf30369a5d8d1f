//! Strings of a form. As in Ruby, `^` and `$` of the schemas' patterns match at every line's ends.

use super::shape::Form;
use regex::Regex;
use std::sync::LazyLock;

/// Metrics of CVSS 2, of which a vector has any in any order.
const CVSS_2: &str = "(?:AV:[NAL]|AC:[LMH]|Au:[MSN]|[CIA]:[NPC]|E:(?:U|POC|F|H|ND)|RL:(?:OF|TF|W|U|ND)\
    |RC:(?:UC|UR|C|ND)|CDP:(?:N|L|LM|MH|H|ND)|TD:(?:N|L|M|H|ND)|[CIA]R:(?:L|M|H|ND))";
/// Metrics of CVSS 3.
const CVSS_3: &str = "(?:AV:[NALP]|AC:[LH]|PR:[NLH]|UI:[NR]|S:[UC]|[CIA]:[NLH]|E:[XUPFH]|RL:[XOTWU]\
    |RC:[XURC]|[CIA]R:[XLMH]|MAV:[XNALP]|MAC:[XLH]|MPR:[XNLH]|MUI:[XNR]|MS:[XUC]|M[CIA]:[XNLH])";

static TIME: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?m)^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}$").ok());
static VERSION: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?m)^[0-9]+\.[0-9]+\.[0-9]+$").ok());
static V2: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(&format!("(?m)^(?:{CVSS_2}/)*{CVSS_2}$")).ok());
static V3: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(&format!("(?m)^CVSS:3[.][01]/(?:{CVSS_3}/)*{CVSS_3}$")).ok());

impl Form {
    /// Whether the text is of the form.
    pub(crate) fn fits(self, text: &str) -> bool {
        let matches =
            |pattern: &LazyLock<Option<Regex>>| pattern.as_ref().is_some_and(|it| it.is_match(text));
        match self {
            Self::HttpUrl => has_url(text, &["http://", "https://"]),
            Self::Url => has_url(text, &["http://", "https://", "ftp://"]),
            Self::Time => matches(&TIME),
            Self::Version => matches(&VERSION),
            Self::Cvss2 => (16..=128).contains(&text.chars().count()) && matches(&V2),
            Self::Cvss3 => (32..=128).contains(&text.chars().count()) && matches(&V3),
        }
    }

    /// What it is called.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::HttpUrl => "an address that begins with http:// or https://",
            Self::Url => "an address that begins with http://, https:// or ftp://",
            Self::Time => "a time as 2025-01-31T12:00:00, without zone and fraction",
            Self::Version => "a version as 15.2.1",
            Self::Cvss2 => "a vector of CVSS 2",
            Self::Cvss3 => "a vector of CVSS 2, 3.0 or 3.1",
        }
    }

    /// What to do about a string that is not.
    pub(crate) fn remedy(self) -> &'static str {
        match self {
            Self::HttpUrl | Self::Url => "write a whole address, or leave the field out",
            Self::Time => "write UTC without zone and fraction: 2025-01-31T12:00:00",
            Self::Version => "write the version of the schema as 15.2.1",
            Self::Cvss2 | Self::Cvss3 => {
                "leave the vector out (GitLab takes no other version of CVSS; 4.0 goes to details)"
            }
        }
    }
}

/// Whether some line begins with one of the schemes, and something follows on it.
fn has_url(text: &str, schemes: &[&str]) -> bool {
    text.split('\n').any(|line| {
        schemes.iter().any(|scheme| line.strip_prefix(scheme).is_some_and(|rest| !rest.is_empty()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_told() {
        for (form, text, want) in [
            (Form::Url, "ftp://a", true),
            (Form::HttpUrl, "ftp://a", false),
            (Form::Url, "https://", false),
            (Form::Url, "not available", false),
            (Form::Url, "x\nhttps://a", true),
            (Form::Time, "2025-01-31T12:00:00", true),
            (Form::Time, "2025-01-31T12:00:00Z", false),
            (Form::Version, "15.2.1", true),
            (Form::Version, "v15.2.1", false),
            (Form::Cvss2, "AV:N/AC:L/Au:N/C:P/I:P/A:P", true),
            (Form::Cvss3, "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", true),
            (Form::Cvss3, "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", false),
            (Form::Cvss3, "CVSS:3.1/AV:N", false),
        ] {
            assert_eq!(form.fits(text), want, "{form:?} {text}");
        }
    }
}
