//! `replaceAll`, `replaceFirst` and `split`.

use super::{Pattern, matching::Found};
use crate::{fault::Fault, value::MAX_TEXT};

/// The position of a group in the text, if it took part in the match.
type Place = Option<(usize, usize)>;

impl Pattern {
    /// Replaces every match; in `replacement` `$1` and `${name}` are groups, and `\` escapes.
    pub(crate) fn replace_all(&self, text: &str, replacement: &str) -> Result<String, Fault> {
        self.replace(text, replacement, usize::MAX)
    }

    /// Replaces the first match.
    pub(crate) fn replace_first(&self, text: &str, replacement: &str) -> Result<String, Fault> {
        self.replace(text, replacement, 1)
    }

    fn replace(&self, text: &str, replacement: &str, most: usize) -> Result<String, Fault> {
        let mut replaced = String::with_capacity(text.len());
        let mut end = 0;
        for found in self.find_all(text).take(most) {
            let found = found?;
            replaced.push_str(&text[end..found.start]);
            self.expand(text, &found, replacement, &mut replaced)?;
            end = found.end;
            if replaced.len() > MAX_TEXT {
                return Err(Fault::refused(format!("the replaced text has more than {MAX_TEXT} bytes")));
            }
        }
        replaced.push_str(&text[end..]);
        Ok(replaced)
    }

    fn expand(&self, text: &str, found: &Found, replacement: &str, replaced: &mut String) -> Result<(), Fault> {
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
            let (group, after) = self.group(found, rest)?;
            replaced.push_str(group.map_or("", |(start, end)| &text[start..end]));
            rest = after;
        }
        replaced.push_str(rest);
        Ok(())
    }

    fn group<'a>(&self, found: &Found, after_dollar: &'a str) -> Result<(Place, &'a str), Fault> {
        let missing = || Fault::value("the replacement names a group that the pattern does not have");
        if let Some((name, after)) = after_dollar.strip_prefix('{').and_then(|rest| rest.split_once('}')) {
            let (_, number) = self.names.iter().find(|(known, _)| known == name).ok_or_else(missing)?;
            return Ok((found.groups[*number], after));
        }
        // The first digit always belongs to it; further digits do as long as there is such a group.
        let digits = after_dollar.bytes().take_while(u8::is_ascii_digit).count();
        let number =
            |length: usize| after_dollar[..length].parse().ok().filter(|number: &usize| *number < found.groups.len());
        let length = (1..=digits).take_while(|length| number(*length).is_some()).last().ok_or_else(missing)?;
        Ok((number(length).and_then(|number| found.groups[number]), &after_dollar[length..]))
    }

    /// Splits as `String.split` does: without a limit trailing empty parts are removed, and an empty match at the start
    /// makes none.
    pub(crate) fn split(&self, text: &str, limit: i64) -> Result<Vec<String>, Fault> {
        let mut pieces = Vec::new();
        let mut end = 0;
        for found in self.find_all(text) {
            let found = found?;
            if limit > 0 && pieces.len() as i64 == limit - 1 {
                break;
            }
            if found.end == 0 {
                continue;
            }
            pieces.push(text[end..found.start].to_owned());
            end = found.end;
        }
        if pieces.is_empty() && end == 0 {
            return Ok(vec![text.to_owned()]);
        }
        pieces.push(text[end..].to_owned());
        if limit == 0 {
            while pieces.last().is_some_and(String::is_empty) {
                pieces.pop();
            }
        }
        Ok(pieces)
    }
}
