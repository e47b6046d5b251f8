use base64::{Engine, engine::general_purpose::STANDARD};
use cirun_plan::Secret;
use insta::assert_snapshot;
use proptest::prelude::*;

use super::Masker;

fn mask(secrets: &[&str], text: &str) -> String {
    let secrets: Vec<_> = secrets.iter().map(|text| Secret::new(*text)).collect();
    Masker::new(&secrets).mask(text).into_owned()
}

#[test]
fn plain() {
    assert_snapshot!(mask(&["s3cret"], "a s3cret and s3crets"), @"a ************** and **************s");
}

#[test]
fn each_line_of_a_secret() {
    assert_snapshot!(mask(&["BEGIN\n  ab12  \r\nEND\n}"], "x BEGIN ab12 END }"), @"x ************** ************** ************** }");
}

#[test]
fn one_character_is_no_secret() {
    assert_snapshot!(mask(&["x", "é", ""], "x é"), @"x é");
}

#[test]
fn overlapping_secrets_leave_no_end() {
    assert_snapshot!(mask(&["abcX", "Xdef"], "-abcXdef-"), @"-**************-");
    assert_snapshot!(mask(&["pass", "password"], "password"), @"**************");
}

#[test]
fn url_escaped() {
    assert_snapshot!(mask(&["p/w d"], "p%2Fw%20d p%2fw%20d p%2Fw+d"), @"************** ************** **************");
}

#[test]
fn json_escaped() {
    assert_snapshot!(mask(&[r#"a"b\c"#], r#"{"k":"a\"b\\c"}"#), @r#"{"k":"**************"}"#);
}

#[test]
fn base64_of_a_key_in_lines() {
    let key = format!("-----BEGIN-----\n{}\n-----END-----\n", "MIIEvQIBADANBgkqhkiG9w0".repeat(8));
    let encoded = STANDARD.encode(&key);
    for width in [64, 76] {
        for line in encoded.as_bytes().chunks(width) {
            let line = String::from_utf8_lossy(line);
            assert_eq!(mask(&[&key], &line), super::MASK, "{line}");
        }
    }
}

#[test]
fn a_cut_never_parts_a_secret() {
    let masker = Masker::new(&[Secret::new("secret")]);
    assert_eq!(masker.cut(b"ab secret cd", 2), 2);
    assert_eq!(masker.cut(b"ab secret cd", 5), 3);
    assert_eq!(masker.cut(b"ab secret cd", 9), 9);
    assert_eq!(masker.cut(b"secret cd", 3), 6);
}

#[test]
fn debug_shows_no_secret() {
    assert_snapshot!(format!("{:?}", Masker::new(&[Secret::new("s3cret")])).contains("s3cret"), @"false");
}

proptest! {
    #[test]
    fn base64_at_any_place(before in "[a-z]{0,7}", secret in "[A-Za-z0-9/+=]{8,24}", after in "[a-z]{0,7}") {
        let encoded = STANDARD.encode(format!("{before}{secret}{after}"));
        let masked = mask(&[&secret], &encoded);
        prop_assert!(masked.contains(super::MASK), "{encoded} -> {masked}");
        // At most the two letters that a neighbour shares with the secret stay on each side, and padding.
        let rest = masked.replace(super::MASK, "").len();
        prop_assert!(rest <= (before.len() + after.len()) * 8 / 6 + 6, "{encoded} -> {masked}");
    }

    #[test]
    fn the_secret_is_nowhere(secret in "\\PC{2,12}", around in "\\PC{0,12}") {
        let trimmed = secret.trim();
        prop_assume!(trimmed.chars().count() >= 2 && !trimmed.contains('*'));
        let masked = mask(&[&secret], &format!("{around}{secret}{around}"));
        prop_assert!(!masked.contains(trimmed));
    }
}
