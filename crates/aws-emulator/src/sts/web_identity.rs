//! AssumeRoleWithWebIdentity: an OIDC token assumes a role.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Deserializer, de};

use super::{
    Params, StsError,
    assume_role::{DEFAULT_SESSION, RoleArn, assumed_user, longest_session, session_duration, session_name},
    credentials, rule,
    xml::Element,
};
use crate::{OidcIssuer, OidcTrust, Strictness, emulator::Emulator, identity::Session, pattern::like};

/// The claims that STS reads.
#[derive(Debug, Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    #[serde(default, deserialize_with = "one_or_many")]
    aud: Vec<String>,
    exp: i64,
}

pub(super) fn assume(emulator: &Emulator, params: &Params) -> Result<Element, StsError> {
    let arn = RoleArn::parse(params.require("RoleArn")?)?;
    let session_name = session_name(params)?;
    let packed = rule::packed_policy(params)?;
    let token = params.require("WebIdentityToken")?;
    let claims = read(token)?;
    // A lenient emulator trusts other issuers, but only this one in place of the CI's.
    let checked = emulator.strictness == Strictness::Strict || OidcIssuer::is_hosted(&claims.iss);
    if checked && !emulator.issuer.signed(token) {
        let message = "Couldn't retrieve verification key from your identity provider, please reference \
                       AssumeRoleWithWebIdentity documentation for requirements";
        return Err(StsError::InvalidIdentityToken(message.to_owned()));
    }
    let now = emulator.clock.now();
    if claims.exp <= now.as_second() {
        return Err(StsError::ExpiredIdentityToken);
    }
    let role = emulator.roles.iter().find(|role| role.arn == arn.arn);
    let allowed = match role {
        Some(role) => role.oidc.as_ref().is_some_and(|trust| trust.fits(&claims)),
        None => emulator.strictness == Strictness::Lenient,
    };
    if !allowed {
        return Err(StsError::FederationDenied("sts:AssumeRoleWithWebIdentity"));
    }
    let duration = session_duration(params, DEFAULT_SESSION, longest_session(role))?;
    let session = Session::new(arn.session(session_name), now + duration);
    Ok(Element::result(
        "AssumeRoleWithWebIdentity",
        [
            Element::text("Audience", claims.aud.first().cloned().unwrap_or_default()),
            assumed_user(&session.principal),
            Element::text("PackedPolicySize", packed.to_string()),
            Element::text("Provider", claims.iss),
            credentials(&session.keys(&emulator.signer)),
            Element::text("SubjectFromWebIdentityToken", claims.sub),
        ],
    ))
}

fn read(token: &str) -> Result<Claims, StsError> {
    let invalid = || StsError::InvalidIdentityToken("The ID Token provided is not a valid JWT".to_owned());
    let [_header, payload, _signature] = token.split('.').collect::<Vec<_>>().try_into().map_err(|_| invalid())?;
    let payload = URL_SAFE_NO_PAD.decode(payload).map_err(|_| invalid())?;
    serde_json::from_slice(&payload).map_err(|_| invalid())
}

impl OidcTrust {
    fn fits(&self, claims: &Claims) -> bool {
        let any = |patterns: &[String], value: &str| patterns.is_empty() || patterns.iter().any(|p| like(p, value));
        self.issuer == claims.iss
            && any(&self.subjects, &claims.sub)
            && (self.audiences.is_empty() || claims.aud.iter().any(|audience| any(&self.audiences, audience)))
    }
}

fn one_or_many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    struct Audiences;
    impl<'de> de::Visitor<'de> for Audiences {
        type Value = Vec<String>;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("an audience or a list of audiences")
        }

        fn visit_str<E>(self, one: &str) -> Result<Self::Value, E> {
            Ok(vec![one.to_owned()])
        }

        fn visit_seq<A: de::SeqAccess<'de>>(self, mut many: A) -> Result<Self::Value, A::Error> {
            let mut audiences = Vec::new();
            while let Some(audience) = many.next_element()? {
                audiences.push(audience);
            }
            Ok(audiences)
        }
    }
    deserializer.deserialize_any(Audiences)
}
