use insta::assert_snapshot;

use super::RuntimeInput;
use crate::Template;

fn read(text: &str) -> Option<RuntimeInput> {
    Template::parse(text).0.as_runtime_input()
}

fn shown(text: &str) -> String {
    let Some(input) = read(text) else { return "no runtime input".to_owned() };
    let RuntimeInput { default, allowed_values, select_one, select_many, regex, execution_input } = input;
    let lists = [("allowed", allowed_values), ("one of", select_one), ("many of", select_many)];
    let lists =
        lists.into_iter().filter(|(_, values)| !values.is_empty()).map(|(name, values)| format!("{name} {values:?}"));
    let texts = [("default", default), ("regex", regex)]
        .into_iter()
        .filter_map(|(name, text)| Some(format!("{name} {:?}", text?)));
    let at_execution = execution_input.then(|| "at execution".to_owned());
    texts.chain(lists).chain(at_execution).collect::<Vec<_>>().join(", ")
}

fn answer(text: &str, answer: &str) -> String {
    read(text).unwrap().validate(answer).err().unwrap_or_else(|| "fine".to_owned())
}

#[test]
fn forms_of_the_corpus() {
    assert_snapshot!(shown("<+input>"), @"");
    assert_snapshot!(shown(" <+ input >\n"), @"");
    assert_snapshot!(shown("<+input>.default(info).allowedValues(info,debug)"), @r#"default "info", allowed ["info", "debug"]"#);
    assert_snapshot!(shown("<+input>.allowedValues(AppStore Test, Prod, Test).executionInput()"), @r#"allowed ["AppStore Test", "Prod", "Test"], at execution"#);
    assert_snapshot!(shown("<+input>.executionInput().allowedValues(<+a.b>,<+c.split(\",\")>)"), @r#"allowed ["<+a.b>", "<+c.split(\",\")>"], at execution"#);
    assert_snapshot!(shown("<+input>.default(<+codebase.branch>)"), @r#"default "<+codebase.branch>""#);
    assert_snapshot!(shown("<+input>.regex(^account.([a-z]*)$|org.([a-z]*)$).default(skipped)"), @r#"default "skipped", regex "^account.([a-z]*)$|org.([a-z]*)$""#);
    assert_snapshot!(shown("<+input>.default(ci).selectManyFrom(ci,idp)"), @r#"default "ci", many of ["ci", "idp"]"#);
    assert_snapshot!(shown("<+input>.default()"), @"");
    assert_snapshot!(shown("<+input>.default(0 2 * * *)"), @r#"default "0 2 * * *""#);
}

#[test]
fn quotes_keep_commas() {
    assert_snapshot!(shown(r"<+input>.allowedValues(\'a,b\',c)"), @r#"allowed ["a,b", "c"]"#);
    assert_snapshot!(shown(r#"<+input>.allowedValues('a,b', "c,d", it's)"#), @r#"allowed ["a,b", "c,d", "it's"]"#);
    assert_snapshot!(shown(r#"<+input>.default('{"a": [1, 2]}')"#), @r#"default "{\"a\": [1, 2]}""#);
}

#[test]
fn other_texts_are_no_runtime_inputs() {
    assert_snapshot!(shown("<+input>-x"), @"no runtime input");
    assert_snapshot!(shown("x<+input>"), @"no runtime input");
    assert_snapshot!(shown("<+inputs.x>"), @"no runtime input");
    assert_snapshot!(shown("<+input>.default(a"), @"no runtime input");
    assert_snapshot!(shown("<+input>.default(a\nb)"), @"no runtime input");
    assert_snapshot!(shown("<+input>.allowedvalues(a)"), @"no runtime input");
}

#[test]
fn repeated_modifiers_the_last_counts() {
    assert_snapshot!(shown("<+input>.default(a).default(b(c)).allowedValues(x).allowedValues(y)"), @r#"default "b(c)", allowed ["y"]"#);
}

#[test]
fn answers() {
    assert_snapshot!(answer("<+input>.allowedValues(dev,qa)", "qa"), @"fine");
    assert_snapshot!(answer("<+input>.allowedValues(dev,qa)", "prod"), @"`prod` is not one of `dev`, `qa`");
    assert_snapshot!(answer("<+input>.allowedValues(dev,<+x>)", "prod"), @"fine");
    assert_snapshot!(answer("<+input>.selectOneFrom(a,b)", "a,b"), @"`a,b` is not one of `a`, `b`");
    assert_snapshot!(answer("<+input>.selectManyFrom(a,b)", "a, b"), @"fine");
    assert_snapshot!(answer("<+input>.selectManyFrom(a,b)", "a,z"), @"`z` is not one of `a`, `b`");
    assert_snapshot!(answer("<+input>.regex([a-z]+)", "Abc"), @"`Abc` does not match `[a-z]+`");
    assert_snapshot!(answer("<+input>.regex([a-z]+)", "abc"), @"fine");
    assert_snapshot!(answer("<+input>.regex([a-z]+)", "<+pipeline.name>"), @"fine");
}
