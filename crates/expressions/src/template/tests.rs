use insta::assert_snapshot;

use super::Template;
use crate::testing::template as eval;

#[test]
fn text_without_expressions_stays_as_it_is() {
    assert_snapshot!(eval("plain < text + 1 > 0"), @r#""plain < text + 1 > 0""#);
    assert_eq!(Template::parse("a < b").0.as_literal(), Some("a < b"));
    assert_eq!(Template::parse("<+a>").0.as_literal(), None);
    assert_eq!(Template::parse("<+a>!").0.source(), "<+a>!");
}

#[test]
fn only_an_expression_keeps_its_type() {
    assert_snapshot!(eval("<+a>"), @"5");
    assert_snapshot!(eval("<+half>"), @"0.5");
    assert_snapshot!(eval("<+items>"), @r#"["x","y","z"]"#);
    assert_snapshot!(eval("<+>"), @r#""""#);
    assert_snapshot!(eval("<+none>"), @"null");
}

#[test]
fn text_around_expressions_is_rendered() {
    assert_snapshot!(eval("é<+a>–<+half> <+items> <+plain.n> <+yes> <+none>"), @r#""é5–0.5 [\"x\",\"y\",\"z\"] {\"m\":[1,2]} true null""#);
    assert_snapshot!(eval("<+a> + <+b> = <+<+a> + <+b>>"), @r#""5 + 12 = 17""#);
    assert_snapshot!(eval("<<+pipeline.name>|Deployment URL>"), @r#""<My Shop|Deployment URL>""#);
    assert_snapshot!(eval("--tag=<+codebase.branch>.default(x)"), @r#""--tag=main.default(x)""#);
}

#[test]
fn malformed_expressions_stay_text() {
    assert_snapshot!(eval("<+a> <+b"), @r#"
    syntax: `<+` without its `>` at `<+b`
    "5 <+b"
    "#);
    assert_snapshot!(eval("é <+execution.steps.<STEP_ID>.x"), @r#"
    syntax: a name is missing after `.` at `<+execution.steps.<STEP_ID>`
    "é <+execution.steps.<STEP_ID>.x"
    "#);
    assert_snapshot!(eval(r#"<+secrets.getValue("my_id)> and <+a>"#), @r#"
    syntax: the text's closing quote is missing (`>` in it is written `\>`) at `"my_id)`
    "<+secrets.getValue(\"my_id)> and 5"
    "#);
    assert_snapshot!(eval("<+ <+a> == > <+a>"), @r#"
    syntax: a value is missing at the end at `<+ <+a> == >`
    "<+ <+a> == > 5"
    "#);
    assert_snapshot!(eval("<+items[0>"), @r#"
    syntax: `]` is missing at the end at `<+items[0>`
    "<+items[0>"
    "#);
    assert_snapshot!(eval(r#"<+f.contains(">")>"#), @r#"
    syntax: the text's closing quote is missing (`>` in it is written `\>`) at `"`
    "<+f.contains(\">\")>"
    "#);
}

#[test]
fn unresolved_references_become_null() {
    assert_snapshot!(eval("<+unknown>"), @"null (unresolved unknown)");
    assert_snapshot!(eval("<+pipeline.variables.unknown.x> <+a> <+unknown> <+unknown>"), @r#""null 5 null null" (unresolved pipeline.variables.unknown.x, unknown)"#);
    assert_snapshot!(eval("<+unknown.split(',')[0]>"), @"null (unresolved unknown.split(',')[0])");
    assert_snapshot!(eval(r#"<+json.object(unknown).level>"#), @"null (unresolved json.object(unknown).level)");
    assert_snapshot!(eval("<+f.substring(9)> <+f.nosuch()>"), @r#""null null" (unresolved f.substring(9), f.nosuch())"#);
    assert_snapshot!(eval("<+plain.k.x>"), @"null (unresolved plain.k.x)");
}

#[test]
fn with_blocks_inside_errors_are_errors() {
    assert_snapshot!(eval("<+<+unknown>.split(',')>"), @"error: null has no method `split` at `.split(',')`");
    assert_snapshot!(eval("<+<+a> + <+unknown>>"), @"error: `<+unknown>` is null at `<+a> + <+unknown>`");
    assert_snapshot!(eval(r#"<+"$tag:"+<+unknown>>"#), @r#"error: `<+unknown>` is null at `"$tag:"+<+unknown>`"#);
    assert_snapshot!(eval("<+<+f>.substring(9)>"), @"error: a text of 3 characters has no position 9 at `.substring(9)`");
}

#[test]
fn nested_values_are_values_and_not_text() {
    assert_snapshot!(eval("<+<+items>[1]>"), @r#""y""#);
    assert_snapshot!(eval(r#"<+<+f> == "abc" ? <+a> : <+wait>>"#), @"5");
    assert_snapshot!(eval("<+<+half> * 2>"), @"1.0");
    assert_snapshot!(eval("<+<+pipeline.variables.list>.split(',')[<+items.size()> - 1]>"), @r#""c""#);
    assert_snapshot!(eval("<+<+codebase.repoUrl>.substring(<+codebase.repoUrl>.lastIndexOf('/') + 1)>"), @r#""shop""#);
}

#[test]
fn nested_in_names_and_quotes() {
    assert_snapshot!(eval("<+pipeline.stages.<+pipeline.variables.stageName>.status>"), @r#""SUCCEEDED""#);
    assert_snapshot!(eval("<+execution.steps.Group<+stepGroup.identifierPostFix>.steps.t.status>"), @r#""FAILED""#);
    assert_snapshot!(eval(r#"<+pipeline.stages["bu" + <+"ild">].status>"#), @r#""SUCCEEDED""#);
    assert_snapshot!(eval(r#"<+<+yes>=="true"?"on <+codebase.branch> && <+unknown>":"off">"#), @r#""on main && null" (unresolved unknown)"#);
    assert_snapshot!(eval("<+pipeline.<+'variables.version'>>"), @r#""1.2.3""#);
}

#[test]
fn blocks_side_by_side_are_joined() {
    assert_snapshot!(eval("<+<+f> <+g>>"), @r#""abc def""#);
    assert_snapshot!(eval("<+<+f>harness>"), @r#""abcharness""#);
    assert_snapshot!(eval("<+archit-<+f>>"), @r#""archit-abc""#);
    assert_snapshot!(eval("<+<+f>:<+a>>"), @r#""abc:5""#);
    assert_snapshot!(eval("<+<+a> - <+b>>"), @"-7");
}

#[test]
fn values_that_hold_expressions_are_evaluated() {
    assert_snapshot!(eval("<+pipeline.variables.image>"), @r#""acme/my_shop:42""#);
    assert_snapshot!(eval("<+pipeline.variables.sum>"), @"29");
    assert_snapshot!(eval("<+pipeline.variables.sum + 1>"), @"30");
    assert_snapshot!(eval("<+pipeline.variables.side>"), @r#""abcdef""#);
    assert_snapshot!(eval("<+pipeline.variables.tag>"), @r#""v42""#);
    assert_snapshot!(eval("<+pipeline.variables.chain.toUpperCase()>"), @r#""EU-WEST-1""#);
    assert_snapshot!(eval("<+pipeline.variables.url>"), @r#""https://abc.test/?x=5&y=12//z""#);
    assert_snapshot!(eval("<+pipeline.variables.holed>"), @r#""acme/null" (unresolved unknown)"#);
    assert_snapshot!(eval("<+pipeline.variables.broken>"), @r#""<+pipeline.name""#);
}

#[test]
fn values_that_lead_to_each_other_end() {
    assert_snapshot!(eval("x <+pipeline.variables.loop>"), @"error: in the value of `pipeline.variables.loop`: infinite loop or too deep indirection at `pipeline.variables.loop`");
}

#[test]
fn secrets_taint_and_are_not_evaluated() {
    assert_snapshot!(eval(r#"<+secrets.getValue("token")>"#), @r#""s3cret <+a>" (secret)"#);
    assert_snapshot!(eval(r#"x <+pipeline.variables.token>"#), @r#""x s3cret <+a>" (secret)"#);
    assert_snapshot!(eval(r#"<+secrets.getValue("<+secrets.getValue("name_of_token")>")>"#), @r#""s3cret <+a>" (secret)"#);
    assert_snapshot!(eval("<+secrets.getValue('org.no')>"), @"null (unresolved secrets.getValue('org.no'))");
    assert_snapshot!(eval("<+hidden.length()>"), @"4 (secret)");
    assert_snapshot!(eval("<+yes ? a : hidden>"), @"5");
}

#[test]
fn pending_only_where_it_is_needed() {
    assert_snapshot!(eval("<+wait>"), @"pending");
    assert_snapshot!(eval("x <+deep.wait.split(',')>"), @"pending");
    assert_snapshot!(eval("<+wait.below>"), @"pending");
    assert_snapshot!(eval("<+yes || wait>"), @"true");
    assert_snapshot!(eval("<+!yes && wait>"), @"false");
    assert_snapshot!(eval("<+f ?: wait>"), @r#""abc""#);
    assert_snapshot!(eval("<+secrets.getValue('later')>"), @"pending");
}

#[test]
fn limits() {
    let deep = format!("<+{}1{}>", "(".repeat(100), ")".repeat(100));
    assert_snapshot!(eval(&deep).lines().next().unwrap().split(" at ").next().unwrap(), @"syntax: nested more than 64 levels deep");
    let nested = format!("{}a{}", "<+".repeat(100), ">".repeat(100));
    assert_snapshot!(eval(&nested).lines().next().unwrap().split(" at ").next().unwrap(), @"syntax: `<+…>` nested more than 64 levels deep");
    let long_sum = format!("<+{}>", ["1"; 5000].join("+"));
    assert_snapshot!(eval(&long_sum), @"5000");
    let doubling = "<+ var s = 'x'; while (true) { s = s + s; } return s>";
    assert_snapshot!(eval(doubling), @"error: the expression takes more than 400000 steps at `s + s`");
    let nested = format!("{}a{}", "<+".repeat(60), ">".repeat(60));
    assert_snapshot!(eval(&nested), @"5");
    let lists = format!("<+{}1{}>", "[".repeat(60), "]".repeat(60));
    assert_snapshot!(eval(&lists).len(), @"121");
    let bomb = "<+var s = 'a'.repeat(60000); s.replace('a', s)>";
    assert_snapshot!(eval(bomb), @"error: `replace` would make more than 16777216 bytes at `.replace('a', s)`");
    assert_snapshot!(eval("<+var s = 'a'.repeat(60000); s.replaceAll('a', s)>"), @"error: the replaced text has more than 16777216 bytes at `.replaceAll('a', s)`");
    let tall = format!("<+json.select('$..*..*..*..*..nothing', '{}1{}')>", "[".repeat(60), "]".repeat(60));
    assert_snapshot!(eval(&tall).split(" at ").next().unwrap(), @"error: the JSONPath visits more than 200000 values");
    let tree = "<x \\>".repeat(50) + &"</x\\>".repeat(50);
    let tall = format!("<+xml.select('count(//x[count(//x[count(//x) \\> 0]) \\> 0])', '{tree}')>");
    assert_snapshot!(eval(&tall).split(" at ").next().unwrap(), @"error: the XPath visits more than 200000 nodes");
}
