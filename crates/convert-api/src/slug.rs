/// A name in lower case letters and digits, everything else one dash; at most 64 characters, empty
/// if nothing is left.
///
/// ```
/// assert_eq!(scanlift_convert_api::slug("ACME  Scan! (beta)"), "acme-scan-beta");
/// ```
#[must_use]
pub fn slug(name: &str) -> String {
    let mut slug = String::with_capacity(name.len().min(64));
    for c in name.chars() {
        if slug.len() == 64 {
            break;
        }
        if c.is_ascii_alphanumeric() {
            slug.push(c.to_ascii_lowercase());
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.truncate(slug.trim_end_matches('-').len());
    slug
}
