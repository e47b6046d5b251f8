//! The address of an HTTP service, such as LocalStack's.

use std::{fmt, str::FromStr};

/// A service's address: a host, a port, and whether it uses TLS. It has no path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// The host's name or address; an IPv6 address is in brackets.
    pub host: String,
    /// The port.
    pub port: u16,
    /// Whether it uses TLS.
    pub secure: bool,
}

/// A text that is not an endpoint.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{0}` is not an endpoint to forward to: write `http://<host>[:<port>]`, or `https`")]
pub struct InvalidEndpoint(String);

impl FromStr for Endpoint {
    type Err = InvalidEndpoint;

    fn from_str(text: &str) -> Result<Self, InvalidEndpoint> {
        let invalid = || InvalidEndpoint(text.to_owned());
        let uri: http::Uri = text.parse().map_err(|_| invalid())?;
        let secure = match uri.scheme_str() {
            Some("http") => false,
            Some("https") => true,
            Some(_) | None => return Err(invalid()),
        };
        let is_bare = matches!(uri.path(), "" | "/") && uri.query().is_none();
        let host = uri.host().filter(|_| is_bare).ok_or_else(invalid)?;
        let port = uri.port_u16().unwrap_or(if secure { 443 } else { 80 });
        Ok(Self { host: host.to_owned(), port, secure })
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}:{}", if self.secure { "https" } else { "http" }, self.host, self.port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints() {
        let show = |text: &str| text.parse::<Endpoint>().map(|endpoint| endpoint.to_string());
        assert_eq!(show("http://localstack:4566"), Ok("http://localstack:4566".to_owned()));
        assert_eq!(show("http://127.0.0.1/"), Ok("http://127.0.0.1:80".to_owned()));
        assert_eq!(show("https://aws.example"), Ok("https://aws.example:443".to_owned()));
        for bad in ["", "localstack:4566", "ftp://x", "http://x/path", "https://x/?a", "http://"] {
            assert_eq!(show(bad), Err(InvalidEndpoint(bad.to_owned())));
        }
    }
}
