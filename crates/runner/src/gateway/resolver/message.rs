//! DNS questions and answers (RFC 1035, 6891).

use std::net::IpAddr;

use simple_dns::{
    CLASS, OPCODE, Packet, PacketFlag, QCLASS, QTYPE, RCODE, ResourceRecord, TYPE,
    rdata::{A, RData},
};

/// Maximum size of a datagram, received or sent.
pub(super) const MAX_UDP: usize = 4096;
/// Maximum size of an answer for clients that do not give a size.
const LEAST_UDP: usize = 512;
/// How long clients may cache an answer, in seconds.
const TTL: u32 = 30;

/// A question that can be answered.
pub(super) struct Question<'b> {
    packet: Packet<'b>,
    name: String,
}

impl<'b> Question<'b> {
    /// Parses a question. `None` if it is not one, `Err` with the code to answer if it is not supported.
    pub(super) fn parse(bytes: &'b [u8]) -> Option<Result<Self, RCODE>> {
        let packet = Packet::parse(bytes).ok()?;
        // Answering an answer could make two servers loop forever.
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

    /// The name in lower case, without a trailing dot.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The maximum size of an answer by UDP.
    pub(super) fn largest_answer(&self) -> usize {
        let said = self.packet.opt().map_or(LEAST_UDP, |opt| usize::from(opt.udp_packet_size));
        said.clamp(LEAST_UDP, MAX_UDP)
    }

    /// The answer that the name has this address. Questions for types other than A get an answer without a record.
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

/// `NXDOMAIN`: there is no such name, and clients do not try again.
pub(super) fn no_such_name(question: &[u8]) -> Option<Vec<u8>> {
    reply(question, RCODE::NameError, PacketFlag::empty())
}

/// The answer is too large for UDP: the client asks again by TCP.
pub(super) fn truncated(question: &[u8]) -> Option<Vec<u8>> {
    reply(question, RCODE::NoError, PacketFlag::TRUNCATION)
}

/// `SERVFAIL`: the engine's name server has not answered.
pub(super) fn failed(question: &[u8]) -> Option<Vec<u8>> {
    reply(question, RCODE::ServerFailure, PacketFlag::empty())
}

/// The question is not supported. `why` is the code of the answer.
pub(super) fn unanswerable(question: &[u8], why: RCODE) -> Option<Vec<u8>> {
    reply(question, why, PacketFlag::empty())
}

fn reply(question: &[u8], code: RCODE, flags: PacketFlag) -> Option<Vec<u8>> {
    let mut reply = Packet::parse(question).ok()?.into_reply();
    *reply.rcode_mut() = code;
    reply.set_flags(PacketFlag::RECURSION_AVAILABLE | flags);
    reply.build_bytes_vec().ok()
}
