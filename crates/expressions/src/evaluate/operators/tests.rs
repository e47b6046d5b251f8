use insta::assert_snapshot;

use crate::testing::expression;

fn table(expressions: &[&str]) -> String {
    expressions.iter().map(|text| format!("{text} -> {}", expression(text))).collect::<Vec<_>>().join("\n")
}

#[test]
fn equality_coerces() {
    assert_snapshot!(table(&["1 == '1'", "1 == 1.0", "'1.0' == 1.0", "true == 'true'", "true == 'x'", "null == ''", "1 == 'x'", "[1] == [1]", "'' == 0", "items == '[x, y, z]'"]), @"
    1 == '1' -> true
    1 == 1.0 -> true
    '1.0' == 1.0 -> true
    true == 'true' -> true
    true == 'x' -> true
    null == '' -> false
    1 == 'x' -> error: `x` is not a number at `1 == 'x'`
    [1] == [1] -> false
    '' == 0 -> true
    items == '[x, y, z]' -> true
    ");
}

#[test]
fn order() {
    assert_snapshot!(table(&["'10' < '9'", "'10' < 9", "2 > 1.5", "null < 1", "null <= null", "'b' gt 'a'", "3 le 3", "[1] < [2]"]), @"
    '10' < '9' -> true
    '10' < 9 -> false
    2 > 1.5 -> true
    null < 1 -> false
    null <= null -> true
    'b' gt 'a' -> true
    3 le 3 -> true
    [1] < [2] -> error: an array cannot be compared with an array at `[1] < [2]`
    ");
}

#[test]
fn arithmetic() {
    assert_snapshot!(table(&["7 / 2", "7 / 2.0", "7 % 4", "-7 / 2", "'6' * '7'", "'1.5' + 1", "1 + 2 + 'x'", "'x' + 1 + 2", "2 + 3 * 4 - 1", "10 div 3 mod 2", "true + 1", "-'3'", "1 / 0", "null + 1", "[1] + 'x'"]), @r#"
    7 / 2 -> 3
    7 / 2.0 -> 3.5
    7 % 4 -> 3
    -7 / 2 -> -3
    '6' * '7' -> 42
    '1.5' + 1 -> "1.51"
    1 + 2 + 'x' -> "3x"
    'x' + 1 + 2 -> "x12"
    2 + 3 * 4 - 1 -> 13
    10 div 3 mod 2 -> 1
    true + 1 -> 2
    -'3' -> error: `3` is not a number at `'3'`
    1 / 0 -> error: division by zero at `1 / 0`
    null + 1 -> error: `null` is null at `null + 1`
    [1] + 'x' -> error: Java's text of an array has a number that differs each time; a list made by `[…, ...]` has a stable text at `[1] + 'x'`
    "#);
}

#[test]
fn logic() {
    assert_snapshot!(table(&["'x' && 1", "'' || 0", "!'false'", "not true or true and false", "null ? 1 : 2", "null ?: 'd'", "'' ?: 'd'", "0 ? 'a' : 'b' ? 'c' : 'd'"]), @r#"
    'x' && 1 -> true
    '' || 0 -> false
    !'false' -> true
    not true or true and false -> false
    null ? 1 : 2 -> 2
    null ?: 'd' -> "d"
    '' ?: 'd' -> "d"
    0 ? 'a' : 'b' ? 'c' : 'd' -> "c"
    "#);
}

#[test]
fn matching() {
    assert_snapshot!(table(&["'abc' =~ 'a.c'", "'xabc' =~ 'a.c'", "'a' =~ ['a', 'b']", "'k' =~ plain", "'a' !~ 'b'", "'abc' =^ 'ab'", "'abc' !^ 'b'", "'abc' =$ 'bc'", "'abc' !$ 'bc'", "null =~ 'a'", "5 =~ 5"]), @"
    'abc' =~ 'a.c' -> true
    'xabc' =~ 'a.c' -> false
    'a' =~ ['a', 'b'] -> true
    'k' =~ plain -> true
    'a' !~ 'b' -> true
    'abc' =^ 'ab' -> true
    'abc' !^ 'b' -> true
    'abc' =$ 'bc' -> true
    'abc' !$ 'bc' -> false
    null =~ 'a' -> false
    5 =~ 5 -> true
    ");
}

#[test]
fn size_and_empty() {
    assert_snapshot!(table(&["size('né')", "size(items)", "size(plain)", "size(null)", "empty('')", "empty none", "not empty items", "!empty([])", "empty(0)", "items.size", "size", "3..1"]), @r#"
    size('né') -> 2
    size(items) -> 3
    size(plain) -> 3
    size(null) -> 0
    empty('') -> true
    empty none -> true
    not empty items -> true
    !empty([]) -> false
    empty(0) -> true
    items.size -> syntax: `size` is a keyword: as a key it is written `["size"]` at `size`
    size -> syntax: a value is missing at the end at `size`
    3..1 -> [3,2,1]
    "#);
}
