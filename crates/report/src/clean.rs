//! Makes a program's line safe to display: it may colour text, but has no other effect on the terminal.

use std::borrow::Cow;

use cirun_terminal_text::{Piece, is_visible, pieces};
use console::measure_text_width;

use crate::Colour;

const TAB: usize = 8;

/// The line as a terminal would display it, without anything that could move the cursor, ring, set the title or turn
/// the direction of text. Tabs become spaces, because a prefix before the line moves the tab stops.
pub(crate) fn clean(line: &str, colour: Colour) -> Cow<'_, str> {
    if is_visible(line.as_bytes()) && !line.contains('\t') {
        return line.into();
    }
    let line = line.trim_end_matches('\r');
    // A progress bar redraws its line after a carriage return: only the last state counts.
    let line = line.rsplit_once('\r').map_or(line, |(_, last)| last);
    let (mut out, mut coloured) = (String::with_capacity(line.len()), false);
    for (piece, range) in pieces(line) {
        let text = &line[range];
        match piece {
            Piece::Text => push_text(&mut out, text),
            Piece::Filler => out.push_str(text),
            Piece::Colour if colour == Colour::Always => {
                out.push_str(text);
                coloured = true;
            }
            Piece::Colour | Piece::Escape | Piece::Control | Piece::Direction => {}
        }
    }
    if coloured {
        out.push_str("\u{1b}[0m");
    }
    out.into()
}

fn push_text(out: &mut String, text: &str) {
    for (index, part) in text.split('\t').enumerate() {
        if index > 0 {
            let column = measure_text_width(out);
            out.extend(std::iter::repeat_n(' ', TAB - column % TAB));
        }
        out.push_str(part);
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;

    fn both(line: &str) -> String {
        format!("{:?} | {:?}", clean(line, Colour::Never), clean(line, Colour::Always))
    }

    #[test]
    fn colours_stay_only_where_wanted() {
        assert_snapshot!(both("\u{1b}[1;31merror\u{1b}[0m: no"), @r#""error: no" | "\u{1b}[1;31merror\u{1b}[0m: no\u{1b}[0m""#);
    }

    #[test]
    fn cursor_moves_titles_and_bells_never_pass() {
        assert_snapshot!(both("a\u{1b}[2Jb\u{1b}[1Ac\u{1b}]0;title\u{7}d\u{7}\u{8}e\u{9b}2Jf\u{202e}g\u{1b}"), @r#""abcdefg" | "abcdefg""#);
    }

    #[test]
    fn the_last_drawing_of_a_progress_line_counts() {
        assert_snapshot!(both("10%\r50%\r100%\r"), @r#""100%" | "100%""#);
    }

    #[test]
    fn tabs_keep_their_columns() {
        assert_snapshot!(both("é\tb"), @r#""é       b" | "é       b""#);
    }
}
