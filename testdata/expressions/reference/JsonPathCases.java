import com.jayway.jsonpath.Configuration;
import com.jayway.jsonpath.JsonPath;
import com.jayway.jsonpath.spi.json.JacksonJsonProvider;
import com.jayway.jsonpath.spi.mapper.JacksonMappingProvider;
import java.util.ArrayList;
import java.util.List;

/** JSONPath on one document: what {@code json.list} answers. */
final class JsonPathCases {
    private static final String[] CASES = {
        "$", "$.text", "text", "$.store.bike.color", "store.bike.color", "$['store']['bike']['color']", "$[\"store\"].bike", "$.store.book[0].title", "$.store.book[-1].title", "$.store.book[9]", "$.store.book[-9]", "$.nothing", "$.nothing.here", "$.text.x", "$.list[0]", "$.list[-1]", "$.list[9]", "$.none", "$.none.x", "$.empty", "$.empty.x",
        "$.store['a.b']", "$.store['a.b']['mvn-service://api']", "$.store['a.b'].mvn-service://api", "$['text','limit']", "$['text','nothing']", "$['nothing','never']", "$.store.book[0]['title','price']", "$.store.book[*]['title','price']", "$.store.book[*]['title','isbn']", "$..['title','price']", "$.store['bike','open'].color", "$['store','text'].bike",
        "$.store.book[*].title", "$.store.book[*].isbn", "$.store.book.*.title", "$.store.*", "$.*", "$[*]", "$.list[*]", "$.list.*", "$.text[*]", "$.text.*", "$.none[*]", "$.empty[*]", "$.empty.*", "$..title", "$..price", "$..id", "$.store..price", "$..book[0].title", "$..book[*].id", "$..nothing", "$..*", "$..[0]", "$..book.length()", "$..tags[0]", "..title", ".title", ".text", "$..name", "$.nested..[0]", "$..[*]",
        "$.list[0,2]", "$.list[0,9]", "$.list[-1,0]", "$.list[0,0]", "$.store.book[0,2].title", "$.store.book[0,2]['title','price']", "$.list[1:3]", "$.list[1:]", "$.list[:2]", "$.list[:]", "$.list[-2:]", "$.list[:-2]", "$.list[-3:-1]", "$.list[0:9]", "$.list[9:]", "$.list[3:1]", "$.list[0:4:2]", "$.list[::2]", "$.list[1::2]", "$.list[::-1]", "$.list[-9:2]", "$.store.book[1:].title", "$.store.book[:-1].id", "$.text[0]", "$.text[0:1]", "$.nested[0][1]", "$.nested[*][0]", "$.nested[1:][0]", "$.list[ 1 ]", "$.list[ 1 , 2 ]", "$.list[1 :3]", "$['list'][0]",
        "$.store.book[?(@.price < 10)].title", "$.store.book[?(@.price<10)].title", "$.store.book[?(@.price <= 9)].id", "$.store.book[?(@.price > 9)].id", "$.store.book[?(@.price >= 12.5)].id", "$.store.book[?(@.price == 8)].id", "$.store.book[?(@.price == 8.0)].id", "$.store.book[?(@.price == '8')].id", "$.store.book[?(@.price == 20)].id", "$.store.book[?(@.price == '20')].id", "$.store.book[?(@.price > 15)].id", "$.store.book[?(@.id==42)].title", "$.store.book[?(@.id=='42')].title", "$.store.book[?(@.id == 1)].title", "$.store.book[?(@.id == '1')].title", "$.store.book[?(@.id != 1)].id", "$.store.book[?(@.title == 'A')].id", "$.store.book[?(@.title == \"A\")].id", "$.store.book[?(@.title != 'A')].id", "$.store.book[?(@.title > 'A')].id", "$.store.book[?('A' == @.title)].id", "$.store.book[?(8 < @.price)].id",
        "$.store.book[?(@.isbn)].title", "$.store.book[?(!@.isbn)].title", "$.store.book[?(@.sold)].id", "$.store.book[?(@.sold == null)].id", "$.store.book[?(@.sold != null)].id", "$.store.book[?(@.isbn == null)].id", "$.store.book[?(@.on)].id", "$.store.book[?(@.on == true)].id", "$.store.book[?(@.on == 'true')].id", "$.store.book[?(@.on != false)].id", "$.store.book[?(@.author.name == 'Ann')].id", "$.store.book[?(@['title'] == 'A')].id", "$.store.book[?(@.tags[0] == 'x')].id", "$.store.book[?(@.tags)].id", "$.store.book[?(@.tags empty true)].id", "$.store.book[?(@.tags empty false)].id", "$.store.book[?(@.tags size 2)].id", "$.store.book[?(@.tags.length() == 2)].id", "$.store.book[?(@.title size 1)].id", "$.store.book[?(@.title.length() > 1)].id",
        "$.store.book[?(@.title =~ /a/i)].id", "$.store.book[?(@.title =~ /[AB]/)].id", "$.store.book[?(@.title =~ /C/)].id", "$.store.book[?(@.title =~ /C.*/)].id", "$.store.book[?(@.title =~ /.*\\/.*/)].id", "$.store.book[?(@.id =~ /\\d+/)].title", "$.store.book[?(@.nothing =~ /.*/)].id", "$.store.book[?(@.title in ['A','B'])].id", "$.store.book[?(@.title nin ['A','B'])].id", "$.store.book[?(@.id in [1, 2])].title", "$.store.book[?(@.id in ['1', 42])].title", "$.store.book[?('x' in @.tags)].id", "$.store.book[?(@.tags contains 'x')].id", "$.store.book[?(@.title contains 'C')].id", "$.store.book[?(@.tags anyof ['x','z'])].id", "$.store.book[?(@.tags noneof ['x'])].id", "$.store.book[?(@.tags subsetof ['x','y','z'])].id", "$.store.book[?(@.tags all ['x','y'])].id",
        "$.store.book[?(@.price < 10 && @.isbn)].id", "$.store.book[?(@.price < 9 || @.isbn)].id", "$.store.book[?((@.price < 9 || @.isbn) && @.id > 1)].id", "$.store.book[?(!(@.price < 10))].id", "$.store.book[?(@.price < 10 && !@.isbn)].id", "$.store.book[?(@.id == 1 || @.id == 2 && @.price > 100)].id", "$.store.book[?(@.price < $.limit)].id", "$.store.book[?(@.price == $.store.book[2].price)].id", "$.store.book[?(@.price == @.price)].id", "$.store.book[?(@.nothing == @.never)].id", "$.list[?(@ > 2)]", "$.list[?(@ == 3)]", "$.words[?(@ == 'a')]", "$.mixed[?(@ == 1)]", "$.mixed[?(@ == '1')]", "$.mixed[?(@ == true)]", "$.mixed[?(@ == null)]", "$.mixed[?(@ > 0)]", "$.mixed[?(@.k)]", "$.nested[?(@[0] == 3)]", "$.store[?(@.color)]", "$.store[?(@.color == 'red')].id", "$.store.bike[?(@.color == 'red')].id", "$.store.bike[?(@.id == 42)]", "$..book[?(@.id == 1)].title", "$..[?(@.price < 9)].title", "$..*[?(@.id == 1)].title",
        "$.list.length()", "$.store.book.length()", "$.store.length()", "$.text.length()", "$.list.size()", "$.store.keys()", "$.empty.keys()", "$.list.min()", "$.list.max()", "$.list.sum()", "$.list.avg()", "$.list.stddev()", "$.list.first()", "$.list.last()", "$.list.index(0)", "$.words.concat()", "$.list.append(7)", "$.words.min()", "$.store.book[*].price.max()", "$..price.sum()", "$..price.max()", "$.none.length()", "$.limit.length()", "$.nothing.length()", "$.store.book[?(@.id == 1)].length()", "$.store.book[0].keys()", "$.list.foo()", "concat($.text, 'x')", "$.sum($.list)", "$.max($.list[0], 7)",
        "", " ", "$.", "$..", "$x", "x", "$[", "$[]", "$.a[", "$['a", "$[a]", "$.list[a]", "$.list[?]", "$.list[?()]", "$.list[?(@ >)]", "$.list[(@.length-1)]", "$.list[1.5]", "$.list[1:2:3:4]", "$.list['0']", "$.list.0", "$.store.book[0].title.", "$.store..", "$$", "@.text", "@", "$ .text", "$. text", " $.text ", "$.store.book [0].id", "$[?(@.id == 1)]", "$.store.book[?(@.id == 1)", "$.store.book[?@.id == 1].title", "$.store.book[?(@.id = 1)].id", "$.store.book[?(@.id === 1)].title", "$.store.book[?(@.id !== 1)].title", "$.store.book[?(@.title === 'A')].id", "$.store.book[?(@.id ~ 1)].id", "$.store.book[?(1 == 1)].id", "$.store.book[?(true)].id", "$.store.book[?('a')].id", "$['*']", "$.store['*'].color", "$.store.bike['color' , 'id']", "$.store.bike[\"color\",\"id\"]", "$['it\\'s']", "$.store.book[?(@.title == 'it\\'s')].id", "$.store.book[?(@.title == \"it's\")].id",
    };

    private JsonPathCases() {}

    static List<String> lines(String json) {
        Configuration configuration = Configuration.builder().jsonProvider(new JacksonJsonProvider()).mappingProvider(new JacksonMappingProvider()).build();
        List<String> lines = new ArrayList<>();
        for (String path : CASES) {
            String answer;
            try {
                Object found = JsonPath.using(configuration).parse(json).read(path);
                answer = Reference.shown(found);
            } catch (RuntimeException error) {
                answer = "error " + error.getClass().getSimpleName();
            }
            lines.add(Reference.line(path, answer));
        }
        return lines;
    }
}
