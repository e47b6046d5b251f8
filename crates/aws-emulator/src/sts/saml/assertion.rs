//! Parses a SAML response, as far as STS reads it.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use jiff::Timestamp;
use quick_xml::{
    Reader,
    escape::{resolve_xml_entity, unescape},
    events::{BytesStart, Event},
};

use crate::sts::StsError;

/// The names of AWS's attributes.
const ATTRIBUTES: &str = "https://aws.amazon.com/SAML/Attributes/";

/// The parts of an assertion.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Assertion {
    /// The issuer.
    pub(super) issuer: String,
    /// The subject.
    pub(super) subject: String,
    /// The last part of the subject's format: `persistent`, `transient`.
    pub(super) subject_type: String,
    /// The recipient.
    pub(super) recipient: String,
    /// Its expiry.
    pub(super) expires: Option<Timestamp>,
    /// The longest session that the provider allows.
    pub(super) session_duration: Option<Duration>,
    session_name: Option<String>,
    /// Pairs of a role and a provider, in either order.
    roles: Vec<String>,
}

impl Assertion {
    /// Parses the parameter: Base64 of a response with an assertion.
    pub(super) fn read(encoded: &str) -> Result<Self, StsError> {
        let encoded: String = encoded.chars().filter(|c| !c.is_ascii_whitespace()).collect();
        let xml = STANDARD.decode(encoded).ok().and_then(|xml| String::from_utf8(xml).ok());
        xml.as_deref().and_then(Self::parse).ok_or_else(|| {
            StsError::InvalidIdentityToken("Failed to parse SAML Assertion: not a SAML response".to_owned())
        })
    }

    /// Parses the response; `None` if it has no assertion with an issuer and a subject.
    fn parse(xml: &str) -> Option<Self> {
        let mut reader = Reader::from_str(xml.trim_start());
        let mut assertion = Self::default();
        let mut open: Vec<String> = Vec::new();
        let mut attribute = String::new();
        let mut text = String::new();
        loop {
            match reader.read_event().ok()? {
                Event::Start(start) => {
                    let name = local(start.name().as_ref());
                    assertion.start(&name, &start, &mut attribute)?;
                    open.push(name);
                    text.clear();
                }
                Event::Empty(start) => {
                    let name = local(start.name().as_ref());
                    assertion.start(&name, &start, &mut attribute)?;
                }
                Event::Text(piece) => text.push_str(&unescape(&piece).ok()?),
                Event::CData(piece) => text.push_str(&piece),
                Event::GeneralRef(entity) => {
                    let known = resolve_xml_entity(&entity).map(str::to_owned);
                    text.push_str(&known.or_else(|| entity.resolve_char_ref().ok().flatten().map(String::from))?);
                }
                Event::End(_) => {
                    let name = open.pop()?;
                    let within = |parent: &str| open.last().is_some_and(|last| last == parent);
                    match name.as_str() {
                        "Issuer" if within("Assertion") => assertion.issuer = text.trim().to_owned(),
                        "NameID" if within("Subject") => assertion.subject = text.trim().to_owned(),
                        "AttributeValue" => assertion.value(&attribute, text.trim())?,
                        _ => {}
                    }
                    text.clear();
                }
                Event::Eof => break,
                // A response has no document type, whose entities could have any content.
                Event::DocType(_) => return None,
                Event::Decl(_) | Event::Comment(_) | Event::PI(_) => {}
            }
        }
        (open.is_empty() && !assertion.issuer.is_empty() && !assertion.subject.is_empty()).then_some(assertion)
    }

    /// Reads the attributes of an element.
    fn start(&mut self, name: &str, start: &BytesStart<'_>, attribute: &mut String) -> Option<()> {
        match name {
            "Attribute" => *attribute = value_of(start, "Name")?.unwrap_or_default(),
            "NameID" => {
                let format = value_of(start, "Format")?.unwrap_or_default();
                format.rsplit(':').next().unwrap_or_default().clone_into(&mut self.subject_type);
            }
            "SubjectConfirmationData" => {
                self.recipient = value_of(start, "Recipient")?.unwrap_or_default();
                self.expire(value_of(start, "NotOnOrAfter")?)?;
            }
            "Conditions" => self.expire(value_of(start, "NotOnOrAfter")?)?,
            _ => {}
        }
        Some(())
    }

    /// Adds an expiry of the assertion; the earliest one applies.
    fn expire(&mut self, time: Option<String>) -> Option<()> {
        let Some(time) = time else { return Some(()) };
        let time: Timestamp = time.parse().ok()?;
        self.expires = Some(self.expires.map_or(time, |before| before.min(time)));
        Some(())
    }

    /// Adds the value of an AWS attribute.
    fn value(&mut self, attribute: &str, value: &str) -> Option<()> {
        match attribute.strip_prefix(ATTRIBUTES) {
            Some("RoleSessionName") => self.session_name = Some(value.to_owned()),
            Some("Role") => self.roles.push(value.to_owned()),
            Some("SessionDuration") => self.session_duration = Some(Duration::from_secs(value.parse().ok()?)),
            Some(_) | None => {}
        }
        Some(())
    }

    /// Whether the provider allows the subject to assume a role.
    pub(super) fn names_role(&self, arn: &str) -> bool {
        self.roles.iter().any(|pair| pair.split(',').any(|part| part.trim() == arn))
    }

    /// Returns the name of the session.
    pub(super) fn session_name(&self) -> Result<&str, StsError> {
        self.session_name
            .as_deref()
            .ok_or_else(|| StsError::InvalidIdentityToken("RoleSessionName is required in AuthnResponse".to_owned()))
    }
}

/// Returns a name without its namespace prefix.
fn local(name: &str) -> String {
    name.rsplit(':').next().unwrap_or_default().to_owned()
}

/// Returns an attribute's value: the outer `None` for malformed XML, the inner one for a missing attribute.
fn value_of(start: &BytesStart<'_>, name: &str) -> Option<Option<String>> {
    for attribute in start.attributes() {
        let attribute = attribute.ok()?;
        if attribute.key.as_ref() == name {
            return Some(Some(unescape(&attribute.value).ok()?.into_owned()));
        }
    }
    Some(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(prefix: &str, attributes: &str) -> String {
        let p = prefix;
        format!(
            r#"<?xml version="1.0"?><samlp:Response xmlns:samlp="p" xmlns:{x}="a"><{p}Issuer>not this</{p}Issuer><{p}Assertion>
            <{p}Issuer> https://idp.example/ </{p}Issuer>
            <{p}Subject><{p}NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">me &amp; you</{p}NameID>
            <{p}SubjectConfirmation><{p}SubjectConfirmationData NotOnOrAfter="2026-01-01T01:00:00Z" Recipient="https://signin.aws.amazon.com/saml"/></{p}SubjectConfirmation></{p}Subject>
            <{p}Conditions NotBefore="2026-01-01T00:00:00Z" NotOnOrAfter="2026-01-01T00:30:00Z"/>
            <{p}AttributeStatement>{attributes}</{p}AttributeStatement></{p}Assertion></samlp:Response>"#,
            x = if p.is_empty() { "x" } else { p.trim_end_matches(':') },
        )
    }

    fn attribute(prefix: &str, name: &str, value: &str) -> String {
        format!(
            r#"<{prefix}Attribute Name="https://aws.amazon.com/SAML/Attributes/{name}"><{prefix}AttributeValue xsi:type="xs:string">{value}</{prefix}AttributeValue></{prefix}Attribute>"#
        )
    }

    #[test]
    fn whatever_the_prefix_and_the_order() {
        for prefix in ["", "saml:"] {
            let attributes = attribute(prefix, "SessionDuration", "900")
                + &attribute(prefix, "Role", "arn:p,arn:r")
                + &attribute(prefix, "RoleSessionName", "me");
            let found = Assertion::parse(&response(prefix, &attributes)).unwrap();
            assert_eq!(found.issuer, "https://idp.example/");
            assert_eq!((found.subject.as_str(), found.subject_type.as_str()), ("me & you", "persistent"));
            assert_eq!(found.recipient, "https://signin.aws.amazon.com/saml");
            assert_eq!(found.expires, Some("2026-01-01T00:30:00Z".parse().unwrap()));
            assert_eq!(found.session_duration, Some(Duration::from_secs(900)));
            assert_eq!(found.session_name().unwrap(), "me");
            assert!(found.names_role("arn:r") && found.names_role("arn:p") && !found.names_role("arn"));
        }
    }

    #[test]
    fn what_is_no_response() {
        let whole = response("", &attribute("", "RoleSessionName", "me"));
        assert!(Assertion::parse(&whole).is_some());
        let bad = [
            String::new(),
            "nonsense".to_owned(),
            "<a/>".to_owned(),
            whole[..whole.len() - 10].to_owned(),
            whole.replace("2026-01-01T00:30:00Z", "soon"),
            whole.replace("<?xml version=\"1.0\"?>", "<!DOCTYPE a [<!ENTITY e \"x\">]>"),
            response("", &attribute("", "SessionDuration", "long")),
            whole.replace("me &amp; you", "&unknown;"),
        ];
        for xml in bad {
            assert_eq!(Assertion::parse(&xml), None, "{xml}");
        }
        assert!(Assertion::read("*").is_err());
    }
}
