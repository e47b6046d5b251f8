//! Cache keys: text with `{{ … }}` in it, limited to the calls and fields that the plugin's template engine has
//! (drone-meltwater-cache, key/generator).

use std::{io, path::Path};

use md5::{Digest, Md5};

use crate::{StoreError, Surroundings};

/// Fields of the template and their variables, with defaults (drone-meltwater-cache, main).
#[rustfmt::skip]
const FIELDS: &[(&str, &str, &str)] = &[
    (".Repo.Namespace",       "DRONE_REPO_NAMESPACE", ""),
    (".Repo.Owner",           "DRONE_REPO_OWNER", ""),
    (".Repo.Name",            "DRONE_REPO_NAME", ""),
    (".Repo.Link",            "DRONE_REPO_LINK", ""),
    (".Repo.Branch",          "DRONE_REPO_BRANCH", ""),
    (".Build.Number",         "DRONE_BUILD_NUMBER", "0"),
    (".Build.Event",          "DRONE_BUILD_EVENT", "push"),
    (".Build.Status",         "DRONE_BUILD_STATUS", "success"),
    (".Build.Deploy",         "DRONE_DEPLOY_TO", ""),
    (".Build.Created",        "DRONE_BUILD_CREATED", "0"),
    (".Build.Started",        "DRONE_BUILD_STARTED", "0"),
    (".Build.Finished",       "DRONE_BUILD_FINISHED", "0"),
    (".Build.Link",           "DRONE_BUILD_LINK", ""),
    (".Commit.Remote",        "DRONE_REMOTE_URL", ""),
    (".Commit.Sha",           "DRONE_COMMIT_SHA", ""),
    // The plugin sets it to the hash.
    (".Commit.Ref",           "DRONE_COMMIT_SHA", ""),
    (".Commit.Link",          "DRONE_COMMIT_LINK", ""),
    (".Commit.Branch",        "DRONE_COMMIT_BRANCH", "master"),
    (".Commit.Message",       "DRONE_COMMIT_MESSAGE", ""),
    (".Commit.Author.Name",   "DRONE_COMMIT_AUTHOR", ""),
    (".Commit.Author.Email",  "DRONE_COMMIT_AUTHOR_EMAIL", ""),
];

/// Expands the key of a template. A file that cannot be read has an empty checksum, as in the plugin, which is
/// reported.
///
/// # Errors
/// [`StoreError::Key`] for a template that is incomplete, or that uses more than a function or a field.
pub(crate) fn key(template: &str, around: &Surroundings, say: &mut dyn FnMut(&str)) -> Result<String, StoreError> {
    let mut key = String::new();
    let mut rest = template;
    while let Some((before, from)) = rest.split_once("{{") {
        let Some((action, after)) = from.split_once("}}") else {
            return Err(StoreError::Key(format!("`{{{{` without `}}}}` in `{template}`")));
        };
        // `{{- ` and ` -}}` remove adjacent white space.
        let (trims_before, trims_after) = (action.starts_with("- "), action.ends_with(" -"));
        key.push_str(if trims_before { before.trim_end() } else { before });
        let action = action.strip_prefix("- ").unwrap_or(action);
        let action = action.strip_suffix(" -").unwrap_or(action);
        key.push_str(&evaluate(action.trim(), around, say)?);
        rest = if trims_after { after.trim_start() } else { after };
    }
    key.push_str(rest);
    if key.is_empty() { Err(StoreError::Key("it is empty".to_owned())) } else { Ok(key) }
}

fn evaluate(action: &str, around: &Surroundings, say: &mut dyn FnMut(&str)) -> Result<String, StoreError> {
    if action.starts_with("/*") && action.ends_with("*/") {
        return Ok(String::new());
    }
    if let Some((_, variable, default)) = FIELDS.iter().find(|(field, _, _)| *field == action) {
        return Ok(around.get(variable).unwrap_or(default).to_owned());
    }
    let (function, argument) = action.split_once(char::is_whitespace).unwrap_or((action, ""));
    match (function, string(argument.trim())) {
        ("checksum", Some(path)) => Ok(checksum(&path, around, say)),
        ("epoch", None) if argument.is_empty() => Ok(around.now.to_string()),
        ("os", None) if argument.is_empty() => Ok(go_name(std::env::consts::OS).to_owned()),
        ("arch", None) if argument.is_empty() => Ok(go_name(std::env::consts::ARCH).to_owned()),
        _ => match string(action) {
            Some(text) => Ok(text),
            None => Err(StoreError::Key(format!(
                "`{{{{ {action} }}}}` is not understood: write checksum \"FILE\", epoch, os, arch or a field such as \
                 .Commit.Branch"
            ))),
        },
    }
}

/// A Go string: quoted with escapes, or raw in backquotes.
fn string(text: &str) -> Option<String> {
    if let Some(raw) = text.strip_prefix('`').and_then(|text| text.strip_suffix('`')) {
        return (!raw.contains('`')).then(|| raw.to_owned());
    }
    let inner = text.strip_prefix('"')?.strip_suffix('"')?;
    let mut plain = String::new();
    let mut characters = inner.chars();
    while let Some(character) = characters.next() {
        match character {
            '"' => return None,
            '\\' => match characters.next()? {
                'n' => plain.push('\n'),
                't' => plain.push('\t'),
                same @ ('\\' | '"') => plain.push(same),
                _ => return None,
            },
            other => plain.push(other),
        }
    }
    Some(plain)
}

/// The MD5 of a file, in hexadecimal digits.
fn checksum(path: &str, around: &Surroundings, say: &mut dyn FnMut(&str)) -> String {
    let mut hash = Md5::new();
    let opened = around.anchor(&around.absolute(Path::new(path))).map_err(|error| error.to_string());
    let opened = opened.and_then(|anchor| anchor.root.file(&anchor.below).map_err(|refusal| refusal.to_string()));
    let read = opened.and_then(|mut file| io::copy(&mut file, &mut hash).map_err(|error| error.to_string()));
    match read {
        Ok(_) => hex::encode(hash.finalize()),
        Err(error) => {
            say(&format!("cache key: no checksum of {path} ({error}): it is left empty"));
            String::new()
        }
    }
}

/// Go's names of systems and processors.
fn go_name(name: &str) -> &str {
    match name {
        "macos" => "darwin",
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rooted::testing::Bench;

    fn made(template: &str) -> String {
        let bench = Bench::new();
        bench.file("go.sum", "one\n");
        let mut bench_around = bench.around(&[("DRONE_COMMIT_BRANCH", "main"), ("DRONE_BUILD_NUMBER", "7")]);
        bench_around.now = 1_700_000_000;
        let mut lines = String::new();
        let made = key(template, &bench_around, &mut |line| lines.push_str(line));
        match made {
            Ok(key) if lines.is_empty() => key,
            Ok(key) => format!("{key} ({lines})"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn templates() {
        assert_eq!(made("deps-{{ checksum \"go.sum\" }}"), "deps-5bbf5a52328e7439ae6e719dfe712200");
        assert_eq!(made("{{checksum `go.sum`}}"), "5bbf5a52328e7439ae6e719dfe712200");
        assert_eq!(made("{{ .Commit.Branch }}-{{ .Build.Number }}-{{ epoch }}"), "main-7-1700000000");
        assert_eq!(made("{{ .Build.Event }}"), "push");
        assert_eq!(made("a {{- \"b\" -}} c"), "abc");
        assert_eq!(made("plain"), "plain");
    }

    #[test]
    fn a_missing_file_is_reported_and_left_empty() {
        insta::assert_snapshot!(
            made("deps-{{ checksum \"no.sum\" }}"),
            @"deps- (cache key: no checksum of no.sum (it does not exist): it is left empty)"
        );
    }

    #[test]
    fn what_is_not_understood() {
        insta::assert_snapshot!(made("{{ if .X }}a{{ end }}"), @r#"cannot make the cache key: `{{ if .X }}` is not understood: write checksum "FILE", epoch, os, arch or a field such as .Commit.Branch"#);
        insta::assert_snapshot!(made("a{{ b"), @"cannot make the cache key: `{{` without `}}` in `a{{ b`");
        insta::assert_snapshot!(made("{{ checksum go.sum }}"), @r#"cannot make the cache key: `{{ checksum go.sum }}` is not understood: write checksum "FILE", epoch, os, arch or a field such as .Commit.Branch"#);
        insta::assert_snapshot!(made(""), @"cannot make the cache key: it is empty");
    }

    proptest::proptest! {
        /// Any template gives a key or a reason.
        #[test]
        fn any_template(template in "[{}a-c\"` .-]{0,24}") {
            let bench = Bench::new();
            drop(key(&template, &bench.around(&[]), &mut |_| {}));
        }
    }
}
