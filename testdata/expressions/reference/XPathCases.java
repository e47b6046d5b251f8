import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.xpath.XPathFactory;
import org.w3c.dom.Document;

/** XPath 1.0 on one document, as text: what {@code xml.select} answers. */
final class XPathCases {
    private static final String[] CASES = {
        "/shop/book[1]/title", "/shop/book/title", "//title", "//book[@id='b2']/title", "//book[@id=\"b2\"]/title", "//book[@lang='en' and @price='8']/title", "//book[@lang='en' or @lang='de'][2]/title", "//book[not(@lang)]/title", "//book[@price=8]/title",
        "//book[@price>8]/title", "//book[@price >= 9]/@id", "//book[@price<9]/@id", "//book[pages > 100][2]/@id", "//book[author='Cy']/@id", "//book[author!='Bob']/@id", "//book[author]/@id", "//book[count(author)=2]/@id", "//book[count(author)>1]/@id", "//book[last()]/@id", "//book[last()-1]/@id",
        "//book[position()=2]/@id", "//book[position()>1]/@id", "//book[position() mod 2 = 1][2]/@id", "//book[2]/author[2]", "//book/author[2]", "(//author)[2]", "(//author)[last()]", "//track[2]", "//track[last()]", "/shop/*[4]/title", "/shop/*[last()]", "/*/@city", "/shop/@city", "@city", "shop/@city", "shop/book/@id", "//@id",
        "//book/@*", "//@lang[.='de']", "//book[@id='b1']/following-sibling::book/@id", "//book[@id='b3']/preceding-sibling::book/@id", "//book[@id='b3']/preceding-sibling::book[1]/@id", "//title/parent::book/@id", "//title/..", "//title/../@id", "//author/ancestor::book/@id", "//author/ancestor::*[last()]/@city",
        "//author/ancestor-or-self::author", "/shop/child::book[2]/child::title", "/descendant::title[2]", "/shop/descendant-or-self::node()/title", "//track/following::mixed", "//cd/preceding::author[1]", "//book/self::book/@id", "//book/self::cd", "/shop/book/attribute::id", "//title | //track", "//track | //title", "//nothing | //empty", "(//title | //track)[5]",
        "//book[1]/title/text()", "//mixed/text()", "//mixed/text()[2]", "//mixed/b", "//mixed", "//mixed/node()[2]", "//comment()", "//processing-instruction()", "//processing-instruction('pi')", "/comment()", "//mixed//text()", "//x:note", "//x:note/@n", "//*[local-name()='note']", "//*[name()='x:note']", "//note", "//y:note", "//x:*", "local-name(//x:note)", "name(//x:note)", "name(/*)", "namespace-uri(/*)",
        "count(//book)", "count(//book[@lang])", "count(//nothing)", "count(//@id)", "sum(//pages)", "sum(//book/@price)", "sum(//title)", "sum(//nothing)", "string(//title)", "string(//book[2]/@id)", "string(5)", "string(5.50)", "string(1 div 3)", "string(1 div 0)", "string(-1 div 0)", "string(0 div 0)", "string(true())", "number('12')", "number('x')", "number(' 7 ')", "number(//pages)", "number('1e3')", "number('+1')", "number('.5')",
        "5", "-5", "5.0", "1.50", ".5", "5.", "1000000", "12345678901234567890", "0.0000001", "1 + 2", "1 - 2", "2 * 3", "7 div 2", "7 mod 2", "-7 mod 2", "7 mod -2", "5 mod 1.5", "1 = 1", "1 = '1'", "'a' = 'a'", "'a' != 'b'", "1 < 2", "2 >= 3", "true()", "false()", "not(true())", "true() and false()", "true() or false()", "1 and 0", "'' or 'a'", "boolean(//book)", "boolean(//nothing)", "boolean('false')", "boolean(0)",
        "//pages = 80", "//pages != 80", "//pages > 200", "//pages < 50", "//book/@id = 'b3'", "//title = //track", "//book/pages = //track", "//author = 'Ann'", "'Ann' = //author", "count(//book) = 3", "count(//book) > count(//cd)", "//nothing = ''", "//empty = ''", "not(//nothing)", "//book[pages=80]", "//book[pages='80']/@id", "//book[pages=80.0]/@id",
        "concat('a', 'b')", "concat(//book[1]/@id, '-', //book[2]/@id)", "concat('a')", "starts-with('abc', 'ab')", "starts-with(//title, 'A')", "contains('abc', 'd')", "contains(//mixed, 'two')", "//book[contains(title, '&')]/@id", "//book[contains(title,'B')]/@id", "//book[starts-with(title, 'it')]/@id", "//*[contains(@id,'b')][2]/@id", "substring('12345', 2)", "substring('12345', 2, 3)", "substring('12345', 1.5, 2.6)", "substring('12345', 0, 3)", "substring('12345', -42, 1 div 0)", "substring-before('a-b-c', '-')", "substring-after('a-b-c', '-')", "substring-after(//title, '& ')", "substring-before('abc', 'x')",
        "string-length('abc')", "string-length(//title)", "//title[string-length() = 5]", "//title[string-length(.) > 4]", "normalize-space('  a   b ')", "normalize-space(//mixed)", "translate('abc', 'ab', 'x')", "translate(//title, 'AB', 'ab')", "translate('bar','abc','AB')", "floor(2.7)", "ceiling(2.1)", "round(2.5)", "round(-2.5)", "round(2.4)", "floor(-0.5)", "ends-with('abc', 'c')", "lower-case('A')", "matches('a','a')", "lang('en')", "id('b1')", "position()", "last()", "current()",
        "\"it's\"", "'say \"x\"'", "//title[.=\"it's\"]", "//book[title=\"it's\"]/@id", "'a' 'b'", "//book[", "//book]", "//book[@id='b1'", "//book[@id=]", "///book", "/", "//", ".", "..", "/..", "*", "/*", "//*", "book", "shop", "shop/", "/shop/", "/shop//title", "/shop/./book/@id", "/shop/book/../cd/@id", "//book [ 1 ] / title", " //title ", "//book[ @id = 'b2' ]", "", "foo()", "string()", "name()", "number()", "string(//a, 'b')", "$x", "//book[$x]",
        "//book[1][@lang='en']/@id", "//book[@lang][2]/@id", "//book[@lang='fr' or pages=300]/@id", "//book[not(author) and pages > 100]/@id", "//book[not(contains(title, 'A'))]/@id", "//book[@id='b2']/author[1]/text()", "//book[title and author][2]/@id", "//book[.//author='Bob']/@id", "//book[../@city='Bern'][3]/@id", "//book[position()=last()]/@id", "//cd/track[position()<3][last()]", "//*[@id][4]/@id", "/shop/*[self::book or self::cd][4]/@id", "//*[name()='cd']/track", "count(/shop/*)", "count(//*)", "count(//mixed//text()[normalize-space()])", "count(//cd/*/text()[normalize-space()])", "count(//mixed/node())", "count(//title | //title)", "//book[number(@price) > 8.5]/@id",
        "//book[sum(pages) = 80]/@id", "//book[floor(@price) = 12]/@id", "//book['x']/@id", "//book['']/@id", "//book[0]/@id", "//book[1.5]/@id", "//book[true()]/@id", "//book[@price * 2 = 16]/@id", "//book[@price + 1 = 9]/@id", "//book[@price - 1 = 7]/@id", "//book[- @price = -8]/@id", "div", "mod div mod", "//div", "//and", "and and and", "1 - - 1", "2*3+1", "1+2*3", "(1+2)*3", "4 div 2 div 2", "1 < 2 < 3", "3 > 2 > 1", "1 = 1 = 1", "//book/@price * 2", "-//pages", "- - 1", "1 or 0 and 0", "//book[2]/title = 'C <D>'", "count(//book) * 2 - 1",
        "string(//book[last()]/x:note/@n)", "//book[3]/x:note", "//namespace::x", "/shop/namespace::*", "following::book", "//book[following-sibling::cd][3]/@id", "//track[preceding-sibling::track][1]", "//track[not(following-sibling::track)]", "//track[. = 'two']/following-sibling::track", "//track[.='three']/preceding-sibling::track[2]", "//book/title[../@id='b2']", "(//book)[2]/title", "(//book/title)[3]", "(/shop/book)[@id='b1']/title", "string((//title)[3])", "concat(count(//book), ' books')", "//text()[. = 'Ann']/..", "//author/text()[contains(., 'o')]",
    };

    private XPathCases() {}

    static List<String> lines(String xml) throws Exception {
        Document document = DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(new ByteArrayInputStream(xml.getBytes(StandardCharsets.UTF_8)));
        List<String> lines = new ArrayList<>();
        for (String path : CASES) {
            String answer;
            try {
                answer = Reference.shown(XPathFactory.newInstance().newXPath().evaluate(path, document));
            } catch (Exception error) {
                answer = "error";
            }
            lines.add(Reference.line(path, answer));
        }
        return lines;
    }
}
