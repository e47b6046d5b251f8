//! DNS queries that leave the networks of containers, captured on the machine's own interfaces.

use std::{
    io::{BufRead, BufReader, Read},
    process::{Child, ChildStdout, Command, Stdio},
};

/// Prints `listening`, then, when its input ends, each name in a DNS query on an interface that is not a bridge of
/// containers: on the way out, or to a name server of this machine.
const SCRIPT: &str = r#"
import select, socket, struct, sys
tap = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.ntohs(0x0003))
tap.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32 << 20)
tap.setblocking(False)
names = set()

def question(message):
    rest, labels = message[12:], []
    while rest and rest[0]:
        labels.append(rest[1 : rest[0] + 1].decode(errors="replace"))
        rest = rest[rest[0] + 1 :]
    return ".".join(labels).lower()

def look():
    while True:
        try:
            packet, where = tap.recvfrom(65535)
        except BlockingIOError:
            return
        if where[0].startswith(("br-", "veth", "docker")):
            continue
        if where[1] == 0x0800:
            kind, size = packet[9], (packet[0] & 15) * 4
        elif where[1] == 0x86DD:
            kind, size = packet[6], 40
        else:
            continue
        data = packet[size:]
        if kind not in (6, 17) or len(data) < 20 or struct.unpack("!H", data[2:4])[0] != 53:
            continue
        message = data[8:] if kind == 17 else data[(data[12] >> 4) * 4 + 2 :]
        if len(message) > 12:
            names.add(question(message))

print("listening", flush=True)
while sys.stdin not in select.select([sys.stdin, tap], [], [])[0]:
    look()
look()
print(*sorted(names), sep="\n")
"#;

/// A running capture, in a container on the machine's own network.
#[derive(Debug)]
pub(crate) struct DnsCapture {
    child: Child,
    output: BufReader<ChildStdout>,
}

impl DnsCapture {
    /// Starts the capture.
    #[track_caller]
    pub(crate) fn start() -> Self {
        let mut child = Command::new("docker")
            .args(["run", "--rm", "--interactive", "--network", "host", "--cap-add", "NET_RAW"])
            .args(["cirun.local/python:3", "python3", "-u", "-c", SCRIPT])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("docker's command line is installed");
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        assert_eq!(line, "listening\n");
        Self { child, output }
    }

    /// Stops, and returns the queried names.
    pub(crate) fn names(mut self) -> Vec<String> {
        drop(self.child.stdin.take());
        let mut names = String::new();
        self.output.read_to_string(&mut names).unwrap();
        assert!(self.child.wait().unwrap().success());
        names.lines().filter(|name| !name.is_empty()).map(str::to_owned).collect()
    }
}
