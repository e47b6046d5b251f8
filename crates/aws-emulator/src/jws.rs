//! JSON Web Signatures with ES256 (RFC 7515; RFC 7518, 3.4), the only algorithm of the issuer.
//!
//! The caller checks the times and the claims of a token.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, UnparsedPublicKey},
};
use serde::{Deserialize, Serialize};

/// The algorithm's name in a header.
const ALGORITHM: &str = "ES256";
/// The bytes of one coordinate of a point on the curve P-256.
const COORDINATE: usize = 32;
/// The prefix of an uncompressed point's coordinates.
const UNCOMPRESSED: u8 = 4;

/// Why a key or a signature cannot be made; ring gives no further reasons.
pub(crate) type Reason = String;

/// A private key.
pub(crate) struct SigningKey {
    pair: EcdsaKeyPair,
    random: SystemRandom,
}

/// A public key.
#[derive(Clone)]
pub(crate) struct CheckingKey(UnparsedPublicKey<Vec<u8>>);

/// The public key in a JWK: the two coordinates of its point.
pub(crate) type Point = [String; 2];

/// The header of tokens from this issuer.
#[derive(Serialize)]
struct Header<'a> {
    typ: &'static str,
    alg: &'static str,
    kid: &'a str,
}

/// The fields of a header that decide whether the signature can be checked.
#[derive(Deserialize)]
struct GivenHeader {
    alg: String,
    /// Extensions that a reader must know; none is supported.
    crit: Option<serde_json::Value>,
}

impl SigningKey {
    /// Makes a new key, as PKCS #8.
    pub(crate) fn generate() -> Vec<u8> {
        let key = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new());
        key.expect("the operating system's random source works").as_ref().to_vec()
    }

    /// Reads a key in PKCS #8.
    pub(crate) fn read(pkcs8: &[u8]) -> Result<Self, Reason> {
        let random = SystemRandom::new();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8, &random)
            .map_err(|error| error.to_string())?;
        Ok(Self { pair, random })
    }

    /// The public half.
    pub(crate) fn point(&self) -> Point {
        // One byte, then both coordinates.
        let public = self.pair.public_key().as_ref();
        [&public[1..=COORDINATE], &public[1 + COORDINATE..]].map(|coordinate| URL_SAFE_NO_PAD.encode(coordinate))
    }

    /// Signs claims; `key_id` names the key.
    pub(crate) fn sign(&self, key_id: &str, claims: &impl Serialize) -> Result<String, Reason> {
        let part = |json: Result<Vec<u8>, serde_json::Error>| {
            json.map(|json| URL_SAFE_NO_PAD.encode(json)).map_err(|error| error.to_string())
        };
        let header = part(serde_json::to_vec(&Header { typ: "JWT", alg: ALGORITHM, kid: key_id }))?;
        let signed = format!("{header}.{}", part(serde_json::to_vec(claims))?);
        let signature = self.pair.sign(&self.random, signed.as_bytes()).map_err(|error| error.to_string())?;
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

impl CheckingKey {
    /// Reads the coordinates of a point. Whether it is on the curve matters only for a check, which then fails.
    pub(crate) fn read(point: &Point) -> Result<Self, Reason> {
        let mut bytes = vec![UNCOMPRESSED];
        for coordinate in point {
            match URL_SAFE_NO_PAD.decode(coordinate) {
                Ok(coordinate) if coordinate.len() == COORDINATE => bytes.extend(coordinate),
                Ok(_) | Err(_) => return Err(format!("`{coordinate}` is not a coordinate on the curve P-256")),
            }
        }
        Ok(Self(UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, bytes)))
    }

    /// Whether this key signed the token.
    pub(crate) fn signed(&self, token: &str) -> bool {
        self.check(token).is_some()
    }

    fn check(&self, token: &str) -> Option<()> {
        let (signed, signature) = token.rsplit_once('.')?;
        let (header, payload) = signed.split_once('.')?;
        let header: GivenHeader = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).ok()?).ok()?;
        if header.alg != ALGORITHM || header.crit.is_some() || payload.contains('.') {
            return None;
        }
        self.0.verify(signed.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).ok()?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7515, A.3.
    const POINT: [&str; 2] =
        ["f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"];
    const TOKEN: &str = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";

    fn checks(token: &str) -> bool {
        CheckingKey::read(&POINT.map(str::to_owned)).unwrap().signed(token)
    }

    #[test]
    fn the_example_of_the_rfc() {
        assert!(checks(TOKEN));
    }

    #[test]
    fn what_the_key_did_not_sign() {
        let [header, payload, signature] = TOKEN.split('.').collect::<Vec<_>>()[..] else { unreachable!() };
        let other = |json: &str| URL_SAFE_NO_PAD.encode(json);
        let forged = [
            String::new(),
            "a.b.c".to_owned(),
            format!("{header}.{payload}"),
            format!("{header}.{payload}."),
            format!("{header}.{}.{signature}", other(r#"{"iss":"joe"}"#)),
            format!("{}.{payload}.{signature}", other(r#"{"alg":"none"}"#)),
            format!("{}.{payload}.", other(r#"{"alg":"none"}"#)),
            format!("{}.{payload}.{signature}", other(r#"{"alg":"HS256"}"#)),
            format!("{}.{payload}.{signature}", other(r#"{"alg":"ES256","crit":["b64"]}"#)),
            format!("{header}.{payload}.{signature}="),
            format!("{header}.{payload}.{signature}.{signature}"),
        ];
        for token in forged {
            assert!(!checks(&token), "{token}");
        }
    }

    #[test]
    fn points_that_are_none() {
        let point = |x: &str, y: &str| CheckingKey::read(&[x.to_owned(), y.to_owned()]);
        assert!(point(POINT[0], "").is_err());
        assert!(point("AAAA", POINT[1]).is_err());
        assert!(point("no base64!", POINT[1]).is_err());
        // Two coordinates, but not of a point on the curve.
        assert!(!point(POINT[0], POINT[0]).unwrap().signed(TOKEN));
    }

    #[test]
    fn a_new_key_signs_what_its_public_half_checks() {
        let key = SigningKey::read(&SigningKey::generate()).unwrap();
        let token = key.sign("k1", &serde_json::json!({ "sub": "me" })).unwrap();
        assert!(CheckingKey::read(&key.point()).unwrap().signed(&token));
        assert!(!checks(&token), "another key's");
        let header = URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap()).unwrap();
        assert_eq!(String::from_utf8(header).unwrap(), r#"{"typ":"JWT","alg":"ES256","kid":"k1"}"#);
        assert!(SigningKey::read(b"no key").is_err());
    }
}
