//! How checks are named. `type` and `value` are part of a vulnerability's identity
//! in GitLab: what is decided here is a compatibility contract (`docs/mapping/trivy.md`).

use scanlift_report_core::Text;
use std::borrow::Cow;

/// The id of a check in the spelling of Trivy since 0.66: `DS-0002` for `DS002` and `AVD-DS-0002`.
///
/// Only ids of Trivy's own checks are changed: those with an AVD id, or of a built-in namespace, or
/// without one. A check of the user's keeps its id.
pub(super) fn check<'m>(
    id: Option<&'m str>,
    avd_id: Option<&'m str>,
    namespace: Option<&str>,
) -> Option<Text<'m>> {
    let given = avd_id.or(id)?;
    let builtin = avd_id.is_some()
        || given.starts_with("AVD-")
        || namespace
            .is_none_or(|namespace| namespace.starts_with("builtin.") || namespace.starts_with("appshield."));
    Some(if builtin { normalise(given) } else { Cow::Borrowed(given) })
}

fn normalise(id: &str) -> Text<'_> {
    let bare = id.strip_prefix("AVD-").unwrap_or(id);
    let letters = bare.bytes().take_while(u8::is_ascii_uppercase).count();
    let (family, rest) = bare.split_at(letters);
    let digits = rest.strip_prefix('-').unwrap_or(rest);
    let plain =
        !family.is_empty() && (1..=4).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    if plain { Cow::Owned(format!("{family}-{digits:0>4}")) } else { Cow::Borrowed(bare) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_and_new_ids_of_checks_are_one() {
        let builtin = Some("builtin.dockerfile.DS002");
        for (id, avd_id, namespace, want) in [
            (Some("DS002"), Some("AVD-DS-0002"), builtin, Some("DS-0002")),
            (Some("DS-0002"), None, builtin, Some("DS-0002")),
            (Some("DS002"), None, builtin, Some("DS-0002")),
            (Some("AVD-AWS-0143"), Some("AVD-AWS-0143"), None, Some("AWS-0143")),
            (Some("AWS-0143"), None, Some("builtin.aws.iam.aws0143"), Some("AWS-0143")),
            (Some("KSV001"), None, Some("builtin.kubernetes.KSV001"), Some("KSV-0001")),
            (Some("KSV01010"), None, None, Some("KSV01010")),
            (Some("N/A"), None, None, Some("N/A")),
            (Some("ID001"), None, Some("user.acme"), Some("ID001")),
            (None, Some("AVD-DS-0002"), None, Some("DS-0002")),
            (None, None, builtin, None),
        ] {
            assert_eq!(check(id, avd_id, namespace).as_deref(), want, "{id:?} {avd_id:?}");
        }
    }
}
