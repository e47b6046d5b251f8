import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.commons.jexl3.JexlBuilder;
import org.apache.commons.jexl3.JexlEngine;
import org.apache.commons.jexl3.JexlException;
import org.apache.commons.jexl3.MapContext;

/** Expressions and scripts: operators with operands of all types, methods, and syntax. */
final class JexlCases {
    private static final String[] OPERANDS = {
        "null", "true", "false", "0", "1", "2", "5", "7", "-3", "0.0", "2.5", "-1.5", "3.0", "NaN", "5L", "99999999999",
        "''", "'a'", "'abc'", "'1'", "'2.5'", "'-3'", "'1e3'", "'true'", "'false'", "' 1'", "'1.0'", "'.'", "'+7'",
        "[]", "[1,2]", "['a']", "[1,'a']", "[1.5]", "[...]", "[1,...]", "{:}", "{'a':1}", "{}", "{1}", "{'a','b'}",
        "1..3", "3..1", "'abc'.charAt(1)", "'5'.charAt(0)", "n", "i", "f", "t", "s", "num", "dec", "e", "big", "list",
        "nums", "none", "map", "body",
    };
    private static final String[] BINARY = {
        "+", "-", "*", "/", "%", "==", "!=", "<", ">", "<=", ">=", "=~", "!~", "=^", "!^", "=$", "!$", "&&", "||", "&",
        "|", "^", "..", "?:", "and", "or", "eq", "ne", "lt", "gt", "le", "ge", "div", "mod",
    };
    private static final String[] UNARY = {
        "-%s", "!%s", "not %s", "~%s", "size(%s)", "empty(%s)", "size %s", "empty %s", "%s ? 1 : 2", "%s ?: 3",
        "(%s).size()", "(%s).empty()", "- -%s", "!!%s", "%s", "(%s)", "[%s]", "{%s}", "{'k':%s}", "if (%s) 1 else 2",
        "'x' + %s", "%s + 'x'", "1 + %s", "%s.toString()", "var x = %s; x", "%s[0]", "%s['k']", "%s.k", "%s.0",
        "size(not %s)", "not empty %s", "for (x : %s) x", "var c = 0; for (x : %s) c = c + 1; c",
    };
    private static final String[] TEXT_METHODS = {
        "length()", "isEmpty()", "isBlank()", "size()", "contains('b')", "contains(1)", "contains(null)",
        "startsWith('a')", "startsWith('b', 1)", "startsWith('a', -1)", "endsWith('c')", "equals('abc')", "equals(1)",
        "equalsIgnoreCase('ABC')", "contentEquals('abc')", "compareTo('abd')", "compareTo('')",
        "compareToIgnoreCase('ABD')", "indexOf('b')", "indexOf('b', 2)", "indexOf('b', -5)", "indexOf('b', 99)",
        "indexOf('')", "indexOf('', 99)", "lastIndexOf('b')", "lastIndexOf('b', 1)", "lastIndexOf('c', 0)",
        "lastIndexOf('', 1)", "indexOf(98)", "lastIndexOf(98)", "charAt(0)", "charAt(9)", "charAt(-1)", "charAt('0')",
        "codePointAt(0)", "substring(1)", "substring(0, 2)", "substring(2, 1)", "substring(9)", "substring('1')",
        "subSequence(0, 1)", "subSequence(1)", "toLowerCase()", "toUpperCase()", "trim()", "strip()", "stripLeading()",
        "stripTrailing()", "concat('x')", "concat(1)", "repeat(2)", "repeat(0)", "repeat(-1)", "replace('b', 'x')",
        "replace('', '-')", "replace('b', 1)", "replaceAll('[a-b]', '<$0>')", "replaceAll('.*', 'x')",
        "replaceAll('b', '$')", "replaceAll('b', '$1')", "replaceFirst('[a-c]', '')", "matches('[a-c]+')",
        "matches('b')", "split('b')", "split('')", "split(',')", "split('b', 1)", "split('b', 2)", "split('b', -1)",
        "split('b')[0]", "split('b').length", "split('b').size()", "toCharArray()", "chars()", "lines()", "intern()",
        "hashCode()", "toString()", "nosuch()", "length", "isEmpty", "empty", "size", "bytes", "class", "format(1)",
        "join(',', list)", "valueOf(1)", "indent(1)", "describeConstable()", "codePointCount(0, 1)",
        "regionMatches(0, 'abc', 0, 2)", "regionMatches(true, 0, 'ABC', 0, 2)", "getBytes().size()", "strip().length()",
    };
    private static final String[] LIST_METHODS = {
        "size()", "isEmpty()", "empty()", "get(0)", "get(9)", "get(-1)", "get('0')", "contains('x')", "contains(1)",
        "containsAll(['x'])", "containsAll(list)", "indexOf('y')", "indexOf(1)", "lastIndexOf('z')", "subList(0, 1)",
        "subList(1, 0)", "subList(0, 9)", "toArray()", "toString()", "equals(list)", "equals(['x'])", "hashCode()",
        "add('w')", "add(0, 'w')", "addAll(['w'])", "remove(0)", "remove('x')", "set(0, 'w')", "clear()", "[0]", "[-1]",
        "[9]", "['0']", "['x']", ".0", "0", "length", "length()", "size", "isEmpty", "stream()", "iterator()", "sort(null)",
        "first", "nosuch()", "reverse()", "join(',')", "retainAll(['x'])", "removeAll(['x'])", "[0][0]", "[1+1]", "[1.0]",
    };
    private static final String[] MAP_METHODS = {
        "size()", "isEmpty()", "empty()", "get('k')", "get('name')", "get('zzz')", "get(1)", "getOrDefault('k', 0)",
        "getOrDefault('zzz', 0)", "containsKey('k')", "containsKey(null)", "containsValue('v')", "keySet()", "values()",
        "entrySet()", "entrySet().size()", "keySet().contains('k')", "keySet().size()", "values().contains('v')",
        "toString()", "equals(map)", "equals({:})", "put('p', 1)", "putAll({'q': 2})", "putIfAbsent('k', 3)",
        "remove('k')", "clear()", "replace('k', 'w')", "k", "name", "'k'", "'a.b'", "n.m", "n.m[1]", "n.m.1",
        "['k']", "['a.b']", "['n']['m']", "zzz", "zzz.y", "ports[0]", "ports.size()", "size", "empty", "isEmpty", "on",
        "nosuch()", "class", "keys", "keySet().toArray()[0]", "values().toArray()",
    };
    private static final String[] NUMBER_METHODS = {
        "intValue()", "longValue()", "doubleValue()", "floatValue()", "toString()", "compareTo(5)", "compareTo(4)",
        "compareTo(2.5)", "equals(5)", "equals('5')", "hashCode()", "booleanValue()", "length()", "size()", "empty()",
        "isNaN()", "isInfinite()", "shortValue()", "byteValue()", "nosuch()", "MAX_VALUE", "class", "toString().length()",
    };

    private JexlCases() {}

    static List<String> lines(String variables) throws Exception {
        Map<?, ?> values = new ObjectMapper().readValue(variables, LinkedHashMap.class);
        JexlEngine engine = new JexlBuilder().logger(new org.apache.commons.logging.impl.NoOpLog()).create();
        List<String> lines = new ArrayList<>();
        for (String text : expressions()) {
            Map<String, Object> own = new LinkedHashMap<>();
            String copied = new ObjectMapper().writeValueAsString(values);
            new ObjectMapper().readValue(copied, LinkedHashMap.class).forEach((k, v) -> own.put((String) k, v));
            lines.add(Reference.line(text, answer(engine, text, own)));
        }
        return lines;
    }

    private static String answer(JexlEngine engine, String text, Map<String, Object> variables) {
        try {
            return Reference.shown(engine.createScript(text).execute(new MapContext(variables)));
        } catch (JexlException error) {
            Throwable cause = error.getCause();
            String kind = error.getClass().getSimpleName();
            return "error " + kind + (cause == null ? "" : " " + cause.getClass().getSimpleName());
        } catch (RuntimeException | StackOverflowError error) {
            return "error " + error.getClass().getSimpleName();
        }
    }

    private static List<String> expressions() {
        List<String> made = new ArrayList<>(List.of(Syntax.CASES));
        Random random = new Random(20231114);
        for (String operator : BINARY) {
            for (String left : OPERANDS) {
                for (String right : OPERANDS) {
                    // A range up to a large number takes minutes to walk.
                    if (random.nextInt(37) == 0 && !(operator.equals("..") && (left + right).contains("9999") || right.equals("big"))) {
                        made.add(left + " " + operator + " " + right);
                    }
                }
            }
        }
        for (String unary : UNARY) {
            for (String operand : OPERANDS) {
                if (random.nextInt(3) != 0) {
                    made.add(String.format(unary, operand));
                }
            }
        }
        methods(made, TEXT_METHODS, "s", "'abcabc'", "''", "' a é '", "num");
        methods(made, LIST_METHODS, "list", "nums", "none", "['x','y']", "[1,2]", "'x,y'.split(',')", "[...]", "['x',...]", "(1..3)", "{'x','y'}");
        methods(made, MAP_METHODS, "map", "body", "{'k':'v'}", "{:}", "{1:'one','k':2}");
        methods(made, NUMBER_METHODS, "i", "f", "t", "(5)", "(2.5)", "'abc'.charAt(0)", "big", "(-7)");
        for (int count = 0; count < 1500; count++) {
            made.add(random(random, 3));
        }
        return made;
    }

    private static void methods(List<String> made, String[] methods, String... receivers) {
        for (String receiver : receivers) {
            for (String method : methods) {
                made.add(receiver + (method.startsWith("[") || method.startsWith(".") ? "" : ".") + method);
            }
        }
    }

    /** An expression without parentheses for the most part, so that precedence shows. */
    private static String random(Random random, int depth) {
        if (depth == 0 || random.nextInt(5) == 0) {
            String[] leaves = {"1", "2", "3", "7", "2.5", "'2'", "'a'", "i", "f", "s", "num", "t", "false", "list", "n"};
            return leaves[random.nextInt(leaves.length)];
        }
        String left = random(random, depth - 1);
        switch (random.nextInt(12)) {
            case 0: return "(" + left + ")";
            case 1: return "!" + left;
            case 2: return "-" + left;
            case 3: return left + " ? " + random(random, depth - 1) + " : " + random(random, depth - 1);
            case 4: return "size(" + left + ")";
            case 5: return "empty " + left;
            default: return left + " " + BINARY[random.nextInt(BINARY.length)] + " " + random(random, depth - 1);
        }
    }
}
