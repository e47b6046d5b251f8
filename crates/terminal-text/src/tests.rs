use insta::assert_snapshot;
use proptest::prelude::*;

use super::*;

/// The pieces, each as the first letter of its kind and its text.
fn split(text: &str) -> String {
    let letter = |piece| match piece {
        Piece::Text => "T",
        Piece::Colour => "c",
        Piece::Escape => "e",
        Piece::Control => "x",
        Piece::Direction => "d",
        Piece::Filler => "f",
    };
    pieces(text).map(|(piece, range)| format!("{}{:?}", letter(piece), &text[range])).collect::<Vec<_>>().join(" ")
}

#[test]
fn text_is_one_piece() {
    assert_snapshot!(split("plain é │ \t 東京 🦀"), @r#"T"plain é │ \t 東京 🦀""#);
    assert_snapshot!(split(""), @"");
}

#[test]
fn colours_and_other_sequences() {
    assert_snapshot!(split("a\u{1b}[1;38:5:3mb\u{1b}[mc"), @r#"T"a" c"\u{1b}[1;38:5:3m" T"b" c"\u{1b}[m" T"c""#);
    assert_snapshot!(split("a\u{1b}[?25lb\u{1b}[2Jc\u{1b}[>4;1md"), @r#"T"a" e"\u{1b}[?25l" T"b" e"\u{1b}[2J" T"c" e"\u{1b}[>4;1m" T"d""#);
    assert_snapshot!(split("\u{1b}7a\u{1b}(Bb\u{1b}#8c\u{1b}"), @r#"e"\u{1b}7" T"a" e"\u{1b}(B" T"b" e"\u{1b}#8" T"c" e"\u{1b}""#);
    assert_snapshot!(split("\u{1b}é\u{1b}\u{1b}[0mx"), @r#"e"\u{1b}" T"é" e"\u{1b}" c"\u{1b}[0m" T"x""#);
    assert_snapshot!(split("\u{9b}31ma\u{84}b"), @r#"e"\u{9b}31m" T"a" x"\u{84}" T"b""#);
}

#[test]
fn sequences_that_are_cut_short_or_interrupted() {
    assert_snapshot!(split("a\u{1b}[31"), @r#"T"a" e"\u{1b}[31""#);
    assert_snapshot!(split("\u{1b}[3\u{8}1ma"), @r#"e"\u{1b}[3\u{8}1m" T"a""#);
    assert_snapshot!(split("\u{1b}[3\u{18}1ma"), @r#"e"\u{1b}[3\u{18}" T"1ma""#);
    assert_snapshot!(split("\u{1b}[3\u{1b}[0ma\u{1b}[2é"), @r#"e"\u{1b}[3" c"\u{1b}[0m" T"a" e"\u{1b}[2" T"é""#);
}

#[test]
fn strings() {
    assert_snapshot!(split("\u{1b}]0;title\u{7}a\u{1b}]8;;http://x\u{1b}\\b"), @r#"e"\u{1b}]0;title\u{7}" T"a" e"\u{1b}]8;;http://x\u{1b}\\" T"b""#);
    assert_snapshot!(split("\u{1b}Pq\u{9c}a\u{9d}t\u{9c}b\u{1b}_x\u{1b}[0mc"), @r#"e"\u{1b}Pq\u{9c}" T"a" e"\u{9d}t\u{9c}" T"b" e"\u{1b}_x" c"\u{1b}[0m" T"c""#);
    assert_snapshot!(split("\u{1b}]0;no end"), @r#"e"\u{1b}]" T"0;no end""#);
    assert_snapshot!(split("\u{1b}]0;no\nend\u{7}"), @r#"e"\u{1b}]" T"0;no" x"\n" T"end" x"\u{7}""#);
}

#[test]
fn what_is_not_seen() {
    assert_snapshot!(split("a\u{202e}b\u{2066}c\u{200f}d\u{61c}"), @r#"T"a" d"\u{202e}" T"b" d"\u{2066}" T"c" d"\u{200f}" T"d" d"\u{61c}""#);
    assert_snapshot!(split("a\u{200b}b\u{feff}c\u{ad}d\u{e0041}\u{fffd}"), @r#"T"a" f"\u{200b}" T"b" f"\u{feff}" T"c" f"\u{ad}" T"d" f"\u{e0041}" f"�""#);
    assert_snapshot!(split("a\rb\nc\u{8}d\u{7f}"), @r#"T"a" x"\r" T"b" x"\n" T"c" x"\u{8}" T"d" x"\u{7f}""#);
}

#[test]
fn orders_are_written_out() {
    let text = "a\u{1b}[31mb\u{1b}[2Jc\u{9b}1md\u{202e}e\u{7}\tf\r\ng\rh\n👩\u{200d}🔧";
    assert_snapshot!(legible(text).replace('\r', "<CR>"), @r"
    a\u001b[31mb\u001b[2Jc\u009b1md\u202ee\u0007	f<CR>
    g\u000dh
    👩‍🔧
    ");
    assert!(legible_in_colour(text).starts_with("a\u{1b}[31mb\\u001b[2Jc"));
    assert!(matches!(legible("plain\n\té 東京"), Cow::Borrowed(_)));
}

#[test]
fn in_json_it_is_the_same_text() {
    let text = "\u{202e}\u{9b}\u{7f}\u{1b}é\n";
    let json = serde_json::to_string(text).unwrap();
    assert_eq!(serde_json::from_str::<String>(&legible(&json)).unwrap(), text);
    assert!(!legible(&json).chars().any(is_written_out));
}

proptest! {
    #[test]
    fn the_pieces_are_the_text(text in "[\u{1b}\u{9b}\u{9d}\u{18}\u{7}\\[\\]\\\\;mP3aé\u{200b}\u{202e}\n]{0,24}") {
        let mut end = 0;
        for (_, range) in pieces(&text) {
            prop_assert_eq!(range.start, end);
            prop_assert!(!range.is_empty() && text.is_char_boundary(range.end));
            end = range.end;
        }
        prop_assert_eq!(end, text.len());
    }

    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
        prop_assert_eq!(pieces(&bytes).map(|(_, range)| range.len()).sum::<usize>(), bytes.len());
    }
}
