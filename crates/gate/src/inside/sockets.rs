//! The listening sockets of the network namespace.

use std::{
    fs,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Instant,
};

/// The kernel's tables.
const TABLES: [&str; 2] = ["/proc/net/tcp", "/proc/net/tcp6"];

/// The state of a listening socket in them.
const LISTENING: &str = "0A";

/// A watch of the listening sockets.
pub(super) struct Watch {
    last: Option<Vec<SocketAddr>>,
    /// When to look again.
    pub(super) again: Instant,
}

impl Watch {
    pub(super) fn new(now: Instant) -> Self {
        Self { last: None, again: now }
    }

    /// Looks; returns the sockets if they have changed.
    pub(super) fn look(&mut self, again: Instant) -> Option<Vec<SocketAddr>> {
        self.again = again;
        let tables = TABLES.iter().filter_map(|table| fs::read_to_string(table).ok());
        let mut sockets: Vec<SocketAddr> = tables.flat_map(|table| listening(&table)).collect();
        sockets.sort_unstable();
        sockets.dedup();
        let is_new = self.last.as_ref() != Some(&sockets);
        self.last = Some(sockets);
        self.last.clone().filter(|_| is_new)
    }
}

fn listening(table: &str) -> Vec<SocketAddr> {
    let rows = table.lines().skip(1).map(str::split_whitespace);
    let addresses = rows.filter_map(|mut row| {
        let local = row.nth(1)?;
        (row.nth(1)? == LISTENING).then_some(local)
    });
    addresses.filter_map(address).collect()
}

/// Reads `0100007F:1F90`: words of the address in the machine's order of bytes, then the port.
fn address(text: &str) -> Option<SocketAddr> {
    let (ip, port) = text.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    let words = ip.as_bytes().chunks(8).map(|word| u32::from_str_radix(std::str::from_utf8(word).ok()?, 16).ok());
    let octets: Vec<u8> = words.collect::<Option<Vec<u32>>>()?.into_iter().flat_map(u32::to_ne_bytes).collect();
    let ip = match <[u8; 4]>::try_from(&octets[..]) {
        Ok(octets) => IpAddr::from(Ipv4Addr::from(octets)),
        Err(_) => IpAddr::from(Ipv6Addr::from(<[u8; 16]>::try_from(&octets[..]).ok()?)),
    };
    Some(SocketAddr::new(ip, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_endian = "little")]
    fn a_table_of_the_kernel() {
        let table = "  sl  local_address rem_address   st tx_queue\n   0: 0100007F:1F90 00000000:0000 0A 00000000\n   1: 0100007F:1F91 0200007F:0050 01 00000000\n   2: 00000000000000000000000001000000:0016 00000000000000000000000000000000:0000 0A 00\n";
        let found: Vec<String> = listening(table).iter().map(SocketAddr::to_string).collect();
        assert_eq!(found, ["127.0.0.1:8080", "[::1]:22"]);
    }
}
