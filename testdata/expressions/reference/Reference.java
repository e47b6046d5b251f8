import java.io.PrintStream;
import java.lang.reflect.Array;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Evaluates cases with the libraries that the service uses, and writes what they answer: one line a case. */
public final class Reference {
    private Reference() {}

    public static void main(String[] arguments) throws Exception {
        Path folder = Path.of(arguments[0]);
        write(folder.resolve("jexl.tsv"), JexlCases.lines(Files.readString(folder.resolve("variables.json"))));
        write(folder.resolve("regex.tsv"), RegexCases.lines());
        write(folder.resolve("xpath.tsv"), XPathCases.lines(Files.readString(folder.resolve("document.xml"))));
        write(folder.resolve("jsonpath.tsv"), JsonPathCases.lines(Files.readString(folder.resolve("document.json"))));
    }

    private static void write(Path file, List<String> lines) throws Exception {
        Set<String> unique = new LinkedHashSet<>(lines);
        try (PrintStream out = new PrintStream(Files.newOutputStream(file), false, StandardCharsets.UTF_8)) {
            unique.forEach(line -> out.print(line + "\n"));
        }
        System.out.println(file.getFileName() + ": " + unique.size() + " cases");
    }

    /** A line of columns; tabs, line breaks and backslashes in them are escaped. */
    static String line(String... columns) {
        List<String> escaped = new ArrayList<>();
        for (String column : columns) {
            StringBuilder text = new StringBuilder();
            for (char c : column.toCharArray()) {
                switch (c) {
                    case '\\': text.append("\\\\"); break;
                    case '\t': text.append("\\t"); break;
                    case '\n': text.append("\\n"); break;
                    case '\r': text.append("\\r"); break;
                    case '\u0085': case '\u2028': case '\u2029': case '\u000b': case '\f':
                        text.append(String.format("\\u%04x", (int) c)); break;
                    default: text.append(c);
                }
            }
            escaped.add(text.toString());
        }
        return String.join("\t", escaped);
    }

    /** A value with its type, as the tests compare it: Java's numbers, quoted texts, lists in brackets. */
    static String shown(Object value) {
        if (value == null) {
            return "null";
        }
        if (value instanceof Boolean || value instanceof Integer || value instanceof Long || value instanceof Short
                || value instanceof Byte || value instanceof java.math.BigInteger) {
            return value.toString();
        }
        if (value instanceof Float || value instanceof Double) {
            return value.toString();
        }
        if (value instanceof java.math.BigDecimal) {
            return "decimal " + value;
        }
        if (value instanceof CharSequence || value instanceof Character) {
            String text = value.toString();
            // An object's number differs from run to run.
            return text.matches("(?s).*(\\[[IJDZCL]|\\$)[\\w.;$]*@[0-9a-f]+.*") ? "other text with an object's number" : quoted(text);
        }
        if (value instanceof Map) {
            List<String> entries = new ArrayList<>();
            ((Map<?, ?>) value).forEach((key, item) -> entries.add(quoted(String.valueOf(key)) + ":" + shown(item)));
            return "{" + String.join(",", entries) + "}";
        }
        if (value instanceof Map.Entry) {
            Map.Entry<?, ?> entry = (Map.Entry<?, ?>) value;
            return "{" + quoted(String.valueOf(entry.getKey())) + ":" + shown(entry.getValue()) + "}";
        }
        if (value instanceof Collection && ((Collection<?>) value).size() > 1000) {
            return "other long " + value.getClass().getSimpleName();
        }
        if (value instanceof Collection) {
            return list((Collection<?>) value);
        }
        if (value.getClass().isArray()) {
            List<Object> items = new ArrayList<>();
            for (int at = 0; at < Array.getLength(value); at++) {
                items.add(Array.get(value, at));
            }
            return list(items);
        }
        return "other " + value.getClass().getSimpleName();
    }

    static String quoted(String text) {
        return "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
    }

    private static String list(Collection<?> items) {
        List<String> shown = new ArrayList<>();
        items.forEach(item -> shown.add(shown(item)));
        return "[" + String.join(",", shown) + "]";
    }
}
