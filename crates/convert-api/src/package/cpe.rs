//! Names of products in the Common Platform Enumeration (NISTIR 7695, 7697).

/// What a CPE says, without the escapes of its binding.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Cpe {
    /// `a` application, `o` operating system, `h` hardware.
    pub part: String,
    /// Who makes it: `apache`.
    pub vendor: String,
    /// What it is called: `commons_fileupload`.
    pub product: String,
    /// Its version; empty if it is any or none.
    pub version: String,
}

impl Cpe {
    /// Reads a formatted string (`cpe:2.3:a:apache:tika:1.21:*:*:*:*:*:*:*`) or a URI of version 2.2
    /// (`cpe:/a:apache:tika:1.21`); `None` if it is none or names no product.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let text = text.strip_prefix('(').and_then(|text| text.strip_suffix(')')).unwrap_or(text);
        let (components, is_uri) = match (text.strip_prefix("cpe:2.3:"), text.strip_prefix("cpe:/")) {
            (Some(rest), _) => (rest, false),
            (None, Some(rest)) => (rest, true),
            (None, None) => return None,
        };
        let mut components = split(components, is_uri).into_iter();
        let mut next = || components.next().filter(|text| text != "*" && text != "-").unwrap_or_default();
        let cpe = Self { part: next(), vendor: next(), product: next(), version: next() };
        (!cpe.product.is_empty()).then_some(cpe)
    }
}

/// The first four components, unescaped: `\:` of a formatted string, `%3a` of a URI.
fn split(text: &str, is_uri: bool) -> Vec<String> {
    let mut components = vec![String::new()];
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        let component = match (c, components.len()) {
            (':', 4) => break,
            (':', _) => {
                components.push(String::new());
                continue;
            }
            _ => components.last_mut(),
        };
        let c = if c == '\\' && !is_uri { rest.next().unwrap_or(c) } else { c };
        component.into_iter().for_each(|component| component.push(c));
    }
    if is_uri {
        for component in components.iter_mut().filter(|component| component.contains('%')) {
            *component = percent_encoding::percent_decode_str(component).decode_utf8_lossy().into_owned();
        }
    }
    components
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_bindings_are_read() {
        for (text, want) in [
            ("cpe:2.3:a:apache:tika:1.21:*:*:*:*:*:*:*", Some(("a", "apache", "tika", "1.21"))),
            ("cpe:2.3:a:acme:lib\\:x:\\<2.0:*:*:*:*:*:*:*", Some(("a", "acme", "lib:x", "<2.0"))),
            ("cpe:2.3:o:linux:linux_kernel:-:*:*:*:*:*:*:*", Some(("o", "linux", "linux_kernel", ""))),
            ("cpe:/a:acme:lib%21:1.0", Some(("a", "acme", "lib!", "1.0"))),
            (" (cpe:/a:acme:lib) ", Some(("a", "acme", "lib", ""))),
            ("cpe:2.3:a:*:*:1:*:*:*:*:*:*:*", None),
            ("cpe:/", None),
            ("pkg:npm/x", None),
            ("", None),
        ] {
            let got = Cpe::parse(text);
            let got = got.as_ref().map(|it| (&*it.part, &*it.vendor, &*it.product, &*it.version));
            assert_eq!(got, want, "{text}");
        }
    }
}
