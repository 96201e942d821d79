import Testing

@testable import broadcast_server

@Suite struct HTTPResourceTests {
    @Test(arguments: [
        ("/", ""), ("/team", "team"), ("/t%C3%A9am", "téam"), ("/healthz2", "healthz2"), ("/--", "--"),
        ("/page.js", "page.js"),
        ("/index.html", "index.html"), ("", ""),
    ])
    func `a path names a channel`(path: String, name: String) {
        guard case .channel(let channel) = HTTPResource(path: path) else {
            Issue.record("no channel")
            return
        }
        #expect(channel.text == name)
    }

    @Test(arguments: [
        ("/healthz", HTTPResource.health), ("/health%7A", .health), ("/robots.txt", .robots),
        ("/livez", .liveness), ("/readyz", .readiness),
        ("/favicon.ico", .file("icon.svg")),
        ("/-/page.js", .file("page.js")), ("/%2D/page.js", .file("page.js")), ("/-/", .file("")),
        ("/-/admission", .admission),
        ("/-", .nothing), ("/metrics", .metrics), ("*", .server),
    ])
    func `what is no channel has a place of its own`(path: String, resource: HTTPResource) {
        #expect(HTTPResource(path: path) == resource)
    }

    @Test(arguments: ["/a/b", "/a%20b", "/a%2Fb", "/%zz", "/%ff", "//", "/-x/y", "/%00"])
    func `anything else is no name of a channel`(path: String) {
        #expect(HTTPResource(path: path) == .badChannel)
    }
}
