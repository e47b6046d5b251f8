//! Output variables and published artifacts, read from the files of a finished step (outputs.declared).

use base64::{Engine, engine::general_purpose::STANDARD};
use cirun_expressions::Value;
use cirun_plan::OutputVariable;
use indexmap::IndexMap;

use crate::{DotenvError, OutputFiles, dotenv};

/// Marks a value that the script encoded as base64 so that it can hold any text.
const BASE64_MARK: &str = "__B64__";

/// A value exported by a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OutputValue {
    pub(crate) text: String,
    pub(crate) secret: bool,
}

/// All values exported by a step.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Outputs {
    pub(crate) variables: IndexMap<String, OutputValue>,
    /// The outcome `artifact_<step>`, as expressions read it.
    pub(crate) artifact: Option<Value>,
    /// Problems to report that do not fail the step.
    pub(crate) notes: Vec<String>,
}

/// Why a step that succeeded fails after all.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OutputsError {
    /// A file that cannot be trusted, as text to print.
    #[error("{0}")]
    Refused(String),
    /// It declares variables, and wrote no file.
    #[error("{}", missing(.0))]
    Missing(Vec<String>),
    /// Its file cannot be parsed.
    #[error("the output file cannot be read: {0}; a value of several lines needs escaping or base64")]
    Unreadable(DotenvError),
}

/// Why an artifact file is not read.
#[derive(Debug, thiserror::Error)]
enum ArtifactError {
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    #[error("its kind `{0}` is not known")]
    UnknownKind(String),
    #[error("it has no `kind`")]
    NoKind,
}

/// Reads the files of a step that succeeded.
pub(crate) fn read(files: &OutputFiles, declared: &[OutputVariable]) -> Result<Outputs, OutputsError> {
    if let Some(reason) = &files.refused {
        return Err(OutputsError::Refused(reason.clone()));
    }
    let mut outputs = Outputs::default();
    match (&files.outputs, declared) {
        (None, []) => {}
        (None, _) => {
            return Err(OutputsError::Missing(declared.iter().map(|variable| variable.name.clone()).collect()));
        }
        (Some(bytes), _) => match dotenv::parse(&String::from_utf8_lossy(bytes)) {
            Ok(variables) => select(variables, declared, &mut outputs),
            Err(error) if declared.is_empty() => {
                outputs.notes.push(format!("the output file cannot be read, so no variable is exported: {error}"));
            }
            Err(error) => return Err(OutputsError::Unreadable(error)),
        },
    }
    if let Some(bytes) = &files.secrets {
        match dotenv::parse(&String::from_utf8_lossy(bytes)) {
            Ok(variables) => outputs.variables.extend(variables.into_iter().map(|(name, text)| {
                let text = decode(text);
                (name, OutputValue { text, secret: true })
            })),
            Err(error) => outputs.notes.push(format!("the file of secret outputs cannot be read: {error}")),
        }
    }
    if let Some(bytes) = &files.artifact {
        match artifact(bytes) {
            Ok(value) => outputs.artifact = value,
            Err(problem) => outputs.notes.push(format!("the artifact file cannot be read: {problem}")),
        }
    }
    Ok(outputs)
}

fn missing(declared: &[String]) -> String {
    let names: Vec<_> = declared.iter().map(|name| format!("`{name}`")).collect();
    format!(
        "the step declares the output variable{} {}, but its output file was not written (exit 255 in CI): the lines \
         that export them come after the script, and a script that ends with `exit 0` never reaches them",
        if names.len() == 1 { "" } else { "s" },
        names.join(", "),
    )
}

/// Only declared variables are exported, or all of them if none is declared.
fn select(mut variables: IndexMap<String, String>, declared: &[OutputVariable], outputs: &mut Outputs) {
    if declared.is_empty() {
        let all = variables.into_iter().map(|(name, text)| (name, OutputValue { text: decode(text), secret: false }));
        outputs.variables = all.collect();
        return;
    }
    for OutputVariable { name, secret } in declared {
        match variables.swap_remove(name) {
            Some(text) => {
                outputs.variables.insert(name.clone(), OutputValue { text: decode(text), secret: *secret });
            }
            None => outputs.notes.push(format!("the declared output variable `{name}` was not written")),
        }
    }
}

fn decode(text: String) -> String {
    text.strip_prefix(BASE64_MARK)
        .and_then(|encoded| STANDARD.decode(encoded).ok())
        .map_or(text.clone(), |bytes| String::from_utf8_lossy(&bytes).into_owned())
}

/// The outcome of an artifact file: `stepArtifacts.publishedImageArtifacts[]` or `.publishedFileArtifacts[]`.
fn artifact(bytes: &[u8]) -> Result<Option<Value>, ArtifactError> {
    let file: serde_json::Value = serde_json::from_slice(bytes)?;
    let data = &file["data"];
    let list = |name: &str| data[name].as_array().map(Vec::as_slice).unwrap_or_default();
    let text = |value: &serde_json::Value| Value::String(value.as_str().unwrap_or_default().to_owned());
    let published = match file["kind"].as_str() {
        Some("docker/v1") => {
            let registry = data["registryUrl"].as_str().unwrap_or_default();
            let images = list("images").iter().map(|image| image_artifact(image, registry));
            ("publishedImageArtifacts", images.collect())
        }
        Some("fileUpload/v1") => {
            let files = list("fileArtifacts")
                .iter()
                .map(|file| map([("name", text(&file["name"])), ("url", text(&file["url"]))]));
            ("publishedFileArtifacts", files.collect())
        }
        Some(kind) => return Err(ArtifactError::UnknownKind(kind.to_owned())),
        None => return Err(ArtifactError::NoKind),
    };
    Ok(Some(map([("stepArtifacts", map([(published.0, Value::List(published.1))]))])))
}

fn image_artifact(image: &serde_json::Value, registry: &str) -> Value {
    let reference = image["image"].as_str().unwrap_or_default();
    let (name, tag) = match reference.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => (name, tag),
        _ => (reference, ""),
    };
    let host = registry.split_once("://").map_or(registry, |(_, host)| host).trim_end_matches('/');
    let url = match host {
        "" => reference.to_owned(),
        host if reference.starts_with(host) => reference.to_owned(),
        host => format!("{host}/{reference}"),
    };
    let string = |text: &str| Value::String(text.to_owned());
    map([
        ("imageName", string(name)),
        ("tag", string(tag)),
        ("url", Value::String(url)),
        ("digest", string(image["digest"].as_str().unwrap_or_default())),
    ])
}

fn map<const N: usize>(entries: [(&str, Value); N]) -> Value {
    Value::Map(entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;

    fn read_as_text(outputs: Option<&str>, secrets: Option<&str>, declared: &[(&str, bool)]) -> String {
        let bytes = |text: &str| text.as_bytes().to_vec();
        let files =
            OutputFiles { outputs: outputs.map(bytes), secrets: secrets.map(bytes), artifact: None, refused: None };
        let declared: Vec<_> = declared
            .iter()
            .map(|(name, secret)| OutputVariable { name: (*name).to_owned(), secret: *secret })
            .collect();
        match read(&files, &declared) {
            Ok(read) => read
                .variables
                .iter()
                .map(|(name, value)| format!("{name}={:?}{}", value.text, if value.secret { " secret" } else { "" }))
                .chain(read.notes.iter().map(|note| format!("note: {note}")))
                .collect::<Vec<_>>()
                .join("\n"),
            Err(reason) => format!("fails: {reason}"),
        }
    }

    #[test]
    fn nothing_declared_exports_everything() {
        assert_snapshot!(read_as_text(Some("B=2\nA=1"), None, &[]), @r#"
        B="2"
        A="1"
        "#);
        assert_snapshot!(read_as_text(None, None, &[]), @"");
    }

    #[test]
    fn declared_variables_only() {
        assert_snapshot!(read_as_text(Some("A=1\nB=2\nC=3"), None, &[("B", false), ("C", true), ("D", false)]), @r#"
        B="2"
        C="3" secret
        note: the declared output variable `D` was not written
        "#);
    }

    #[test]
    fn declared_without_a_file_fails() {
        assert_snapshot!(read_as_text(None, None, &[("A", false), ("B", false)]), @"fails: the step declares the output variables `A`, `B`, but its output file was not written (exit 255 in CI): the lines that export them come after the script, and a script that ends with `exit 0` never reaches them");
    }

    #[test]
    fn an_unreadable_file_fails_only_what_is_declared() {
        assert_snapshot!(read_as_text(Some("A=1\nx"), None, &[("A", false)]), @"fails: the output file cannot be read: line 2: Can't separate key from value; a value of several lines needs escaping or base64");
        assert_snapshot!(read_as_text(Some("A=1\nx"), None, &[]), @"note: the output file cannot be read, so no variable is exported: line 2: Can't separate key from value");
    }

    #[test]
    fn secret_file() {
        assert_snapshot!(read_as_text(Some("A=1"), Some("TOKEN=t0ken"), &[("A", false)]), @r#"
        A="1"
        TOKEN="t0ken" secret
        "#);
    }

    #[test]
    fn base64_values() {
        assert_snapshot!(read_as_text(Some("A=__B64__bGluZSAxCmxpbmUgMg==\nB=__B64__%"), None, &[]), @r#"
        A="line 1\nline 2"
        B="__B64__%"
        "#);
    }

    fn artifact_as_text(text: &str) -> String {
        match artifact(text.as_bytes()) {
            Ok(value) => format!("{value:?}"),
            Err(problem) => problem.to_string(),
        }
    }

    #[test]
    fn image_artifacts() {
        assert_snapshot!(artifact_as_text(r#"{"kind":"docker/v1","data":{"registryType":"ECR","registryUrl":"https://1.dkr.ecr.eu-west-1.amazonaws.com/","images":[{"image":"shop:1.2","digest":"sha256:ab"}]}}"#), @r#"Some(Map({"stepArtifacts": Map({"publishedImageArtifacts": List([Map({"imageName": String("shop"), "tag": String("1.2"), "url": String("1.dkr.ecr.eu-west-1.amazonaws.com/shop:1.2"), "digest": String("sha256:ab")})])})}))"#);
    }

    #[test]
    fn file_artifacts() {
        assert_snapshot!(artifact_as_text(r#"{"kind":"fileUpload/v1","data":{"fileArtifacts":[{"name":"a.zip","url":"s3://b/a.zip"}]}}"#), @r#"Some(Map({"stepArtifacts": Map({"publishedFileArtifacts": List([Map({"name": String("a.zip"), "url": String("s3://b/a.zip")})])})}))"#);
    }

    #[test]
    fn unknown_artifacts() {
        assert_snapshot!(artifact_as_text(r#"{"kind":"x"}"#), @"its kind `x` is not known");
        assert_snapshot!(artifact_as_text("{}"), @"it has no `kind`");
        assert_snapshot!(artifact_as_text("{"), @"EOF while parsing an object at line 1 column 1");
    }
}
