import Testing

@testable import broadcast_server

@Suite struct AcceptFieldTests {
    private static let offers = ["text/html", "text/event-stream", "application/json"]

    @Test(
        arguments: [
            // No field, or nothing in it that can be understood: the first.
            (nil, "text/html"), ("", "text/html"), ("nonsense", "text/html"), ("*/*", "text/html"),
            ("text/event-stream", "text/event-stream"), ("Text/Event-Stream", "text/event-stream"),
            // The closer one of two that are wanted as much.
            ("*/*, text/event-stream", "text/event-stream"), ("text/*, application/json", "application/json"),
            // Weights.
            ("text/html;q=0.5, text/event-stream;q=0.9", "text/event-stream"),
            ("text/html;q=0.999, application/json ; Q=1", "application/json"),
            ("text/html;q=0, */*;q=0.1", "text/event-stream"),
            ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html"),
            // Nothing that is offered.
            ("image/png", nil), ("*/*;q=0", nil), ("text/html;q=0.000", nil),
            // What has no meaning is left out.
            ("text/html;q=2, application/json", "application/json"),
            ("text/html;q=0.1234, application/json", "application/json"),
            ("*/json, application/json;q=0.1", "application/json"), (",, ,text/event-stream,", "text/event-stream"),
            // Neither a comma nor a semicolon in quotes ends anything.
            (#"text/html;x="a,b;q=0\"";q=0.2, application/json;q=0.3"#, "application/json"),
        ] as [(String?, String?)]
    )
    func `what the client wants most is chosen`(value: String?, choice: String?) {
        #expect(AcceptField(value).preferred(of: Self.offers) == choice)
    }

    @Test func `the closest range tells how welcome a type is`() {
        let field = AcceptField("text/*;q=0.3, text/html;q=0.7, */*;q=0.5")
        #expect(field.quality(of: "text/html") == 700)
        #expect(field.quality(of: "text/plain") == 300)
        #expect(field.quality(of: "image/png") == 500)
        #expect(AcceptField("text/html").quality(of: "image/png") == 0)
    }
}
