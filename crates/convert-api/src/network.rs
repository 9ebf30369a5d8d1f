//! Places of hosts and networks, for which GitLab has no kind of report of its own.
//!
//! A finding of a host is one of DAST: its address is `tcp://host:port`, or that of the web server that
//! listens there. GitLab tells DAST findings apart by path, method and parameter and not by the host,
//! so the parameter spells host, port and check: the same weakness of two hosts stays two
//! vulnerabilities, and two checks of one port that name the same CVE stay two as well.

use scanlift_report_core::{Details, Location, Text, WebLocation};
use std::borrow::Cow;

/// A service of a host, or a host as a whole.
///
/// ```
/// use scanlift_convert_api::network::Service;
/// use scanlift_report_core::Location;
///
/// let service = Service::new("db.example", Some(5432), "tcp", Some("postgresql"));
/// let Location::Dast(location) = service.location("41028") else { panic!("a DAST location") };
/// assert_eq!(location.hostname.as_deref(), Some("tcp://db.example:5432"));
/// assert_eq!(location.param.as_deref(), Some("db.example:5432/tcp 41028"));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Service<'a> {
    /// Name or address of the host.
    pub host: &'a str,
    /// The port; `None` for the host as a whole.
    pub port: Option<u16>,
    /// Of the transport: `tcp`, `udp`; may be empty.
    pub protocol: &'a str,
    /// What listens there, as the scanner calls it: `https`, `www`, `ssh`.
    pub name: Option<&'a str>,
}

impl<'a> Service<'a> {
    /// A service of a host. Port 0 means the host as a whole.
    #[must_use]
    pub fn new(host: &'a str, port: Option<u16>, protocol: &'a str, name: Option<&'a str>) -> Self {
        Self { host, port: port.filter(|port| *port > 0), protocol, name }
    }

    /// Where a check of this service found something.
    #[must_use]
    pub fn location(&self, check: &str) -> Location<'a> {
        let host = self.bracketed();
        let protocol = if self.protocol.is_empty() { "tcp" } else { self.protocol };
        let place = match self.port {
            Some(port) => format!("{host}:{port}/{}", protocol.to_ascii_lowercase()),
            None => host.to_string(),
        };
        let mut location = WebLocation::default();
        location.hostname = Some(Text::Owned(self.address()));
        location.path = Some(Text::Borrowed("/"));
        location.param = Some(Text::Owned(format!("{place} {check}")));
        Location::Dast(location)
    }

    /// `https://host:port` of a web server, `tcp://host:port` of anything else, the host alone where no
    /// port is known.
    #[must_use]
    pub fn address(&self) -> String {
        let host = self.bracketed();
        match self.port {
            Some(port) => format!("{}://{host}:{port}", self.scheme()),
            None => host.into_owned(),
        }
    }

    /// Host, port and service, each on a line of its own.
    pub fn add_details(&self, details: &mut Details<'a>) {
        details.text("host", "Host", self.host);
        if let Some(port) = self.port {
            let protocol = if self.protocol.is_empty() { "" } else { "/" };
            details.text("port", "Port", format!("{port}{protocol}{}", self.protocol.to_ascii_lowercase()));
        }
        details.text("service", "Service", self.name.unwrap_or_default());
    }

    /// The scheme of addresses of the service.
    fn scheme(&self) -> &str {
        let name = self.name.unwrap_or_default().trim_end_matches('?');
        if ["https", "ssl/http", "https-alt"].iter().any(|web| name.eq_ignore_ascii_case(web)) {
            "https"
        } else if ["http", "www", "http-alt"].iter().any(|web| name.eq_ignore_ascii_case(web)) {
            if self.port == Some(443) { "https" } else { "http" }
        } else if self.protocol.eq_ignore_ascii_case("udp") {
            "udp"
        } else {
            "tcp"
        }
    }

    /// An address of IPv6 stands in brackets before a port.
    fn bracketed(&self) -> Cow<'a, str> {
        if self.host.matches(':').count() > 1 && !self.host.starts_with('[') {
            Cow::Owned(format!("[{}]", self.host))
        } else {
            Cow::Borrowed(self.host)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_have_addresses() {
        for (host, port, protocol, name, want) in [
            ("a.example", Some(22), "tcp", Some("ssh"), "tcp://a.example:22"),
            ("a.example", Some(53), "UDP", None, "udp://a.example:53"),
            ("a.example", Some(443), "tcp", Some("www"), "https://a.example:443"),
            ("a.example", Some(8080), "tcp", Some("http"), "http://a.example:8080"),
            ("a.example", Some(8443), "tcp", Some("https?"), "https://a.example:8443"),
            ("2001:db8::1", Some(22), "", None, "tcp://[2001:db8::1]:22"),
            ("a.example", Some(0), "tcp", Some("general"), "a.example"),
            ("2001:db8::1", None, "", None, "[2001:db8::1]"),
        ] {
            assert_eq!(Service::new(host, port, protocol, name).address(), want);
        }
    }

    #[test]
    fn a_host_a_port_and_a_check_are_one_place() {
        let place = |host, port, check| {
            let mut text = String::new();
            Service::new(host, port, "tcp", None).location(check).write_fingerprint(&mut text);
            text
        };
        assert_eq!(place("a", Some(1), "x"), "/::a:1/tcp x");
        assert_eq!(place("a", None, "x"), "/::a x");
        assert_ne!(place("a", Some(1), "x"), place("b", Some(1), "x"));
    }
}
