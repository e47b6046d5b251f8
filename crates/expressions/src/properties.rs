//! Properties for any text: nothing panics, nothing takes long, spans fit their text.
#![expect(clippy::disallowed_methods, reason = "the tests measure time; the crate itself does not")]

use std::time::{Duration, Instant};

use proptest::{prelude::*, sample::select};

use crate::{Template, testing};

/// Fragments of expressions, from the corpus and from the grammar, for random combinations.
const PIECES: &[&str] = &[
    "<+",
    ">",
    "\\>",
    " ",
    "\n",
    "é",
    "\"",
    "'",
    "\\",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ".",
    ",",
    ";",
    ":",
    "?",
    "?:",
    "==",
    "!=",
    ">=",
    "&&",
    "||",
    "!",
    "+",
    "-",
    "*",
    "/",
    "%",
    "=~",
    "=^",
    "..",
    "...",
    "=",
    "+=",
    "//",
    "##",
    "0",
    "1",
    "1.5",
    "9999999999",
    "0x",
    "a",
    "f",
    "yes",
    "none",
    "unknown",
    "wait",
    "items",
    "plain",
    "pipeline.name",
    "pipeline.variables.image",
    "pipeline.variables.loop",
    "codebase.branch",
    "json_text",
    "xml_text",
    "secrets.getValue('token')",
    "json.select('$..title', json_text)",
    "xml.select('//title', xml_text)",
    "regex.extract('[a-z]+', f)",
    "datetime.currentDate()",
    "shell.escape(f)",
    "split(',')",
    "replace('a','b')",
    "substring(1)",
    "matches('(a|b)*')",
    "toString()",
    "size(",
    "empty ",
    "not ",
    "and",
    "or",
    "div",
    "mod",
    "var x",
    "var x = ",
    "x",
    "x.add(x)",
    "for (i : items) ",
    "while (true) ",
    "if (yes) ",
    "else ",
    "return ",
    "break",
    "function(n) ",
    "true",
    "null",
    "<+a>",
    "<+f>",
    "<+pipeline.name>",
    "input",
    ".default(",
    ".allowedValues(",
];

/// Real expressions, to be damaged.
const WRITTEN: &[&str] = &[
    r#"<+secrets.getValue("<+secrets.getValue("token")>")>"#,
    r#"<+secrets.getValue("org.vault://x<+pipeline.stages.build.variables.ENV>/path#key")>"#,
    r#"<+pipeline.stages["ExecuteMatrix"+ <+a>].status>"#,
    "<+<+codebase.repoUrl>.substring(<+codebase.repoUrl>.lastIndexOf('/') + 1)>",
    r#"<+<+pipeline.variables.quick>=="true"?"git fetch <+codebase.branch> && ls":"git --version">"#,
    "<+execution.steps.Group<+stepGroup.identifierPostFix>.steps.t.output.outputVariables.id>",
    r#"<+json.list("books", json.format(json.object(json_text)))[<+items.size()> - 1].title>"#,
    "<+var x=[...];for (i: [0,1,2,3]) { var z= 'k_'+i+'.name'; x.add(i);}; return x.toString()>",
    r#"(<+codebase.branch> == "main" || (<+items> != null && <+items>.contains("y")))"#,
    r"<+input>.default('{a}').allowedValues(a, \'b,c\', <+x.split(',')>).regex(^a([b]*)$|c).executionInput()",
];

/// Parses and evaluates `text` in every way.
fn exercise(text: &str) -> Result<(), TestCaseError> {
    let start = Instant::now();
    let (template, errors) = Template::parse(text);
    for error in &errors {
        prop_assert!(text.get(error.span.clone()).is_some(), "{error:?} does not fit {text:?}");
    }
    if let Err(error) = Template::parse_expression(text) {
        prop_assert!(text.get(error.span.clone()).is_some(), "{error:?} does not fit {text:?}");
    }
    prop_assert_eq!(template.source(), text);
    prop_assert!(errors.len() <= text.matches("<+").count());
    if let Some(input) = template.as_runtime_input() {
        prop_assert!(input.validate("<+x>").is_ok());
        input.validate(text).ok();
    }
    testing::template(text);
    testing::expression(text);
    prop_assert!(start.elapsed() < Duration::from_secs(60), "{text:?} took {:?}", start.elapsed());
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text(text in any::<String>()) {
        exercise(&text)?;
        exercise(&format!("<+{text}>"))?;
    }

    #[test]
    fn any_pieces(pieces in prop::collection::vec(select(PIECES), 0..30)) {
        exercise(&pieces.concat())?;
        exercise(&format!("<+{}>", pieces.join(" ")))?;
    }

    #[test]
    fn damaged_expressions(
        text in select(WRITTEN),
        damage in prop::collection::vec((any::<prop::sample::Index>(), 0_usize..6, select(PIECES)), 0..6),
    ) {
        let mut characters: Vec<char> = text.chars().collect();
        for (at, removed, added) in damage {
            let at = at.index(characters.len() + 1);
            let end = (at + removed).min(characters.len());
            characters.splice(at..end, added.chars());
        }
        exercise(&characters.into_iter().collect::<String>())?;
    }

    #[test]
    fn text_without_expressions_is_itself(text in "[^<]*") {
        let (template, errors) = Template::parse(&text);
        prop_assert_eq!(template.as_literal(), Some(text.as_str()));
        prop_assert!(errors.is_empty());
    }

    #[test]
    fn quoted_text_is_itself(text in "[a-zA-Z0-9 .,:;|&é-]*") {
        prop_assert_eq!(testing::template(&format!("<+'{text}'>")), serde_json::Value::from(text).to_string());
    }
}

/// Parsing a text twice as long takes about twice the time: no text is parsed repeatedly.
#[test]
fn parsing_is_linear() {
    for unit in ["<+a> ", "<+", "<+a >= ", "<+\"", "<+(", "<+a b> ", "<+x.y(1)+", "<+a>>", "<+ <+a> = > ", "\\>"] {
        let text = unit.repeat(200_000 / unit.len());
        let start = Instant::now();
        let (template, _) = Template::parse(&text);
        assert_eq!(template.source().len(), text.len());
        Template::parse_expression(&text).ok();
        assert!(start.elapsed() < Duration::from_secs(60), "{unit:?} took {:?}", start.elapsed());
    }
}

#[test]
fn long_texts_are_fast() {
    let long = "x".repeat(1 << 20);
    let start = Instant::now();
    let shown = testing::template(&format!("{long}<+a>{long}<+'{long}'.length()>"));
    assert!(shown.ends_with("1048576\""));
    assert!(start.elapsed() < Duration::from_secs(60), "took {:?}", start.elapsed());
}
