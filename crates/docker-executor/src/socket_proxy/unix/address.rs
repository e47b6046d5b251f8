//! The address of a request, normalised as the engine's router reads it. Pure.

use hyper::Uri;
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

use super::refusal::Refusal;

/// The characters of a path segment that stay unencoded.
const ENCODED: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'%').add(b'<').add(b'>').add(b'?').add(b'`').add(b'{').add(b'}');

/// The address of a request: decoded once, without empty segments and dots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Address {
    /// `v1.41`, if the client names it.
    version: Option<String>,
    segments: Vec<String>,
    query: Vec<(String, String)>,
}

impl Address {
    /// Reads the address of a request.
    ///
    /// # Errors
    /// A path that no client of the engine writes: not UTF-8, or with control characters.
    pub(super) fn read(uri: &Uri) -> Result<Self, Refusal> {
        let path = percent_decode_str(uri.path()).decode_utf8();
        let path = path.ok().filter(|path| !path.contains(char::is_control));
        let path = path.ok_or_else(|| Refusal::bad("the request's path is not readable text"))?;
        let mut segments: Vec<String> = Vec::new();
        for segment in path.split('/') {
            match segment {
                "" | "." => {}
                ".." => drop(segments.pop()),
                other => segments.push(other.to_owned()),
            }
        }
        let version = segments.first().filter(|first| is_version(first)).cloned();
        if version.is_some() {
            segments.remove(0);
        }
        let query = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
        Ok(Self { version, segments, query })
    }

    /// The path's segments, without the version.
    pub(super) fn segments(&self) -> &[String] {
        &self.segments
    }

    /// The first value of a parameter, which the engine reads; `None` if it is empty.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        let (_, value) = self.query.iter().find(|(known, _)| known == name)?;
        Some(value.as_str()).filter(|value| !value.is_empty())
    }

    /// Whether a parameter is true, as the engine reads it.
    pub(super) fn is_on(&self, name: &str) -> bool {
        self.parameter(name).is_some_and(|value| {
            !matches!(value.trim().to_ascii_lowercase().as_str(), "" | "0" | "no" | "false" | "none")
        })
    }

    /// All parameters, in their order.
    pub(super) fn parameters(&self) -> &[(String, String)] {
        &self.query
    }

    /// The same address with this parameter; replaces all of the same name.
    pub(super) fn with(mut self, name: &str, value: &str) -> Self {
        self = self.without(name);
        self.query.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same address without a parameter.
    pub(super) fn without(mut self, name: &str) -> Self {
        self.query.retain(|(known, _)| known != name);
        self
    }

    /// An address of the same API version.
    pub(super) fn other(&self, path: &str) -> Self {
        let segments = path.split('/').filter(|segment| !segment.is_empty()).map(str::to_owned).collect();
        Self { version: self.version.clone(), segments, query: Vec::new() }
    }

    /// The same address with one segment replaced.
    pub(super) fn with_segment(mut self, at: usize, segment: &str) -> Self {
        if let Some(place) = self.segments.get_mut(at) {
            *place = segment.to_owned();
        }
        self
    }

    /// The address to forward to the engine.
    pub(super) fn written(&self) -> String {
        let parts = self.version.iter().chain(&self.segments);
        let path: String = parts.map(|part| format!("/{}", utf8_percent_encode(part, ENCODED))).collect();
        let path = if path.is_empty() { "/".to_owned() } else { path };
        if self.query.is_empty() {
            return path;
        }
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.query).finish();
        format!("{path}?{query}")
    }
}

fn is_version(segment: &str) -> bool {
    let number = segment.strip_prefix('v');
    number.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Address {
        Address::read(&text.parse().unwrap()).unwrap()
    }

    #[test]
    fn addresses_are_made_plain() {
        for (given, written) in [
            ("/v1.41/containers/a/json", "/v1.41/containers/a/json"),
            ("//info/../%73ervices//", "/services"),
            ("/v1.41/v1.41/info", "/v1.41/v1.41/info"),
            ("/vx/info", "/vx/info"),
            ("/../..", "/"),
            ("/images/localhost%3A5000%2Fa/json", "/images/localhost:5000/a/json"),
            ("/images/%252e%252e/json", "/images/%252e%252e/json"),
            ("/containers/a%3Fforce=1/json", "/containers/a%3Fforce=1/json"),
            ("/images/create?fromImage=a%26tag&x=1;y=2", "/images/create?fromImage=a%26tag&x=1%3By%3D2"),
            ("http://docker/info?", "/info"),
        ] {
            assert_eq!(read(given).written(), written, "{given}");
        }
        for bad in ["/a%00b", "/a%ff", "/a%0d%0aHost:%20b"] {
            assert!(Address::read(&bad.parse().unwrap()).is_err(), "{bad}");
        }
    }

    #[test]
    fn parameters_are_those_that_the_engine_reads() {
        let address = read("/build?t=a&t=b&pull=1&rm=false&remote=&remote=http%3A%2F%2Fx");
        assert_eq!((address.parameter("t"), address.parameter("remote")), (Some("a"), None));
        assert!(address.is_on("pull") && !address.is_on("rm") && !address.is_on("q"));
        let changed = address.without("pull").without("remote").with("t", "c");
        assert_eq!(changed.written(), "/build?rm=false&t=c");
    }
}
