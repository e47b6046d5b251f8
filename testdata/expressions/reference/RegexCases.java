import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Patterns, each on several texts: is it the whole text, what it finds, what replaces it, what it splits. */
final class RegexCases {
    private static final String[] TEXTS = {
        "", "a", "abc", "aab", "a,b,,c,,", "abc\n", "abc\ndef", "a\r\nb\r\n", "\n", "x-1.2.3 y", "ABC abc", "foo.bar(baz)",
        "<a> \\ [b] {c}", "\u00e9t\u00e9 \u0130\u017f K \u212a", "1\u20282\u0085", "\t v\u000b\u00a0w", "user_9@x.io", "release/1.20.3-rc1", "aaaa", "\ud83d\ude00!",
    };
    private static final String[] WRITTEN = {
        "", "a", "abc", "a|b", "a|", "|a", "(a)|(b)", "ab*", "a+b?", "(ab)+", "(?:ab)*", "a{2}", "a{1,2}", "a{2,}", "a{,2}", "a{0}", "a{", "a{x}", "{", "}", "]", "[a", "(a", "a)", "*a", "+", "?", "a**", "a+*",
        ".", ".*", ".+", ".?", "^", "$", "^$", "^a", "a$", "^abc$", "c$", "c$\n", "$\n", "\\n$", "^.*$", "(^a|c$)", "(c$)", "(?:c|f)$", "a^b", "a$b", "$a", "b^", "^^a", "c$$", "\\Aa", "c\\z", "c\\Z", "\\Z", "\\z", "\\A", "\\G", "\\Ga",
        "(?m)^", "(?m)$", "(?m)^.", "(?m).$", "(?m)^.*$", "(?m)^abc$", "(?m)f$", "(?m:^)d", "(?s).", "(?s).*", "(?s)a.b", "(?s:.)b", "(?d).", "(?d)$", "(?d).$", "(?x)a b c", "(?x) a # c\n b", "(?x)[a b]", "(?x)\\ ", "(?x)[ #]",
        "(?i)abc", "(?i)ABC", "(?i)[a-c]+", "(?i)k", "(?i)s", "(?i)\u00c9", "(?iu)\u00c9", "(?iu)k", "(?i:A)bc", "a(?i)B", "a(?i)b(?-i)c", "(?i)[^a]", "(?i)\\x41", "(?-i)a", "(?i)[k-m]", "(?i)\\u212a", "(?U)\\w+", "(?U)\\d", "(?i)i", "(?i)\\p{Lower}+", "(?i)\\p{Upper}+",
        "\\d", "\\d+", "\\D+", "\\w+", "\\W+", "\\s+", "\\S+", "\\h", "\\H+", "\\v", "\\V+", "\\R", "\\R+", "\\X", "\\b", "\\B", "\\bb", "\\bf", "b\\b", "\\b\\w", "\\w\\b", "\\b{g}", "[\\d]", "[\\D]", "[^\\d]", "[\\w.-]+", "[^\\w\\s]", "[\\s\\S]", "[\\h]", "[\\v]", "[\\V]", "[\\R]", "[\\b]",
        "\\<", "\\>", "\\<a\\>", "\\<.*\\>", "\\-", "\\/", "\\.", "\\,", "\\:", "\\ ", "\\\\", "\\[", "\\]", "\\(", "\\)", "\\{", "\\}", "\\^", "\\$", "\\|", "\\*", "\\+", "\\?", "\\@", "\\%", "\\&", "\\!", "\\\"", "\\'", "\\`", "\\~", "\\#", "\\_", "\\=", "\\;",
        "\\t", "\\n", "\\r", "\\f", "\\a", "\\e", "\\0", "\\07", "\\011", "\\0101", "\\0777", "\\08", "\\x41", "\\x4", "\\xg", "\\x{41}", "\\x{1F600}", "\\x{110000}", "\\u0041", "\\u00e9", "\\u004", "\\u{41}", "\\ud83d\\ude00", "\\cA", "\\cI", "\\c", "\\N", "\\N{LATIN SMALL LETTER A}",
        "\\y", "\\g", "\\i", "\\j", "\\l", "\\m", "\\o", "\\q", "\\C", "\\E", "\\F", "\\I", "\\J", "\\K", "\\L", "\\M", "\\O", "\\P", "\\p", "\\T", "\\U", "\\Y", "\\k", "\\1", "\\9", "(a)\\1", "(a)(b)\\2", "(a)\\2", "(?<n>a)\\k<n>", "\\", "a\\",
        "\\Qa.b\\E", "\\Q.*", "\\Q[", "\\Q\\E", "\\Q(\\E(a)", "a\\Q\\E*", "\\Qab\\E+", "[\\Q]\\E]", "[\\Qa-c\\E]", "\\Q\\\\E",
        "[abc]", "[^abc]", "[a-c]", "[c-a]", "[a-]", "[-a]", "[a-c-e]", "[]a]", "[^]a]", "[]", "[^]", "[[]", "[a[]", "[a^]", "[\\^a]", "[a\\]b]", "[.]", "[.*+?]", "[$]", "[|]", "[()]", "[{}]", "[\\\\]", "[\\-a]", "[a\\-c]", "[ -~]", "[\\t\\n]", "[\\x41-\\x43]", "[\\u0041-C]", "[&]", "[a&b]", "[a&&b]",
        "[a-c&&[b-d]]", "[a-c&&b]", "[a-z&&[^b]]", "[a-z&&[^bc]]+", "[^a-z&&[^b]]", "[a-c[x-z]]", "[a-c[^b]]", "[^a[b]]", "[^[a]]", "[[a][b]]", "[a&&]", "[&&a]", "[&&&&a]", "[a&&&&b]", "[a&&&b]", "[a&&b&&c]", "[a-d&&b-e&&c-f]", "[ab&&[bc]d]", "[a[b]&&[b]]", "[\\w&&[^\\d]]+", "[\\w&&\\D]+", "[^\\w&&\\s]", "[a-c&&^b]", "[a&&[]", "[[a-c]&&[b]]", "[^&&a]",
        "[[:alpha:]]", "[[:alpha:]]+", "[[:digit:]]", "[:alpha:]", "[[:^alpha:]]", "[[:space:]x]", "[a--b]", "[a~~b]", "[a-c--b]", "[[=a=]]", "[[.a.]]",
        "\\p{Alpha}", "\\p{Alpha}+", "\\p{Digit}", "\\p{Alnum}+", "\\p{Upper}", "\\p{Lower}", "\\p{Punct}", "\\p{Space}", "\\p{XDigit}", "\\p{Blank}", "\\p{ASCII}", "\\p{Cntrl}", "\\p{Graph}", "\\p{Print}", "\\P{Alpha}", "\\P{Digit}+", "\\p{L}", "\\p{Lu}", "\\p{N}", "\\pL", "\\PL", "\\p{IsAlphabetic}", "\\p{IsLatin}", "\\p{IsL}", "\\p{InGreek}", "\\p{javaLowerCase}", "\\p{javaUpperCase}+", "\\p{Foo}", "\\p{L", "\\p{Latin}", "\\p{script=Latin}", "\\p{gc=Lu}", "\\p{general_category=Lu}", "\\p{IsWhite_Space}", "\\p{Any}", "\\p{IsDigit}", "\\p{IsUppercase}", "[\\p{L}&&[^a]]", "[\\p{Alpha}\\d]+", "[^\\p{Alpha}]", "\\p{^L}", "\\p{alpha}", "\\p{Sc}", "\\p{P}",
        "a*+", "a++", "a?+", "a{1,2}+", ".*+b", "[^,]*+", "[^,]++,", "(a+)+", "(a*)*", "(a|b*)*", "(a*)+", "(a?)*?", "(?:a*)*b", "a*?", "a+?", "a??", "a{1,2}?", ".*?b", "(.*?)(b)", "(a)|b", "(a)?b", "((a)(b))+", "(a|ab)(c|bcd)?", "(a)(?:b)(c)", "(?<x>a)(?<y>b)", "(?<x>a)|(?<x>b)", "(?<1x>a)", "(?<x_y>a)", "(?<>a)", "(?P<x>a)", "(?'x'a)",
        "(?=a)", "(?!a)", "a(?=b)", "a(?!b)", "(?<=a)b", "(?<!a)b", "(?>a+)b", "(?>a)", "(?(1)a)", "(?#c)a", "(?R)", "(?", "(?:", "(?:)", "()", "(|a)", "(a|)", "(?i)", "(?i", "(?z)a", "(?i-)a", "(?-)a", "(?i-s:a)", "(?im-sx:a)", "(?:a|b)+?c",
        ",", ",+", ",|$", "\\s*,\\s*", "[,.]", "\\.", "\\|", "-|\\.", "[/-]", "[^0-9]+", "[0-9]+", "[0-9]{1,2}", "^v?[0-9]+", "release/(.*)", "^release/([0-9]+)\\.([0-9]+).*$", "([a-z]+)_([0-9])", "[a-zA-Z0-9_.-]+@[a-z.]+", "x-(\\d)\\.(\\d)", "(\\w+)\\.(\\w+)\\((\\w+)\\)", "\\((.*)\\)", "^[^.]+", "[.][^.]+$", "\\s+$", "^\\s+|\\s+$", "\\n", "\\r?\\n", "\\r\\n|\\n", "\\n+$", "[\\r\\n]+", "^\\n", "(?m)^\\s*$", "\u00e9", "[\u00e9t]+", "\\u20ac?", "\ud83d\ude00", "[\ud83d\ude00]", ".!",
    };
    private static final String[] ATOMS = {"a", "b", ".", "[ab]", "[^a]", "\\w", "\\d", "(a)", "(a|b)", "(?:ab)", "\\n", "\\s", "[,.]", "\\b", "^", "$"};
    private static final String[] QUANTIFIERS = {"", "*", "+", "?", "*?", "+?", "??", "{2}", "{0,1}", "{1,}?", "++", "*+"};
    private static final String[] REPLACEMENTS = {"x", "", "<$0>", "$1", "[$1]", "$2$1", "\\$", "\\\\", "$", "a\\", "${x}", "$x", "${1}", "$12", "\\a", "${y}${x}", "$0$0", "${", "é"};
    private static final String[] REPLACED = {"a", "(a)", "(a)(b)?", "(a)|(b)", "b*", ".*", "", "(?<x>a)(?<y>b)?", "^", "$", "\\b", "(\\w)(\\w)", "[a-z]+"};

    private RegexCases() {}

    static List<String> lines() {
        Set<String> patterns = new LinkedHashSet<>(Arrays.asList(WRITTEN));
        for (String atom : ATOMS) {
            for (String quantifier : QUANTIFIERS) {
                patterns.add(atom + quantifier);
                patterns.add(atom + quantifier + "b");
            }
        }
        for (String first : ATOMS) {
            for (String second : ATOMS) {
                patterns.add(first + second);
                patterns.add(first + "|" + second);
                patterns.add("(" + first + "|" + second + ")*c");
            }
        }
        List<String> lines = new ArrayList<>();
        int number = 0;
        for (String pattern : patterns) {
            boolean written = number++ < WRITTEN.length;
            for (int at = 0; at < TEXTS.length; at++) {
                if ((at + number) % (written ? 3 : 9) == 0) {
                    lines.add(row(pattern, TEXTS[at], "<$0>"));
                }
            }
        }
        for (String pattern : REPLACED) {
            for (String replacement : REPLACEMENTS) {
                for (int at : new int[] {2, 3, 5, 10}) {
                    lines.add(row(pattern, TEXTS[at], replacement));
                }
            }
        }
        return lines;
    }

    private static String row(String pattern, String text, String replacement) {
        Pattern compiled;
        try {
            compiled = Pattern.compile(pattern);
        } catch (RuntimeException error) {
            return Reference.line(pattern, text, replacement, "error", "error", "error", "error");
        }
        String replaced;
        try {
            replaced = Reference.shown(compiled.matcher(text).replaceAll(replacement));
        } catch (RuntimeException error) {
            replaced = "error";
        }
        List<String> found = new ArrayList<>();
        Matcher matcher = compiled.matcher(text);
        while (matcher.find()) {
            found.add(matcher.group());
        }
        return Reference.line(pattern, text, replacement, Reference.shown(text.matches(pattern)), Reference.shown(found), replaced,
                Reference.shown(text.split(pattern)) + Reference.shown(text.split(pattern, 2)) + Reference.shown(text.split(pattern, -1)));
    }
}
