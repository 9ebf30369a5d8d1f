//! The token: sent, and never shown.

use std::fmt;

/// What kind of token it is, which decides the header that it goes into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenKind {
    /// A personal, project or group access token (`PRIVATE-TOKEN`).
    Access,
    /// The token of a job (`JOB-TOKEN`), which GitLab does not let near issues and notes.
    Job,
}

/// A token. It has no text form: `Debug` shows that there is one, and nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    kind: TokenKind,
    value: String,
}

impl Token {
    /// A token; white space around it is dropped. `None` if nothing is left, or if it cannot stand
    /// in a header.
    #[must_use]
    pub fn new(kind: TokenKind, value: &str) -> Option<Self> {
        let value = value.trim();
        let is_sendable = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_graphic());
        is_sendable.then(|| Self { kind, value: value.to_owned() })
    }

    /// What kind it is.
    #[must_use]
    pub fn kind(&self) -> TokenKind {
        self.kind
    }

    pub(crate) fn header(&self) -> (&'static str, &str) {
        match self.kind {
            TokenKind::Access => ("PRIVATE-TOKEN", &self.value),
            TokenKind::Job => ("JOB-TOKEN", &self.value),
        }
    }

    /// A text in which the token may stand, without it: for what a server sends back.
    pub(crate) fn hidden(&self, text: &str) -> String {
        text.replace(&self.value, "[token]")
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Token({:?}, hidden)", self.kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_never_shown() {
        let token = Token::new(TokenKind::Access, " glpat-abc\n").expect("it is one");
        assert_eq!(format!("{token:?}"), "Token(Access, hidden)");
        assert_eq!(token.hidden("you sent glpat-abc"), "you sent [token]");
        assert_eq!(token.header(), ("PRIVATE-TOKEN", "glpat-abc"));
        assert_eq!(Token::new(TokenKind::Access, " \n"), None);
        assert_eq!(Token::new(TokenKind::Access, "a\r\nX: y"), None);
    }
}
