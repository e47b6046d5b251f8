//! Reads output files as CI does: by the rules of godotenv v2.0.0, which CI's runner uses (outputs.dotenv).
//!
//! Its quirks are kept on purpose: a value that CI changes must change here too.

use std::borrow::Cow;

use indexmap::IndexMap;

/// The longest line that CI reads, in bytes.
const MAX_LINE: usize = 64 * 1024;

/// Why a file cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct DotenvError {
    /// The line number, from 1.
    pub line: usize,
    /// The problem.
    pub problem: &'static str,
}

/// Parses `text`. One bad line fails the whole read.
pub fn parse(text: &str) -> Result<IndexMap<String, String>, DotenvError> {
    let mut variables = IndexMap::new();
    for (index, line) in text.lines().enumerate() {
        let error = |problem| DotenvError { line: index + 1, problem };
        if line.len() >= MAX_LINE {
            return Err(error("the line has more than 64 KiB"));
        }
        if matches!(line.trim().chars().next(), None | Some('#')) {
            continue;
        }
        let line = without_comment(line);
        let (key, value) = split(&line).ok_or_else(|| error("Can't separate key from value"))?;
        let value = self::value(value, &variables);
        variables.insert(key.to_owned(), value);
    }
    Ok(variables)
}

/// Cuts the line at a `#` outside of quotes. CI decides that by the text between two `#`: a part with exactly one quote
/// character opens or closes a quotation, and only quoted parts stay after the first.
fn without_comment(line: &str) -> Cow<'_, str> {
    if !line.contains('#') {
        return Cow::Borrowed(line);
    }
    let has_one = |part: &str, quote: char| part.matches(quote).count() == 1;
    let (mut kept, mut quoted) = (Vec::new(), false);
    for part in line.split('#') {
        let was_quoted = quoted;
        if has_one(part, '"') || has_one(part, '\'') {
            quoted = !quoted;
        }
        if kept.is_empty() || quoted || was_quoted {
            kept.push(part);
        }
    }
    Cow::Owned(kept.join("#"))
}

/// `KEY=value`, `export KEY=value`, or `KEY: value` if the colon comes first.
fn split(line: &str) -> Option<(&str, &str)> {
    let at = line.find(['=', ':'])?;
    let key = line[..at].trim();
    let key = match key.strip_prefix("export") {
        Some(rest) if rest.starts_with(char::is_whitespace) => rest.trim_start(),
        _ => key,
    };
    Some((key, &line[at + 1..]))
}

fn value(raw: &str, earlier: &IndexMap<String, String>) -> String {
    let raw = raw.trim_matches(' ');
    let inside = |quote: char| raw.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
    match (inside('\''), inside('"')) {
        (Some(text), _) => text.to_owned(),
        (None, Some(text)) => expand(&unescape(text), earlier),
        (None, None) if raw.len() > 1 => expand(raw, earlier),
        (None, None) => raw.to_owned(),
    }
}

/// Replaces `\n` and `\r` by the characters they denote; any other escaped character except `$` loses its backslash.
fn unescape(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match (character, characters.clone().next()) {
            ('\\', Some('n')) => result.push('\n'),
            ('\\', Some('r')) => result.push('\r'),
            ('\\', Some('$')) => result.push_str("\\$"),
            ('\\', Some(next)) => result.push(next),
            _ => {
                result.push(character);
                continue;
            }
        }
        characters.next();
    }
    result
}

/// Replaces `$NAME` and `${NAME}` (upper case, digits, `_`) by an earlier variable, or by nothing; `\$` is a plain `$`.
fn expand(text: &str, earlier: &IndexMap<String, String>) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        let (before, from) = rest.split_at(at);
        let reference = Reference::at(from);
        if let Some(kept) = before.strip_suffix('\\') {
            result.push_str(kept);
            result.push_str(&from[..reference.length]);
        } else {
            result.push_str(before);
            match reference.name {
                "" => result.push_str(&from[..reference.length]),
                name => result.push_str(earlier.get(name).map_or("", String::as_str)),
            }
        }
        rest = &from[reference.length..];
    }
    result.push_str(rest);
    result
}

/// What CI accepts as a reference after a `$`: an opening parenthesis or brace, a name, a closing brace, each of them
/// optional.
struct Reference<'a> {
    name: &'a str,
    length: usize,
}

impl<'a> Reference<'a> {
    fn at(from: &'a str) -> Self {
        let mut rest = &from[1..];
        rest = rest.strip_prefix('(').unwrap_or(rest);
        rest = rest.strip_prefix('{').unwrap_or(rest);
        let in_name = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
        let after = rest.trim_start_matches(in_name);
        let name = &rest[..rest.len() - after.len()];
        let after = after.strip_prefix('}').unwrap_or(after);
        Self { name, length: from.len() - after.len() }
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    fn parse(text: &str) -> String {
        match super::parse(text) {
            Ok(variables) => {
                variables.iter().map(|(key, value)| format!("{key}={value:?}")).collect::<Vec<_>>().join(" ")
            }
            Err(error) => format!("error: {error}"),
        }
    }

    #[test]
    fn everything_after_an_unquoted_hash_is_cut() {
        assert_snapshot!(parse("A=one # two"), @r#"A="one""#);
        assert_snapshot!(parse("A=x#y"), @r#"A="x""#);
        assert_snapshot!(parse("A=\"x#y\" # z\nB='x#y'"), @r##"A="x#y" B="x#y""##);
        assert_snapshot!(parse("A=\"x#y#z\" # c"), @r##"A="x#y#z""##);
        assert_snapshot!(parse("# all\n  # of it\nA=1"), @r#"A="1""#);
    }

    #[test]
    fn one_apostrophe_keeps_the_comment() {
        assert_snapshot!(parse("A=it's # fine"), @r##"A="it's # fine""##);
    }

    #[test]
    fn outer_quotes_are_stripped() {
        assert_snapshot!(parse(r#"A="x y"
B='x y'
C="it's"
D='say "x"'
E="#), @r#"A="x y" B="x y" C="it's" D="say \"x\"" E="""#);
        assert_snapshot!(parse("A=\"open\nB=\""), @r#"A="\"open" B="\"""#);
    }

    #[test]
    fn spaces_are_trimmed() {
        assert_snapshot!(parse(" A = x \n\tB=\ty"), @r#"A="x" B="\ty""#);
    }

    #[test]
    fn upper_case_names_are_expanded_from_earlier_keys() {
        assert_snapshot!(parse("A=1\nB=$A-${A}\nC=\"q $A\"\nD='$A'"), @r#"A="1" B="1-1" C="q 1" D="$A""#);
        assert_snapshot!(parse("A=cost $5 and $NOPE"), @r#"A="cost  and ""#);
        assert_snapshot!(parse("A=$lower ${lower} $ $"), @r#"A="$lower ${lower} $ $""#);
        assert_snapshot!(parse("A=x\\$Y"), @r#"A="x$Y""#);
        assert_snapshot!(parse(r#"A="x\$Y \${Z}""#), @r#"A="x$Y ${Z}""#);
        assert_snapshot!(parse("A=$(LS) $(ls)"), @r#"A=") $(ls)""#);
    }

    #[test]
    fn escapes_only_inside_double_quotes() {
        assert_snapshot!(parse(r#"A="x\ny\rz\t\"\\n"
B=x\ny
C='x\ny'
D="x\"#), @r#"A="x\ny\rzt\"\\n" B="x\\ny" C="x\\ny" D="\"x\\""#);
    }

    #[test]
    fn a_value_of_two_lines_fails_the_read() {
        assert_snapshot!(parse("A=1\nB=first\nsecond"), @"error: line 3: Can't separate key from value");
    }

    #[test]
    fn a_second_line_with_an_equals_sign_is_another_key() {
        assert_snapshot!(parse("A=first\nsecond=2"), @r#"A="first" second="2""#);
    }

    #[test]
    fn yaml_style() {
        assert_snapshot!(parse("A: x=y\nB=http://h:1"), @r#"A="x=y" B="http://h:1""#);
    }

    #[test]
    fn export() {
        assert_snapshot!(parse("export A=1\n  export\tB=2\nexportC=3\nexport=4"), @r#"A="1" B="2" exportC="3" export="4""#);
    }

    #[test]
    fn line_ends_and_empty_lines() {
        assert_snapshot!(parse("A=1\r\n\r\nB=2"), @r#"A="1" B="2""#);
        assert_snapshot!(parse(""), @"");
    }

    #[test]
    fn the_last_of_equal_keys_wins() {
        assert_snapshot!(parse("A=1\nA=2"), @r#"A="2""#);
    }

    #[test]
    fn a_line_of_64_kib_is_too_long() {
        assert_snapshot!(parse(&format!("A={}", "x".repeat(65_534))), @"error: line 1: the line has more than 64 KiB");
        assert!(super::parse(&format!("A={}", "x".repeat(65_533))).is_ok());
    }
}
