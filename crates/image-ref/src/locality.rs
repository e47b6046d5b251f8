//! Hosts that are in the stage or on this machine, so that data sent to them does not leave.

use crate::{host_and_port, is_loopback};

/// The location of a host, as far as it is known without a look-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Locality {
    /// The machine itself: a loopback address, or `localhost`.
    Loopback,
    /// A service of the stage. Only containers of that stage reach it by that name; for all others, including the
    /// machine's engine, it is an ordinary name.
    Service,
    /// Elsewhere, or unknown.
    Elsewhere,
}

impl Locality {
    /// The location of a host, with or without a port, for a stage with services of these ids and aliases.
    pub fn of<'s>(host: &str, services: impl IntoIterator<Item = &'s str>) -> Self {
        let (name, _) = host_and_port(host);
        if is_loopback(host) {
            Self::Loopback
        } else if !name.is_empty() && services.into_iter().any(|service| service.eq_ignore_ascii_case(name)) {
            Self::Service
        } else {
            Self::Elsewhere
        }
    }

    /// Whether data that a container of the stage sends there stays in the stage or on the machine.
    pub fn is_local(self) -> bool {
        match self {
            Self::Loopback | Self::Service => true,
            Self::Elsewhere => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table() {
        for (host, expected) in [
            ("localhost", Locality::Loopback),
            ("localhost:5000", Locality::Loopback),
            ("127.0.0.1", Locality::Loopback),
            ("127.0.0.1:5000", Locality::Loopback),
            ("127.8.9.10:443", Locality::Loopback),
            ("::1", Locality::Loopback),
            ("[::1]", Locality::Loopback),
            ("[::1]:5000", Locality::Loopback),
            ("registry", Locality::Service),
            ("registry:5000", Locality::Service),
            ("Registry:5000", Locality::Service),
            ("s3.mock.test:9000", Locality::Service),
            // These are names, whatever they look like.
            ("127.evil.example", Locality::Elsewhere),
            ("127.0.0.1.evil.example:443", Locality::Elsewhere),
            ("registry.localhost", Locality::Elsewhere),
            ("registry.localhost:5000", Locality::Elsewhere),
            ("localhost.example:5000", Locality::Elsewhere),
            ("localhost.", Locality::Elsewhere),
            // Single labels that are not services: hosts of an intranet, in a search domain.
            ("host:443", Locality::Elsewhere),
            ("intranet", Locality::Elsewhere),
            ("registry2:5000", Locality::Elsewhere),
            // Only some C libraries parse these as 127.0.0.1; the rest are not hosts.
            ("127.1", Locality::Elsewhere),
            ("0x7f000001", Locality::Elsewhere),
            ("2130706433", Locality::Elsewhere),
            ("127.0.0.1:x", Locality::Elsewhere),
            ("[::1", Locality::Elsewhere),
            ("[::ffff:127.0.0.1]", Locality::Elsewhere),
            ("0.0.0.0", Locality::Elsewhere),
            ("10.0.0.7:5000", Locality::Elsewhere),
            ("169.254.169.254", Locality::Elsewhere),
            ("", Locality::Elsewhere),
            (":5000", Locality::Elsewhere),
            ("<+steps.a.output.outputVariables.host>", Locality::Elsewhere),
            ("user@localhost", Locality::Elsewhere),
            ("quay.io", Locality::Elsewhere),
        ] {
            let found = Locality::of(host, ["registry", "s3.mock.test", ""]);
            assert_eq!(found, expected, "{host}");
            assert_eq!(found.is_local(), expected != Locality::Elsewhere, "{host}");
        }
    }
}
