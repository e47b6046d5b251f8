//! Java's regular expressions, on the `regex` crate.
//!
//! What Java can and the crate cannot (look-around, back-references, possessive quantifiers) is refused, so that no
//! pattern can take more than linear time.

use regex::{Captures, Regex, RegexBuilder};

use crate::{fault::Fault, value::MAX_TEXT};

/// How large a compiled pattern may be, in bytes.
const MAX_COMPILED: usize = 1 << 19;

/// Compiles `pattern`, to be found anywhere.
pub(crate) fn anywhere(pattern: &str) -> Result<Regex, Fault> {
    compile(pattern, &translate(pattern))
}

/// Compiles `pattern`, to match whole texts.
pub(crate) fn whole(pattern: &str) -> Result<Regex, Fault> {
    compile(pattern, &format!(r"\A(?:{})\z", translate(pattern)))
}

/// What compiling `pattern` may take, in an evaluation's steps: a counted repetition copies what it repeats.
pub(crate) fn effort(pattern: &str) -> usize {
    pattern.len() + if pattern.contains('{') { 2000 } else { 100 }
}

fn compile(pattern: &str, translated: &str) -> Result<Regex, Fault> {
    RegexBuilder::new(translated)
        .size_limit(MAX_COMPILED)
        .build()
        .map_err(|_| Fault::refused(format!("the regular expression `{pattern}` is not one that cirun can evaluate")))
}

/// Classes that mean less in Java than in the crate, where they take in all of Unicode.
const CLASSES: [(char, &str); 8] = [
    ('d', "[0-9]"),
    ('D', "[^0-9]"),
    ('w', "[a-zA-Z0-9_]"),
    ('W', "[^a-zA-Z0-9_]"),
    ('s', r"[ \t\n\x0B\x0C\r]"),
    ('S', r"[^ \t\n\x0B\x0C\r]"),
    ('h', r"[ \t\xA0]"),
    ('Z', r"(?:\n?\z)"),
];

/// `\p{…}` that Java names otherwise.
const PROPERTIES: [(&str, &str); 10] = [
    ("Alpha", "[a-zA-Z]"),
    ("Digit", "[0-9]"),
    ("Alnum", "[a-zA-Z0-9]"),
    ("Upper", "[A-Z]"),
    ("Lower", "[a-z]"),
    ("Punct", r"[!-/:-@\[-`{-~]"),
    ("Space", r"[ \t\n\x0B\x0C\r]"),
    ("XDigit", "[0-9a-fA-F]"),
    ("Blank", r"[ \t]"),
    ("ASCII", r"[\x00-\x7F]"),
];

fn translate(pattern: &str) -> String {
    let mut translated = String::with_capacity(pattern.len());
    let mut rest = pattern;
    while let Some(at) = rest.find('\\') {
        translated.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let Some(escaped) = rest.chars().next() else {
            translated.push('\\');
            break;
        };
        if let Some(quoted) = rest.strip_prefix('Q') {
            let (literal, after) = quoted.split_once(r"\E").unwrap_or((quoted, ""));
            translated.push_str(&regex::escape(literal));
            rest = after;
        } else if let Some((name, class)) = PROPERTIES
            .iter()
            .find(|(name, _)| rest.strip_prefix("p{").is_some_and(|p| p.starts_with(&format!("{name}}}"))))
        {
            translated.push_str(class);
            rest = &rest[name.len() + 3..];
        } else {
            match CLASSES.iter().find(|(letter, _)| *letter == escaped) {
                Some((_, class)) => translated.push_str(class),
                None => {
                    translated.push('\\');
                    translated.push(escaped);
                }
            }
            rest = &rest[escaped.len_utf8()..];
        }
    }
    translated.push_str(rest);
    translated
}

/// Replaces what `pattern` finds; in `replacement` `$1` and `${name}` are groups, and `\` quotes.
pub(crate) fn replace(pattern: &Regex, text: &str, replacement: &str, only_first: bool) -> Result<String, Fault> {
    let mut replaced = String::with_capacity(text.len());
    let mut end = 0;
    for captures in pattern.captures_iter(text).take(if only_first { 1 } else { usize::MAX }) {
        let found = captures.get_match();
        replaced.push_str(&text[end..found.start()]);
        expand(&captures, replacement, &mut replaced)?;
        end = found.end();
        if replaced.len() > MAX_TEXT {
            return Err(Fault::refused(format!("the replaced text has more than {MAX_TEXT} bytes")));
        }
    }
    replaced.push_str(&text[end..]);
    Ok(replaced)
}

fn expand(captures: &Captures<'_>, replacement: &str, replaced: &mut String) -> Result<(), Fault> {
    let mut rest = replacement;
    while let Some(at) = rest.find(['\\', '$']) {
        replaced.push_str(&rest[..at]);
        let quotes = rest[at..].starts_with('\\');
        rest = &rest[at + 1..];
        if quotes {
            let next = rest.chars().next().ok_or_else(|| Fault::value("the replacement ends with `\\`"))?;
            replaced.push(next);
            rest = &rest[next.len_utf8()..];
            continue;
        }
        let (group, after) = group(captures, rest)?;
        replaced.push_str(group);
        rest = after;
    }
    replaced.push_str(rest);
    Ok(())
}

fn group<'a>(captures: &Captures<'a>, after_dollar: &'a str) -> Result<(&'a str, &'a str), Fault> {
    let missing = || Fault::value("the replacement names a group that the pattern does not have");
    if let Some((name, after)) = after_dollar.strip_prefix('{').and_then(|rest| rest.split_once('}')) {
        let group = captures.name(name).ok_or_else(missing)?;
        return Ok((group.as_str(), after));
    }
    // As many digits as still name a group.
    let digits = after_dollar.bytes().take_while(u8::is_ascii_digit).count();
    let length =
        (1..=digits).take_while(|&n| after_dollar[..n].parse().is_ok_and(|g: usize| g < captures.len())).last();
    let length = length.ok_or_else(missing)?;
    let index: usize = after_dollar[..length].parse().map_err(|_| missing())?;
    Ok((captures.get(index).map_or("", |found| found.as_str()), &after_dollar[length..]))
}

/// Splits as `String.split` does: without limit trailing empty pieces go, and an empty match at the start makes none.
pub(crate) fn split(pattern: &Regex, text: &str, limit: i64) -> Vec<String> {
    let mut pieces = Vec::new();
    let mut end = 0;
    for found in pattern.find_iter(text) {
        if limit > 0 && pieces.len() as i64 == limit - 1 {
            break;
        }
        if found.end() == 0 || (found.is_empty() && found.start() == text.len()) {
            continue;
        }
        pieces.push(text[end..found.start()].to_owned());
        end = found.end();
    }
    pieces.push(text[end..].to_owned());
    if limit == 0 && pieces.len() > 1 {
        while pieces.last().is_some_and(String::is_empty) {
            pieces.pop();
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::{anywhere, replace, split, whole};

    fn pieces(pattern: &str, text: &str, limit: i64) -> String {
        format!("{:?}", split(&anywhere(pattern).unwrap(), text, limit))
    }

    fn replaced(pattern: &str, text: &str, replacement: &str) -> String {
        replace(&anywhere(pattern).unwrap(), text, replacement, false)
            .unwrap_or_else(|fault| fault.message().to_owned())
    }

    #[test]
    fn split_as_java_does() {
        assert_snapshot!(pieces(",", "a,b,,c,,", 0), @r#"["a", "b", "", "c"]"#);
        assert_snapshot!(pieces(",", "a,b,,", -1), @r#"["a", "b", "", ""]"#);
        assert_snapshot!(pieces(",", "a,b,c", 2), @r#"["a", "b,c"]"#);
        assert_snapshot!(pieces("", "añb", 0), @r#"["a", "ñ", "b"]"#);
        assert_snapshot!(pieces(",", "", 0), @r#"[""]"#);
        assert_snapshot!(pieces(",", ",,", 0), @"[]");
        assert_snapshot!(pieces(r"\.", "1.2.3", 0), @r#"["1", "2", "3"]"#);
        assert_snapshot!(pieces(r"\s*[|]\s*", "a | b|c", 0), @r#"["a", "b", "c"]"#);
    }

    #[test]
    fn replacement_groups() {
        assert_snapshot!(replaced("(a)(b)?", "ab-a", "<$1$2>"), @"<ab>-<a>");
        assert_snapshot!(replaced("(a)", "a", "$12"), @"a2");
        assert_snapshot!(replaced("(?<x>a)", "a", r"${x}\$"), @"a$");
        assert_snapshot!(replaced("a", "a", "$1"), @"the replacement names a group that the pattern does not have");
    }

    #[test]
    fn java_classes_are_ascii() {
        assert!(!whole(r"\d").unwrap().is_match("٣"));
        assert!(whole(r"[\w.-]+").unwrap().is_match("a_1.b-c"));
        assert!(whole(r"\p{Alpha}\Q.*\E").unwrap().is_match("x.*"));
        assert!(!whole("a|b").unwrap().is_match("ab"));
    }

    #[test]
    fn what_needs_backtracking_is_refused() {
        assert_snapshot!(whole("(?=a)").unwrap_err().message(), @"the regular expression `(?=a)` is not one that cirun can evaluate");
        assert!(whole("((a{100}){100}){100}").is_err());
    }
}
