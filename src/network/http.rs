//! An HTTP request, as a proxy reads it.

/// How an HTTP request travels.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scheme {
    /// Plain.
    Http,
    /// In TLS.
    Https,
}

impl Scheme {
    /// As it stands in a URL.
    pub fn as_str(self) -> &'static str {
        match self {
            Scheme::Http => "http",
            Scheme::Https => "https",
        }
    }

    /// The port that a URL without one means.
    pub fn port(self) -> u16 {
        match self {
            Scheme::Http => 80,
            Scheme::Https => 443,
        }
    }
}

/// An HTTP request that has reached a proxy.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HttpRequest {
    /// Whether it came in TLS.
    pub scheme: Scheme,
    /// The method.
    pub method: String,
    /// The `Host` header as it was sent, with the port if it has one; also the name asked for in TLS.
    pub host: String,
    /// The path as it was sent, with the query if it has one.
    pub path: String,
    /// The headers beside `Host`, in their order.
    pub headers: Vec<(String, String)>,
}

impl HttpRequest {
    /// The host that the request is for: without port and final dot, in lower case.
    pub fn host_name(&self) -> String {
        let host = match self.host.rsplit_once(':') {
            // What remains of an IPv6 address without brackets still has colons.
            Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) && !name.contains(':') => {
                name
            }
            Some((name, _)) if name.ends_with(']') => name,
            _ => &self.host,
        };
        host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase()
    }

    /// The path without the query; `/` when it is empty.
    pub fn path_only(&self) -> &str {
        match self.path.split('?').next().unwrap_or_default() {
            "" => "/",
            path => path,
        }
    }

    /// The query, without its question mark.
    pub fn query(&self) -> Option<&str> {
        self.path.split_once('?').map(|(_, query)| query)
    }
}

/// Whether `host` is `pattern`, or below it by exactly one label when `pattern` begins with `*.`. Letter case does not
/// matter.
pub fn host_matches(pattern: &str, host: &str) -> bool {
    match pattern.strip_prefix("*.") {
        Some(suffix) => host
            .split_once('.')
            .is_some_and(|(label, rest)| !label.is_empty() && rest.eq_ignore_ascii_case(suffix)),
        None => pattern.eq_ignore_ascii_case(host),
    }
}

/// Whether `path` has all elements of `prefix` at its start. A final slash of either does not count.
pub fn path_has_prefix(path: &str, prefix: &str) -> bool {
    let prefix = prefix.strip_suffix('/').unwrap_or(prefix);
    path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// `text` with every `%` and two hexadecimal digits replaced by the byte they stand for. What is then not UTF-8 becomes
/// the replacement character.
pub fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        let digits = tail.get(..2).filter(|digits| byte == b'%' && digits.iter().all(u8::is_ascii_hexdigit));
        let decoded = digits
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(decoded.unwrap_or(byte));
        rest = if decoded.is_some() { tail.get(2..).unwrap_or_default() } else { tail };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcard_host_covers_one_label() {
        assert!(host_matches("*.foo.com", "bar.FOO.com"));
        assert!(!host_matches("*.foo.com", "foo.com"));
        assert!(!host_matches("*.foo.com", "a.b.foo.com"));
    }

    #[test]
    fn prefix_covers_whole_elements() {
        assert!(path_has_prefix("/aaa/bbb/ccc", "/aaa/bbb/"));
        assert!(path_has_prefix("/aaa/bbb", "/aaa/bbb/"));
        assert!(path_has_prefix("/x", "/"));
        assert!(!path_has_prefix("/aaa/bbbxyz", "/aaa/bbb"));
    }

    #[test]
    fn host_name_has_no_port() {
        let host = |host: &str| {
            HttpRequest {
                scheme: Scheme::Http,
                method: "GET".to_owned(),
                host: host.to_owned(),
                path: "/".to_owned(),
                headers: Vec::new(),
            }
            .host_name()
        };
        assert_eq!(host("Shop.Example:8080"), "shop.example");
        assert_eq!(host("shop.example."), "shop.example");
        assert_eq!(host("[fd00::1]:80"), "[fd00::1]");
        assert_eq!(host("[fd00::1]"), "[fd00::1]");
    }
}
