//! The protocol between the backend and a supervisor, over the socket on the supervisor's standard input.
//!
//! The backend sends [`Order`]s, one byte each; the end of the stream means that cirun is gone, and is equivalent to
//! [`Order::Kill`]. The supervisor sends [`Report`]s, one line each.

/// An order to a supervisor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// Asks every process of the step to end (SIGTERM).
    Terminate,
    /// Ends every process of the step (SIGKILL).
    Kill,
}

impl Order {
    pub(crate) fn encode(self) -> u8 {
        match self {
            Self::Terminate => b'T',
            Self::Kill => b'K',
        }
    }

    /// An unknown byte can only come from a broken peer.
    pub(crate) fn decode(byte: u8) -> Self {
        if byte == b'T' { Self::Terminate } else { Self::Kill }
    }
}

/// A report of a supervisor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Report {
    /// The step's program runs, with this pid, which is its process group's too.
    Started(i32),
    /// It could not be started; the operating system's error number, 0 if there was none.
    Failed(i32),
    /// It ended with this code.
    Exited(i32),
    /// A signal ended it.
    Signalled(i32),
}

impl Report {
    pub(crate) fn encode(self) -> String {
        match self {
            Self::Started(pid) => format!("started {pid}\n"),
            Self::Failed(errno) => format!("failed {errno}\n"),
            Self::Exited(code) => format!("exited {code}\n"),
            Self::Signalled(signal) => format!("signalled {signal}\n"),
        }
    }

    /// Reads a line without its end; `None` for one that supervisors do not write.
    pub(crate) fn decode(line: &str) -> Option<Self> {
        let (word, number) = line.split_once(' ')?;
        let number = number.parse().ok()?;
        match word {
            "started" => Some(Self::Started(number)),
            "failed" => Some(Self::Failed(number)),
            "exited" => Some(Self::Exited(number)),
            "signalled" => Some(Self::Signalled(number)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_arrives_as_it_was_sent() {
        for report in [Report::Started(17), Report::Failed(2), Report::Exited(255), Report::Signalled(9)] {
            assert_eq!(Report::decode(report.encode().trim_end()), Some(report));
        }
        for order in [Order::Terminate, Order::Kill] {
            assert_eq!(Order::decode(order.encode()), order);
        }
        assert_eq!(Report::decode("exited"), None);
        assert_eq!(Report::decode("sh: line 1"), None);
    }
}
