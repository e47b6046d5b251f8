//! Questions and answers as name servers write them (RFC 1035, 6891).

use std::net::IpAddr;

use simple_dns::{
    CLASS, OPCODE, Packet, PacketFlag, QCLASS, QTYPE, RCODE, ResourceRecord, TYPE,
    rdata::{A, RData},
};

/// The largest datagram that is taken, and sent.
pub(super) const MAX_UDP: usize = 4096;
/// The largest answer for whoever does not say what it takes.
const LEAST_UDP: usize = 512;
/// How long an answer may be kept, in seconds.
const TTL: u32 = 30;

/// A question that can be answered.
pub(super) struct Question<'b> {
    packet: Packet<'b>,
    name: String,
}

impl<'b> Question<'b> {
    /// Reads a question; `None` where it is none, and `Err` where a name server has to say that it cannot answer.
    pub(super) fn parse(bytes: &'b [u8]) -> Option<Result<Self, RCODE>> {
        let packet = Packet::parse(bytes).ok()?;
        // An answer is not answered: two servers would never stop.
        if packet.has_flags(PacketFlag::RESPONSE) {
            return None;
        }
        if packet.opcode() != OPCODE::StandardQuery {
            return Some(Err(RCODE::NotImplemented));
        }
        let [asked] = packet.questions.as_slice() else { return Some(Err(RCODE::FormatError)) };
        let name = asked.qname.to_string().trim_end_matches('.').to_ascii_lowercase();
        Some(Ok(Self { packet, name }))
    }

    /// The name, in lower case, without a dot at its end.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// How large an answer by UDP may be.
    pub(super) fn largest_answer(&self) -> usize {
        let said = self.packet.opt().map_or(LEAST_UDP, |opt| usize::from(opt.udp_packet_size));
        said.clamp(LEAST_UDP, MAX_UDP)
    }

    /// Says that the name is at `address`; for other types than A that it exists, without a record.
    pub(super) fn answer(self, address: Option<IpAddr>) -> Option<Vec<u8>> {
        let mut reply = self.packet.into_reply();
        reply.set_flags(PacketFlag::RECURSION_AVAILABLE);
        let asked = reply.questions.first()?;
        let is_internet = matches!(asked.qclass, QCLASS::CLASS(CLASS::IN) | QCLASS::ANY);
        let wants_address = matches!(asked.qtype, QTYPE::TYPE(TYPE::A) | QTYPE::ANY);
        if let (true, true, Some(IpAddr::V4(address))) = (is_internet, wants_address, address) {
            let record = RData::A(A { address: address.into() });
            reply.answers.push(ResourceRecord::new(asked.qname.clone(), CLASS::IN, TTL, record));
        }
        reply.build_bytes_vec().ok()
    }
}

/// `NXDOMAIN`: no such name, so that no one waits and tries again.
pub(super) fn no_such_name(question: &[u8]) -> Option<Vec<u8>> {
    reply(question, RCODE::NameError, PacketFlag::empty())
}

/// The answer is too large for this way: the asker comes again by TCP.
pub(super) fn truncated(question: &[u8]) -> Option<Vec<u8>> {
    reply(question, RCODE::NoError, PacketFlag::TRUNCATION)
}

/// The engine's name server has not answered.
pub(super) fn failed(question: &[u8]) -> Option<Vec<u8>> {
    reply(question, RCODE::ServerFailure, PacketFlag::empty())
}

/// The question is of no kind that is answered here.
pub(super) fn unanswerable(question: &[u8], why: RCODE) -> Option<Vec<u8>> {
    reply(question, why, PacketFlag::empty())
}

fn reply(question: &[u8], code: RCODE, flags: PacketFlag) -> Option<Vec<u8>> {
    let mut reply = Packet::parse(question).ok()?.into_reply();
    *reply.rcode_mut() = code;
    reply.set_flags(PacketFlag::RECURSION_AVAILABLE | flags);
    reply.build_bytes_vec().ok()
}
