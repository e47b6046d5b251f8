//! Hosts in names of registries and endpoints: `NAME[:PORT]`, with IPv6 addresses in brackets.

use std::net::{IpAddr, Ipv6Addr};

/// The longest host name (RFC 1035), and the longest label in it.
const LONGEST_NAME: usize = 253;
const LONGEST_LABEL: usize = 63;

/// Splits a host into its name and port; an IPv6 address is returned without its brackets.
///
/// An invalid port stays in the name, where every rule refuses it.
pub fn host_and_port(host: &str) -> (&str, Option<u16>) {
    if let Some((address, rest)) = host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return match (rest, rest.strip_prefix(':').and_then(port)) {
            ("", _) => (address, None),
            (_, Some(port)) => (address, Some(port)),
            (_, None) => (host, None),
        };
    }
    if host.parse::<Ipv6Addr>().is_ok() {
        return (host, None);
    }
    match host.rsplit_once(':') {
        Some((name, digits)) => port(digits).map_or((host, None), |port| (name, Some(port))),
        None => (host, None),
    }
}

fn port(digits: &str) -> Option<u16> {
    // `parse` accepts a sign.
    digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok()).flatten()
}

/// Whether a host is the local machine, without a look-up: an address in 127.0.0.0/8, `::1`, or exactly `localhost`.
///
/// `127.evil.example` and `registry.localhost` are names, which a resolver may map to any address.
pub fn is_loopback(host: &str) -> bool {
    let (name, _) = host_and_port(host);
    name == "localhost" || name.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

/// Whether a text has the form of a host's name, or of an IPv4 address; without a port.
pub fn is_host_name(text: &str) -> bool {
    text.len() <= LONGEST_NAME && text.split('.').all(is_label)
}

/// Whether a host is a name for a resolver, with or without a port: not an address in any notation, not `localhost`,
/// and not dependent on a running step.
pub fn is_dns_name(host: &str) -> bool {
    let (name, _) = host_and_port(host);
    name != "localhost" && is_host_name(name) && !ends_in_number(name)
}

fn is_label(label: &str) -> bool {
    (1..=LONGEST_LABEL).contains(&label.len())
        && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        && !label.starts_with('-')
        && !label.ends_with('-')
}

/// Whether C libraries parse the name as an address (`10.1`, `0x7f.1`, `2130706433`): according to its last label, as
/// in browsers.
fn ends_in_number(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or(name);
    let hexadecimal = last.strip_prefix("0x").or_else(|| last.strip_prefix("0X"));
    last.bytes().all(|b| b.is_ascii_digit())
        || hexadecimal.is_some_and(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports() {
        for (host, expected) in [
            ("reg.example:5000", ("reg.example", Some(5000))),
            ("quay.io", ("quay.io", None)),
            ("[::1]:5000", ("::1", Some(5000))),
            ("[::1]", ("::1", None)),
            ("::1", ("::1", None)),
            ("fe80::1:2", ("fe80::1:2", None)),
            ("[::1]x", ("[::1]x", None)),
            ("reg:+80", ("reg:+80", None)),
            ("reg:70000", ("reg:70000", None)),
            ("reg:", ("reg:", None)),
        ] {
            assert_eq!(host_and_port(host), expected, "{host}");
        }
    }

    #[test]
    fn names_for_a_resolver() {
        for host in
            ["quay.io", "reg.example.com:5000", "registry:5000", "127.evil.example", "reg.localhost", "host:443"]
        {
            assert!(is_dns_name(host), "{host}");
        }
        for host in [
            "10.0.0.7:5000",
            "127.1",
            "0x7f.1",
            "0x7f000001",
            "2130706433",
            "[::1]:5000",
            "localhost:5000",
            "a..b",
            "",
            "quay.io:",
            "<+steps.a.output.outputVariables.host>",
            "a b",
        ] {
            assert!(!is_dns_name(host), "{host}");
        }
        assert!(!is_dns_name(&"a".repeat(64)) && !is_dns_name(&"a.".repeat(130)));
    }
}
