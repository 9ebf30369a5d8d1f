//! What credentials of known providers look like.
//!
//! Nearly every text has none, and that has to be found out quickly: what a text is searched for are long
//! words, since every credential has one, and only around those for the beginnings of the formats.

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use regex::Regex;
use std::{
    ops::Range,
    sync::{LazyLock, OnceLock},
};

/// The shortest word that is looked at: no credential has less without a break.
const LONG: usize = 16;

/// How far before a long word a format may begin: `/services/T01234567/B01234567/`, and the first line of a key.
const LEAD: usize = 48;

/// The beginnings of a format, and the expression that covers its value: the first group, else all of it.
type Format = (&'static [&'static str], &'static str);

/// By the providers' own documentation; where a value has no mark of its own, [`NAMED`] may find it.
const FORMATS: [Format; 73] = [
    // Clouds.
    (&["AKIA", "ASIA", "ABIA", "ACCA"], r"\bA(?:KIA|SIA|BIA|CCA)[0-9A-Z]{16}\b"),
    (&["ABSK"], r"\bABSK[0-9A-Za-z+/]{100,}={0,2}"),
    (
        &["ecret_access_key", "ecretAccessKey", "ECRET_ACCESS_KEY"],
        r#"(?i)secret_?access_?key["']?\s*[:=]\s*["']?([0-9A-Za-z+/]{40})"#,
    ),
    (&["AIza"], r"\bAIza[0-9A-Za-z_-]{35}"),
    (&["GOCSPX-"], r"\bGOCSPX-[0-9A-Za-z_-]{24,}"),
    (&["ya29."], r"\bya29\.[0-9A-Za-z_-]{20,}"),
    (&["1//0"], r"\b1//0[0-9A-Za-z_-]{40,}"),
    (&["sig="], r"[?&;]sig=([0-9A-Za-z%+/_-]{40,}=?)"),
    (&["7Q~", "8Q~"], r"\b[0-9A-Za-z_~.]{3}[78]Q~[0-9A-Za-z_~.-]{31,34}"),
    (&["AZDO"], r"\b[0-9A-Za-z]{76}AZDO[0-9A-Za-z]{4}\b"),
    (&["LTAI"], r"\bLTAI[0-9A-Za-z]{16,24}\b"),
    (&["AKID"], r"\bAKID[0-9A-Za-z]{32}\b"),
    (&["dop_v1_", "doo_v1_", "dor_v1_"], r"\bdo[opr]_v1_[0-9a-f]{40,}"),
    (&["v1.0-"], r"\bv1\.0-[0-9a-f]{24}-[0-9a-f]{100,}"),
    (&["cfk_", "cfut_", "cfat_"], r"\bcf(?:k|ut|at)_[0-9A-Za-z]{40,}"),
    (&["HRKU-"], r"\bHRKU-[0-9A-Za-z_-]{36,}"),
    (&["FlyV1 fm", "fo1_"], r"\b(?:FlyV1 fm[0-9a-z]{1,3}_[0-9A-Za-z+/=,_]{60,}|fo1_[0-9A-Za-z_-]{40,})"),
    (&["sbp_", "sb_secret_"], r"\bsb(?:p_[0-9a-f]{40}|_secret_[0-9A-Za-z_-]{20,})"),
    (&["nfp_"], r"\bnfp_[0-9A-Za-z]{36,}"),
    (&["pscale_"], r"\bpscale_(?:tkn|pw|oauth)_[0-9A-Za-z_.=-]{30,}"),
    // Code and packages.
    (&["ghp_", "gho_", "ghu_", "ghs_", "ghr_"], r"\bgh[oprsu]_[0-9A-Za-z]{20,}"),
    (&["github_pat_"], r"\bgithub_pat_[0-9A-Za-z_]{20,}"),
    (
        &[
            "glpat-", "gldt-", "glrt-", "glrtr-", "glcbt-", "gloas-", "glptt-", "glft-", "glimt-",
            "glagent-", "glwt-", "glsoat-", "glffct-",
        ],
        r"\bgl(?:pat|dt|rtr?|cbt|oas|ptt|ft|imt|agent|wt|soat|ffct)-[0-9A-Za-z_=-]{16,}(?:\.[0-9a-z]{2,9}){0,2}",
    ),
    (&["GR1348941"], r"\bGR1348941[0-9A-Za-z_-]{20}"),
    (&["ATATT3", "ATCTT3"], r"\bAT[AC]TT3[0-9A-Za-z_=-]{40,}"),
    (&["ATBB"], r"\bATBB[0-9A-Za-z]{24,}"),
    (&["npm_"], r"\bnpm_[0-9A-Za-z]{30,}"),
    (&["_authToken="], r#"_authToken=["']?([0-9A-Za-z+/=_.-]{16,})"#),
    (&["pypi-AgE"], r"\bpypi-AgE[0-9A-Za-z_-]{40,}"),
    (&["rubygems_"], r"\brubygems_[0-9a-f]{40,}"),
    (&["cio"], r"\bcio[0-9A-Za-z]{32}\b"),
    (&["CLOJARS_"], r"\bCLOJARS_[0-9a-z]{40,}"),
    (&["AKCp", "cmVmdGtu"], r"\b(?:AKCp[0-9A-Za-z]{60,}|cmVmdGtu[0-9A-Za-z]{50,})"),
    (&["dckr_"], r"\bdckr_[a-z]{3}_[0-9A-Za-z_-]{20,}"),
    (&["\"auth\""], r#""auth"\s*:\s*"([0-9A-Za-z+/]{16,}={0,2})""#),
    // Pipelines, infrastructure, observability.
    (&["CCIPAT_", "CCIPRJ_"], r"\bCCIP(?:AT|RJ)_[0-9A-Za-z]{16,}_[0-9a-f]{40}"),
    (&["bkua_"], r"\bbkua_[0-9a-f]{40}"),
    (&["hvs.", "hvb.", "hvr."], r"\bhv[brs]\.[0-9A-Za-z_-]{20,}"),
    (&[".atlasv1."], r"\b[0-9A-Za-z]{14}\.atlasv1\.[0-9A-Za-z_=-]{40,}"),
    (&["dp.pt.", "dp.st.", "dp.ct.", "dp.sa."], r"\bdp\.(?:pt|st|ct|sa)\.(?:[0-9a-z_-]+\.)?[0-9A-Za-z]{40,}"),
    (&["pul-"], r"\bpul-[0-9a-f]{40}"),
    (&["tskey-"], r"\btskey-[a-z]+-[0-9A-Za-z]{6,}-[0-9A-Za-z]{16,}"),
    (&["dapi"], r"\bdapi[0-9a-f]{32}(?:-[0-9])?"),
    (&["glsa_", "glc_"], r"\b(?:glsa_[0-9A-Za-z]{32}_[0-9A-Fa-f]{8}|glc_[0-9A-Za-z+/]{32,}={0,2})"),
    (&["eyJrIjoi"], r"\beyJrIjoi[0-9A-Za-z]{40,}={0,2}"),
    (&["sntrys_", "sntryu_"], r"\bsntry[su]_[0-9A-Za-z+/=_-]{40,}"),
    (&["dt0c", "dt0s"], r"\bdt0[a-z][0-9]{2}\.[0-9A-Z]{24}\.[0-9A-Z]{64}"),
    (&["NRAK-", "NRII-", "NRJS-"], r"\bNR(?:AK|II|JS)-[0-9A-Za-z_-]{19,}"),
    (&["NRAL"], r"\b[0-9A-Fa-f]{32,36}NRAL\b"),
    (&["squ_", "sqp_", "sqa_"], r"\bsq[apu]_[0-9a-f]{40}"),
    // Models.
    (&["sk-ant-"], r"\bsk-ant-[0-9A-Za-z_-]{20,}"),
    (
        &["T3BlbkFJ", "sk-proj-", "sk-svcacct-", "sk-admin-"],
        r"\bsk-(?:(?:proj|svcacct|admin)-[0-9A-Za-z_-]{20,}|[0-9A-Za-z_-]{16,}T3BlbkFJ[0-9A-Za-z_-]{16,})",
    ),
    (&["hf_", "api_org_"], r"\b(?:hf|api_org)_[0-9A-Za-z]{30,}"),
    (&["r8_", "gsk_"], r"\b(?:r8|gsk)_[0-9A-Za-z]{36,}"),
    (&["xai-", "pplx-", "nvapi-"], r"\b(?:xai|pplx|nvapi)-[0-9A-Za-z_-]{40,}"),
    // Messages, payment, shops, work.
    (&["xox", "xapp-"], r"\bx(?:ox[abeoprs]|app)[.-](?:xox[bp]-)?[0-9][0-9A-Za-z-]{9,}"),
    (
        &["/services/T", "/workflows/T", "/triggers/T"],
        r"hooks\.slack\.com/(?:services|workflows|triggers)/([0-9A-Za-z/]{20,})",
    ),
    (&["/webhooks/"], r"/api/webhooks/([0-9]{15,}/[0-9A-Za-z_-]{30,})"),
    (&[":AA"], r"\b[0-9]{8,10}:AA[0-9A-Za-z_-]{30,}"),
    (&["SG."], r"\bSG\.[0-9A-Za-z_-]{16,}\.[0-9A-Za-z_-]{16,}"),
    (&["key-"], r"\bkey-[0-9a-f]{32}\b"),
    (&["xkeysib-"], r"\bxkeysib-[0-9a-f]{40,}-[0-9A-Za-z]{16}"),
    (&["-us"], r"\b[0-9a-f]{32}-us[0-9]{1,2}\b"),
    (&["SK"], r"\bSK[0-9a-f]{32}\b"),
    (&["sk_live_", "rk_live_", "sk_test_", "rk_test_"], r"\b[rs]k_(?:live|test)_[0-9A-Za-z]{10,}"),
    (&["whsec_"], r"\bwhsec_[0-9A-Za-z+/]{24,}=*"),
    (&["shpat_", "shpca_", "shppa_", "shpss_"], r"\bshp(?:at|ca|pa|ss)_[0-9A-Fa-f]{32}"),
    (&["sq0", "EAAA"], r"\b(?:sq0[a-z]{3}-[0-9A-Za-z_-]{22,}|EAAA[0-9A-Za-z_-]{56,})"),
    (
        &["lin_api_", "lin_oauth_", "ntn_", "figd_", "PMAK-"],
        r"\b(?:lin_(?:api|oauth)_[0-9A-Za-z]{32,}|ntn_[0-9A-Za-z]{40,}|figd_[0-9A-Za-z_-]{38,}|PMAK-[0-9a-f]{24}-[0-9a-f]{34})",
    ),
    // Standards.
    (
        &["uthorization", "UTHORIZATION"],
        r#"(?i)authorization["']?\s*[:=]\s*["']?(?:basic|bearer|token|bot|ssws|apikey|negotiate)\s+([0-9A-Za-z._~+/=-]{8,})"#,
    ),
    (&["eyJ"], r"\beyJ[0-9A-Za-z_-]{10,}\.eyJ[0-9A-Za-z_-]{10,}\.[0-9A-Za-z_-]{5,}"),
    (
        &["PRIVATE KEY"],
        r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----[\s\S]*?(?:-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----|\z)",
    ),
    (&["AGE-SECRET-KEY-"], r"\bAGE-SECRET-KEY-[0-9A-Z-]{50,}"),
];

/// A credential with its scheme before it, as in a header.
const SCHEME: Format = (&["earer ", "EARER ", "SSWS "], r"(?i)\b(?:bearer|SSWS)\s+([0-9A-Za-z._~+/=-]{16,})");

/// A value that is assigned to something with a telling name.
const NAMED: Format = (
    &[
        "pikey",
        "pi_key",
        "piKey",
        "PIKEY",
        "PI_KEY",
        "PiKey",
        "ecret",
        "ECRET",
        "oken",
        "OKEN",
        "asswd",
        "assword",
        "ASSWD",
        "ASSWORD",
        "redential",
        "REDENTIAL",
        "ccess_key",
        "CCESS_KEY",
        "uth_key",
        "UTH_KEY",
    ],
    r#"(?i)(?:api_?key|secret|token|passw(?:or)?d|credential|access_key|auth_key)[0-9a-z_-]{0,24}["']?\s*(?::=|=>|[:=])\s*["']?([0-9A-Za-z+/=_.~-]{20,})"#,
);

/// Where the two stand behind [`FORMATS`].
const SCHEME_AT: usize = FORMATS.len();
const NAMED_AT: usize = SCHEME_AT + 1;
const COUNT: usize = NAMED_AT + 1;

/// Finds credentials by their formats.
#[derive(Debug)]
pub(super) struct Credentials {
    // Both are made when first needed: many runs need none, and every run would wait for them.
    beginnings: LazyLock<Beginnings>,
    expressions: [OnceLock<Regex>; COUNT],
}

impl Default for Credentials {
    fn default() -> Self {
        Self { beginnings: LazyLock::new(Beginnings::new), expressions: [const { OnceLock::new() }; COUNT] }
    }
}

/// The beginnings of all formats.
#[derive(Debug)]
struct Beginnings {
    search: AhoCorasick,
    /// The format of each.
    format_of: Vec<usize>,
}

impl Beginnings {
    #[expect(clippy::expect_used, reason = "the beginnings are constants, and a test builds them")]
    fn new() -> Self {
        let rows = (0..COUNT).flat_map(|at| format(at).0.iter().map(move |beginning| (at, *beginning)));
        let (format_of, beginnings): (Vec<usize>, Vec<&str>) = rows.unzip();
        let search =
            AhoCorasick::builder().kind(Some(AhoCorasickKind::DFA)).prefilter(false).build(beginnings);
        Self { search: search.expect("constant patterns build"), format_of }
    }
}

fn format(at: usize) -> Format {
    match at {
        SCHEME_AT => SCHEME,
        NAMED_AT => NAMED,
        _ => FORMATS[at],
    }
}

impl Credentials {
    /// The text without what looks like a credential; `None` if there was nothing.
    pub(super) fn replaced(&self, text: &str) -> Option<String> {
        let mut found = self.formats_in(text);
        let mut clean: Option<String> = None;
        // The formats first: they know where a value ends.
        while found != 0 {
            let at = found.trailing_zeros() as usize;
            found &= found - 1;
            let is_value: fn(&str) -> bool = if at >= SCHEME_AT { looks_random } else { |_| true };
            let from = clean.as_deref().unwrap_or(text);
            if let Some(new) = super::replace_if(self.expression(at), from, is_value) {
                clean = Some(new);
            }
        }
        clean
    }

    /// The formats that begin somewhere near a long word, one bit each.
    fn formats_in(&self, text: &str) -> u128 {
        let mut found = 0;
        let mut searched = 0;
        for word in long_words(text.as_bytes()) {
            let from = word.start.saturating_sub(LEAD).max(searched);
            searched = word.end;
            let Beginnings { search, format_of } = &*self.beginnings;
            for beginning in search.find_overlapping_iter(&text.as_bytes()[from..word.end]) {
                found |= 1 << format_of[beginning.pattern().as_usize()];
            }
        }
        found
    }

    #[expect(clippy::expect_used, reason = "the expressions are constants, and a test builds them")]
    fn expression(&self, at: usize) -> &Regex {
        self.expressions[at].get_or_init(|| Regex::new(format(at).1).expect("a constant expression builds"))
    }
}

/// The words of [`LONG`] letters, digits, `-` and `_`, or more. Looks at some bytes of each step only.
fn long_words(text: &[u8]) -> impl Iterator<Item = Range<usize>> {
    let mut at = LONG - 1;
    std::iter::from_fn(move || {
        loop {
            // Back from where a long word would have to be: a break says where the next one may begin.
            let step = text.get((at + 1).checked_sub(LONG)?..=at)?;
            match step.iter().rposition(|byte| !is_of_word(*byte)) {
                Some(breaks) => at += breaks + 1,
                None => {
                    let start = at + 1 - LONG;
                    let rest = text[at..].iter().position(|byte| !is_of_word(*byte));
                    let end = rest.map_or(text.len(), |length| at + length);
                    at = end + LONG;
                    return Some(start..end);
                }
            }
        }
    })
}

fn is_of_word(byte: u8) -> bool {
    const OF_WORD: [bool; 256] = {
        let mut table = [false; 256];
        let mut at = 0;
        while at < 256 {
            let byte = at as u8;
            table[at] = byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
            at += 1;
        }
        table
    };
    OF_WORD[byte as usize]
}

/// Whether a value is no word, path or name: letters and digits change in it all the time.
fn looks_random(value: &str) -> bool {
    let bytes = value.as_bytes();
    let digits = bytes.iter().filter(|byte| byte.is_ascii_digit()).count();
    let changes = bytes.windows(2).filter(|pair| {
        (pair[0].is_ascii_digit() && pair[1].is_ascii_alphabetic())
            || (pair[0].is_ascii_alphabetic() && pair[1].is_ascii_digit())
    });
    let least = if bytes.len() < 32 { 3 } else { 2 };
    digits >= least && changes.count() >= least
}

#[cfg(test)]
mod tests;
