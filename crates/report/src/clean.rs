//! Makes a program's line safe to show: it may colour text, and nothing else.

use console::{AnsiCodeIterator, measure_text_width};

use crate::Colour;

const TAB: usize = 8;

/// The line as it would stand on a terminal after it was printed, without anything that could move the cursor, ring or
/// retitle. Tabs become spaces, because a prefix in front of the line moves the tab stops.
pub(crate) fn clean(line: &str, colour: Colour) -> String {
    let line = line.trim_end_matches('\r');
    // A progress bar redraws its line after a carriage return: the last drawing counts.
    let line = line.rsplit_once('\r').map_or(line, |(_, last)| last);
    let (mut out, mut coloured) = (String::with_capacity(line.len()), false);
    for (piece, is_escape) in AnsiCodeIterator::new(line) {
        if is_escape {
            if colour == Colour::Always && is_colour(piece) {
                out.push_str(piece);
                coloured = true;
            }
            continue;
        }
        for character in piece.chars() {
            match character {
                '\t' => {
                    let column = measure_text_width(&out);
                    out.extend(std::iter::repeat_n(' ', TAB - column % TAB));
                }
                _ if character.is_control() => {}
                _ => out.push(character),
            }
        }
    }
    if coloured {
        out.push_str("\u{1b}[0m");
    }
    out
}

/// `ESC [ … m` with numbers only.
fn is_colour(escape: &str) -> bool {
    escape
        .strip_prefix("\u{1b}[")
        .and_then(|rest| rest.strip_suffix('m'))
        .is_some_and(|numbers| numbers.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b';' | b':')))
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
        assert_snapshot!(both("a\u{1b}[2Jb\u{1b}[1Ac\u{1b}]0;title\u{7}d\u{7}\u{8}e\u{9b}f\u{1b}"), @r#""abcde" | "abcde""#);
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
