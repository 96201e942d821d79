import Testing

@testable import broadcast_server

@Suite struct PublishFieldsTests {
    @Test(arguments: [
        ("abc", "abc"), ("\"abc\"", "abc"), (#""a \"b\" \\ c""#, #"a "b" \ c"#), ("a;b=c/d{}", "a;b=c/d{}"),
        ("\" \"", " "),
        ("\"a,b\"", "a,b"), (String(repeating: "k", count: 64), String(repeating: "k", count: 64)),
    ])
    func `a key comes in quotation marks or without`(field: String, key: String) {
        #expect(IdempotencyKey.parse(field)?.text == key)
    }

    @Test(arguments: [
        "", "\"\"", "a b", "a,b", "\"abc", "abc\"", "\"a\"b", "\"a\"; p=1", #""a\n""#, "é", "\"é\"", "\"a\tb\"",
        "\u{7F}",
        String(repeating: "k", count: 65), "\"\(String(repeating: "k", count: 65))\"",
    ])
    func `what is no key is none`(field: String) {
        #expect(IdempotencyKey.parse(field) == nil)
    }

    @Test(arguments: [
        ("text/plain", "text/plain", nil), ("Text/Plain ; Charset=\"UTF-8\"", "text/plain", "utf-8"),
        ("application/json;x=1;charset=latin1", "application/json", "latin1"), ("a/b;", "a/b", nil),
        ("a/b;c", "a/b", nil),
        (" application/x-ndjson\t", "application/x-ndjson", nil),
    ])
    func `a media type is read with its charset`(field: String, name: String, charset: String?) {
        let type = MediaType(field)
        #expect(type?.name == name)
        #expect(type?.charset == charset)
    }

    @Test(arguments: [
        "", "text", "text/", "/plain", "a/b/c", "a b/c", "text/plain, text/html", ";charset=utf-8", "é/x",
    ])
    func `what is no media type is none`(field: String) {
        #expect(MediaType(field) == nil)
    }

    @Test func `parameters of a query are decoded, and the last of a name counts`() {
        let query = QueryParameters("a=1&b=x+y%20z%2B&a=2&c&=d&e=f=g&")
        #expect(query["a"] == "2")
        #expect(query["b"] == "x y z+")
        #expect(query["c"] == "")
        #expect(query[""] == "d")
        #expect(query["e"] == "f=g")
        #expect(query["d"] == nil)
    }

    @Test(arguments: [
        ("%zz", "%zz"), ("%f", "%f"), ("100%", "100%"), ("%%20", "% "), ("%2%20", "%2 "), ("%ff", "\u{FFFD}"),
        ("%zz%C3%A9%ff%20", "%zzé\u{FFFD} "),
    ])
    func `what cannot be decoded stands for itself, and keeps nothing else from being`(text: String, decoded: String) {
        #expect(QueryParameters("a=\(text)")["a"] == decoded)
    }
}
