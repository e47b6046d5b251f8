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
    let (masker, encoded) = (Masker::new(&[Secret::new(&key)]), STANDARD.encode(&key));
    for width in [64, 76] {
        for line in encoded.as_bytes().chunks(width) {
            let line = String::from_utf8_lossy(line);
            assert_eq!(masker.mask(&line), super::MASK, "{line}");
        }
    }
}

#[test]
fn what_a_terminal_takes_out_is_taken_out_first() {
    let sgr = "\u{1b}[31m";
    assert_snapshot!(mask(&["s3cret"], &format!("a s3{sgr}cret\u{1b}[0m b")).replace('\u{1b}', "^"), @"a **************^[0m b");
    let seen_alike = [
        "s\u{1b}[2Kecret-1",
        "s\u{1b}]0;title\u{7}ecret-1",
        "s\u{1b}]8;;x\u{1b}\\ecret-1",
        "s\u{1b}Pq\u{9c}ecret-1",
        "s\u{9b}1mecret-1",
        "s\u{84}ecret-1",
        "s\u{1b}(Becret-1",
        "s\u{1b}7ecret-1",
        "se\u{7}cret-1",
        "se\u{200b}cret-1",
        "se\u{202e}cret-1",
        "se\u{feff}\u{ad}cret-1",
        "seX\u{8}cret-1",
        "seXX\u{1b}[2Dcret-1",
        "se\ncret-1",
        "se\r\ncret-1",
        "s\u{1b}[1m\u{1b}[2m\u{1b}[3mecret-1\u{1b}[0m",
        "s\u{1b}e\u{1b}cret-1",
        "\u{1b}]0;secret-1\u{7}",
        "\u{1b}]0;se\u{200b}cret-1\u{7}",
        "\u{1b}[secret-1",
    ];
    let masker = Masker::new(&[Secret::new("secret-1")]);
    for text in seen_alike {
        let masked = masker.mask(text);
        assert!(masked.contains(super::MASK) && !masked.contains("cret-1"), "{text:?} -> {masked:?}");
    }
}

#[test]
fn a_secret_with_an_escape_sequence_of_its_own() {
    for text in ["pa\u{1b}[1mss\u{200b}word", "pa\u{1b}[1mssword", "password"] {
        assert_eq!(mask(&["pa\u{1b}[1mss\u{200b}word"], text), super::MASK, "{text:?}");
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
    // Building a masker takes longer than searching with it.
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn base64_at_any_place(before in "[a-z]{0,7}", secret in "[A-Za-z0-9/+=]{8,24}", after in "[a-z]{0,7}") {
        let encoded = STANDARD.encode(format!("{before}{secret}{after}"));
        let masked = mask(&[&secret], &encoded);
        prop_assert!(masked.contains(super::MASK), "{encoded} -> {masked}");
        // At most the two letters that a neighbour shares with the secret, and padding, stay on each side.
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

/// Every form of every letter of a secret is found, wherever escape sequences are in it.
mod everywhere {
    use std::sync::LazyLock;

    use super::{super::forms::forms, *};

    const SECRET: &str = "aé/<b>&\"c'\\ $+~`(d)!é-tr0ub4dor";

    static MASKER: LazyLock<Masker> = LazyLock::new(|| Masker::new(&[Secret::new(SECRET)]));
    static FORMS: LazyLock<Vec<String>> = LazyLock::new(|| forms(SECRET).into_iter().collect());

    const SEQUENCES: [&str; 8] =
        ["\u{1b}[1;31m", "\u{1b}[K", "\u{1b}]0;t\u{7}", "\u{1b}Pq\u{1b}\\", "\u{9b}4m", "\u{1b}c", "\u{200b}", "\u{7}"];

    proptest! {
        #[test]
        fn is_masked(form in any::<prop::sample::Index>(), places in prop::collection::vec((any::<prop::sample::Index>(), 0..SEQUENCES.len()), 0..4)) {
            let mut text: Vec<String> = FORMS[form.index(FORMS.len())].chars().map(String::from).collect();
            let length = text.len();
            for (place, sequence) in places {
                text.insert(place.index(length), SEQUENCES[sequence].to_owned());
            }
            let text = format!("before {} after", text.concat());
            let masked = MASKER.mask(&text);
            prop_assert!(masked.starts_with("before ") && masked.ends_with(" after"), "{text:?}");
            let masked = masked["before ".len()..masked.len() - " after".len()].replace(super::super::MASK, "");
            // Nothing is left but sequences before the secret.
            let rest = SEQUENCES.iter().fold(masked, |rest, sequence| rest.replace(sequence, ""));
            prop_assert_eq!(rest, "", "{:?}", text);
        }
    }
}
