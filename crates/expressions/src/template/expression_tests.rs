//! What `Template::parse_expression` accepts and refuses.

use insta::assert_snapshot;

use super::Template;
use crate::testing::expression as eval;

#[test]
fn conditions_as_people_write_them() {
    assert_snapshot!(eval(r#"<+codebase.build.type> == "tag""#), @"false");
    assert_snapshot!(eval(r#"<+codebase.build.type> == "tag" || "branch""#), @"true");
    assert_snapshot!(eval("<+codebase.build.type> == \"branch\"\n"), @"true");
    assert_snapshot!(eval(r#"<+codebase.branch> =~ "ma.*" && <+codebase.repoUrl> =^ "https:""#), @"true");
    assert_snapshot!(eval(r#"(<+codebase.branch> == "dev" || (<+items> != null && <+items>.contains("y")))"#), @"true");
    assert_snapshot!(eval(r#"<+execution.steps.Group<+stepGroup.identifierPostFix>.steps.t.status> == "IGNORE_FAILED" ## why"#), @"false");
    assert_snapshot!(eval("1==2"), @"false");
    assert_snapshot!(eval("true"), @"true");
    assert_snapshot!(eval(""), @"null");
    assert_snapshot!(eval("<+a> > 3 && <+b> >= 12"), @"true");
}

#[test]
fn null_in_a_condition_is_an_error() {
    assert_snapshot!(eval("!<+unknown>"), @"error: `<+unknown>` is null at `<+unknown>`");
    assert_snapshot!(eval("<+unknown> && true"), @"error: `<+unknown>` is null at `<+unknown>`");
    assert_snapshot!(eval("true && <+unknown>"), @"error: `<+unknown>` is null at `<+unknown>`");
    assert_snapshot!(eval(r#"<+unknown> == null && <+unknown> != """#), @"true (unresolved unknown)");
    assert_snapshot!(eval("unknown"), @"null (unresolved unknown)");
}

#[test]
fn malformed() {
    assert_snapshot!(eval("<+a> =="), @"syntax: a value is missing at the end at `<+a> ==`");
    assert_snapshot!(eval("<+a> = 5"), @"syntax: only a variable can be assigned to at `<+a>`");
    assert_snapshot!(eval("<+a"), @"syntax: `<+` without its `>` at `<+a`");
    assert_snapshot!(eval("<+a b> == 1"), @"syntax: the expression should end here at `b`");
    assert_snapshot!(eval("a ? b"), @"syntax: `:` is missing at the end at `a ? b`");
    assert_snapshot!(eval("(a"), @"syntax: `)` is missing at the end at `(a`");
    assert_snapshot!(eval("a.[0]"), @"syntax: a name is missing after `.` at `a.[0]`");
    assert_snapshot!(eval("a § b"), @"syntax: `§` has no meaning here at `§`");
    assert_snapshot!(eval("var true = 1"), @"syntax: a variable's name is missing here at `true`");
    assert_snapshot!(eval("'é"), @r"syntax: the text's closing quote is missing (`>` in it is written `\>`) at `'é`");
    assert_snapshot!(eval("12x"), @"syntax: the expression should end here at `x`");
    assert_snapshot!(eval("99999999999999999999"), @"error: the number does not fit 64 bits at `99999999999999999999`");
}

#[test]
fn fields_that_take_more_than_text() {
    assert_snapshot!(eval(r#"<+pipeline.variables.list>.split(",")"#), @r#"["a","b","c"]"#);
    assert_snapshot!(eval("<+items>"), @r#"["x","y","z"]"#);
}

#[test]
fn scripts() {
    assert_snapshot!(eval("var x = [...]; for (i : [0, 1, 2]) { var z = 'k_' + i; x.add(z); }; return x.toString()"), @r#""[k_0, k_1, k_2]""#);
    assert_snapshot!(eval("var s = 0; for (var i : 1..4) { if (i == 3) continue; s += i }; s"), @"7");
    assert_snapshot!(eval("var m = {'a': 1}; m.b = [1, ...]; m.b.add(2); m['c'] = m.a + 1; m"), @r#"{"a":1,"b":[1,2],"c":2}"#);
    assert_snapshot!(eval("if (a > 3) { 'big' } else { 'small' }"), @r#""big""#);
    assert_snapshot!(eval("if (a < 3) 'small'; else if (b == 12) 'twelve'; else 'other'"), @r#""twelve""#);
    assert_snapshot!(eval("var i = 0; while (true) { i = i + 1; if (i == 10) { break } } return i; 99"), @"10");
    assert_snapshot!(eval("var add = function(x, y) { return x + y }; add(add(1, 2), <+a>)"), @"8");
    assert_snapshot!(eval("var f = function(n) { f(n) }; f(1)"), @"error: infinite loop or too deep indirection at `f(n)`");
    assert_snapshot!(eval("while (true) {}"), @"error: the expression takes more than 400000 steps at `true`");
    assert_snapshot!(eval("var x = []; while (true) { x = [x] }"), @"error: lists and maps nest more than 64 levels deep at `[x]`");
    assert_snapshot!(eval("var x = [1]; while (true) { x = [x, x, x] }"), @"error: the expression takes more than 400000 steps at `[x, x, x]`");
    assert_snapshot!(eval("var x = [1]; x[5] = 2"), @"error: a list of 1 has no position 5 at `[5]`");
}

#[test]
fn errors_point_at_their_place() {
    assert_snapshot!(eval("1 + (2 * 'x')"), @"error: `x` is not a number at `2 * 'x'`");
    assert_snapshot!(eval("<+f>.substring(1).charAt(9)"), @"error: a text of 2 characters has no position 9 at `.charAt(9)`");
    assert_snapshot!(eval("<+a> / (<+b> - 12)"), @"error: division by zero at `<+a> / (<+b> - 12)`");
    assert_snapshot!(eval("9223372036854775807 + 1"), @"error: the number does not fit 64 bits at `9223372036854775807 + 1`");
    assert_snapshot!(eval("<+f> =~ '(?=a)'"), @"error: the regular expression `(?=a)` cannot be evaluated by cirun: it \
        has a look-ahead at `<+f> =~ '(?=a)'`");
}

#[test]
fn an_expression_is_no_literal() {
    let template = Template::parse_expression("1 == 1").unwrap();
    assert_eq!((template.as_literal(), template.source()), (None, "1 == 1"));
}
