use insta::assert_snapshot;

use super::{anywhere, whole};

fn refused(pattern: &str) -> String {
    whole(pattern).map_or_else(|fault| fault.message().to_owned(), |_| "taken".to_owned())
}

#[test]
fn what_needs_backtracking_is_refused_by_name() {
    let patterns = ["(?=a)", "(?<!a)b", r"(a)\1", r"(?<n>a)\k<n>", "a*+", "a{1,2}+", "(?>a)", r"\Ga", r"\X", "[a&&]"];
    let shown = patterns.map(refused);
    let reasons: Vec<_> = shown.iter().map(|message| message.rsplit(": ").next().unwrap()).collect();
    assert_snapshot!(reasons.join("\n"), @r"
    it has a look-ahead
    it has a look-behind
    it has a back-reference
    it has a back-reference
    it has the possessive quantifier `*+`
    it has the possessive quantifier `{1,2}+`
    it has an atomic group
    it has `\G`
    it has `\X`
    a side of `&&` is empty
    ");
    assert!(refused("((a{100}){100}){100}").ends_with("it is too large"));
}

#[test]
fn mistakes_are_named() {
    let patterns = ["*a", "a{x}", "(a", "a)", "[a", "[c-a]", r"\y", r"\p{Foo}", "(?<x>a)(?<x>b)", "a**", "\\"];
    let shown = patterns.map(refused);
    assert_snapshot!(shown.join("\n"), @r"
    `*a` is not a regular expression: there is nothing that `*` repeats
    `a{x}` is not a regular expression: `{` has no number after it
    `(a` is not a regular expression: a `(` is not closed
    `a)` is not a regular expression: a `)` is not opened
    `[a` is not a regular expression: a `[` is not closed
    `[c-a]` is not a regular expression: a range ends before it begins
    `\y` is not a regular expression: `\y` has no meaning
    `\p{Foo}` is not a regular expression: `\p{Foo}` is no class
    `(?<x>a)(?<x>b)` is not a regular expression: two groups are named `x`
    `a**` is not a regular expression: there is nothing that `*` repeats
    `\` is not a regular expression: it ends with `\`
    ");
}

#[test]
fn a_dollar_does_not_take_the_line_break_before_the_end() {
    let replaced = |pattern: &str, text: &str| anywhere(pattern).unwrap().replace_all(text, "<$0>").unwrap();
    assert_eq!(replaced("c$", "abc\n"), "ab<c>\n");
    assert_eq!(replaced("$", "abc\n"), "abc<>\n<>");
    assert_eq!(replaced("(a|c$)", "abc\r\n"), "<a>b<c>\r\n");
    assert_eq!(replaced(".*", "abc"), "<abc><>");
    let message = anywhere(r"c$\n").unwrap().replace_all("abc\n", "").unwrap_err();
    assert_snapshot!(message.message(), @r"the regular expression `c$\n` cannot be evaluated by cirun: `$` before another part, in a text that ends with a line break");
}
