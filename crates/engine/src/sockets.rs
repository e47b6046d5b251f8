//! Reads `/proc/net/tcp` and `/proc/net/tcp6`: the listening ports of a network namespace. Pure; for executors.
//!
//! This does not connect to the service, so a service that waits for its first client is not disturbed.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// A listening socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Listener {
    /// The address.
    pub address: SocketAddr,
    /// The socket's inode number, as in `/proc/PID/fd`.
    pub inode: u64,
}

/// The kernel's number for the state LISTEN.
const LISTEN: &str = "0A";

/// The listening sockets in the lines of the kernel's tables, by address; other lines are skipped.
pub fn listening(tables: &str) -> Vec<Listener> {
    let mut listeners: Vec<_> = tables.lines().filter_map(listener).collect();
    listeners.sort();
    listeners
}

/// `  0: 0100007F:8D51 00000000:0000 0A queues timer retransmits uid timeout inode …`
fn listener(line: &str) -> Option<Listener> {
    let mut words = line.split_whitespace();
    let (_number, local, _remote, state) = (words.next()?, words.next()?, words.next()?, words.next()?);
    if state != LISTEN {
        return None;
    }
    let (address, port) = local.split_once(':')?;
    let address = SocketAddr::new(ip(address)?, u16::from_str_radix(port, 16).ok()?);
    Some(Listener { address, inode: words.nth(5)?.parse().ok()? })
}

/// The kernel writes each 32 bits of an address as a number in the machine's byte order.
fn ip(hex: &str) -> Option<IpAddr> {
    let words: Vec<[u8; 4]> = (0..hex.len())
        .step_by(8)
        .map(|at| Some(u32::from_str_radix(hex.get(at..at + 8)?, 16).ok()?.to_ne_bytes()))
        .collect::<Option<_>>()?;
    match words.as_slice() {
        [word] => Some(IpAddr::V4(Ipv4Addr::from(*word))),
        [_, _, _, _] => {
            let bytes: [u8; 16] = words.concat().try_into().ok()?;
            Some(Ipv6Addr::from(bytes).to_canonical())
        }
        _ => None,
    }
}

#[cfg(all(test, target_endian = "little"))]
mod tests {
    use super::*;

    /// From a container with Docker's name server, a web server, and a connection to it.
    const TABLES: &str = "\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0B00007F:8D51 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 62332 1 000000005fa78c7f 100 0 0 10 0
   1: 0A0012AC:1F90 050012AC:9C40 01 00000000:00000000 00:00000000 00000000     0        0 62333 1 0000000000000000 20 4 30 10 -1
  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt
   0: 00000000000000000000000000000000:1F90 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 62334 1 0000000000000000 100 0 0 10 0
   1: 00000000000000000000000001000000:1538 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 62335 1 0000000000000000 100 0 0 10 0
   2: 0000000000000000FFFF00000100007F:0050 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 62336 1 0000000000000000 100 0 0 10 0
";

    #[test]
    fn of_a_container() {
        let found: Vec<_> =
            listening(TABLES).iter().map(|found| format!("{} {}", found.address, found.inode)).collect();
        assert_eq!(found, ["127.0.0.1:80 62336", "127.0.0.11:36177 62332", "[::]:8080 62334", "[::1]:5432 62335"]);
    }

    #[test]
    fn other_text_is_passed_over() {
        assert_eq!(listening("cat: /proc/net/tcp6: No such file\n0: zz:zz x 0A\n1: 00:1 x 0A\n1: é:é é 0A\n"), []);
    }
}
