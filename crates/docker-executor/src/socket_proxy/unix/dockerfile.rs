//! The images that a Dockerfile builds on or copies from. Pure.

use std::collections::BTreeMap;

/// The values of build arguments by name.
pub(super) type Arguments = BTreeMap<String, String>;

/// The names of all images that the build needs, once each.
pub(super) fn images(text: &str, given: &Arguments) -> Vec<String> {
    let (mut arguments, mut stages, mut images) = (Arguments::new(), Vec::new(), Vec::<String>::new());
    let mut add = |name: String, stages: &[String]| {
        let is_stage = stages.contains(&name.to_ascii_lowercase()) || name.bytes().all(|byte| byte.is_ascii_digit());
        if !is_stage && name != "scratch" && !images.contains(&name) {
            images.push(name);
        }
    };
    for line in instructions(text) {
        let mut words = line.split_whitespace();
        match words.next().map(str::to_ascii_uppercase).as_deref() {
            Some("ARG") if stages.is_empty() => {
                for word in words {
                    let (name, default) = word.split_once('=').unwrap_or((word, ""));
                    let default = expanded(default.trim_matches(['"', '\'']), &arguments);
                    arguments.insert(name.to_owned(), given.get(name).cloned().unwrap_or(default));
                }
            }
            Some("FROM") => {
                let words: Vec<&str> = words.filter(|word| !word.starts_with("--")).collect();
                if let Some(name) = words.first() {
                    add(expanded(name, &arguments), &stages);
                }
                match words[..] {
                    [_, word, stage, ..] if word.eq_ignore_ascii_case("as") => stages.push(stage.to_ascii_lowercase()),
                    // A stage without a name is still a stage.
                    _ => stages.push(String::new()),
                }
            }
            Some("COPY") => {
                if let Some(name) = words.find_map(|word| word.strip_prefix("--from=")) {
                    add(name.to_owned(), &stages);
                }
            }
            Some(_) | None => {}
        }
    }
    images
}

/// The lines without comments, with continued lines joined.
fn instructions(text: &str) -> Vec<String> {
    let directives = text.lines().map_while(|line| line.trim().strip_prefix('#'));
    let mut escapes = directives.filter_map(|line| {
        let (name, value) = line.split_once('=')?;
        name.trim().eq_ignore_ascii_case("escape").then(|| value.trim().chars().next()).flatten()
    });
    let escape = escapes.next().unwrap_or('\\');
    let (mut lines, mut open) = (Vec::new(), String::new());
    for line in text.lines().filter(|line| !line.trim_start().starts_with('#')) {
        match line.trim_end().strip_suffix(escape) {
            Some(part) => open.push_str(part),
            None => {
                open.push_str(line);
                lines.push(std::mem::take(&mut open));
            }
        }
    }
    lines.push(open);
    lines
}

/// A text with `$NAME`, `${NAME}`, `${NAME:-default}` and `${NAME:+other}` replaced.
fn expanded(text: &str, arguments: &Arguments) -> String {
    let (mut done, mut rest) = (String::new(), text);
    while let Some((before, after)) = rest.split_once('$') {
        done.push_str(before);
        let value = |name: &str| arguments.get(name).filter(|value| !value.is_empty());
        if let Some((inner, behind)) = after.strip_prefix('{').and_then(|inner| inner.split_once('}')) {
            let replaced = match (inner.split_once(":-"), inner.split_once(":+")) {
                (Some((name, default)), _) => value(name).map_or(default, String::as_str),
                (None, Some((name, other))) => value(name).map_or("", |_| other),
                (None, None) => value(inner).map_or("", String::as_str),
            };
            done.push_str(replaced);
            rest = behind;
        } else {
            let end = after.find(|each: char| !each.is_ascii_alphanumeric() && each != '_').unwrap_or(after.len());
            let (name, behind) = after.split_at(end);
            done.push_str(value(name).map_or("", String::as_str));
            rest = behind;
        }
    }
    done + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_built_from() {
        let given = Arguments::from([("BASE".to_owned(), "r.io/given".to_owned())]);
        for (text, expected) in [
            ("FROM a:1\nRUN true", &["a:1"][..]),
            (
                "# FROM z\nfrom --platform=$BUILDPLATFORM a as One\nFROM one\nFROM scratch\nCOPY --from=ONE /x /\n",
                &["a"],
            ),
            ("ARG BASE=b\nARG TAG=\"2\"\nFROM ${BASE}:$TAG", &["r.io/given:2"]),
            ("ARG X\nFROM ${X:-c}:${BASE:+no}${X:+no}1", &["c:1"]),
            ("FROM \\\n  a\nCOPY --chown=1 --from=r.io/tool:3 /x /\nCOPY --from=0 /y /\nFROM a", &["a", "r.io/tool:3"]),
            ("# escape=`\nFROM `\n a\\b", &["a\\b"]),
            ("FROM a\nARG a=b\nRUN FROM", &["a"]),
            ("FROM", &[]),
            ("", &[]),
        ] {
            assert_eq!(images(text, &given), expected, "{text}");
        }
    }
}
