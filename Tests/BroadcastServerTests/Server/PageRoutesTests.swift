import HTTPTypes
import LWSSwift
import Testing

@testable import broadcast_server

@Suite struct PageRoutesTests {
    private let routes = PageRoutes()

    private func answer(
        _ path: String,
        method: HTTPRequest.Method = .get,
        _ fields: HTTPFields = [:]
    ) -> HTTPServerResponse {
        let request = HTTPRequest(
            method: method,
            scheme: "http",
            authority: "localhost:8088",
            path: path,
            headerFields: fields
        )
        return routes.answer(HTTPServerRequest(request: request))
    }

    @Test(arguments: [
        ("/", "text/html; charset=utf-8"), ("/page.css", "text/css; charset=utf-8"),
        ("/page.js", "text/javascript; charset=utf-8"), ("/connection.js", "text/javascript; charset=utf-8"),
        ("/transcript.js", "text/javascript; charset=utf-8"), ("/place.js", "text/javascript; charset=utf-8"),
        ("/elements.js", "text/javascript; charset=utf-8"),
        ("/icon.svg", "image/svg+xml"), ("/?from=bookmark", "text/html; charset=utf-8"),
    ])
    func `the files of the page are served with their types and the security policy`(path: String, type: String) {
        let answer = answer(path)
        #expect(answer.status == .ok)
        #expect(answer.headerFields[.contentType] == type)
        #expect(answer.headerFields[.xContentTypeOptions] == "nosniff")
        let policy = answer.headerFields[.contentSecurityPolicy] ?? ""
        #expect(policy.hasPrefix("default-src 'none'; script-src 'self'; "))
        #expect(!policy.contains("unsafe"))
    }

    @Test(arguments: ["/", "/page.js"])
    func `a file that the browser has already is not sent again`(path: String) throws {
        let tag = try #require(answer(path).headerFields[.eTag])
        #expect(answer(path, [.ifNoneMatch: tag]).status == .notModified)
        #expect(answer(path, [.ifNoneMatch: "\"other\", W/\(tag)"]).status == .notModified)
        #expect(answer(path, [.ifNoneMatch: "\"other\""]).status == .ok)
    }

    @Test func `each file has a tag of its own`() {
        let tags = ["/", "/page.css", "/page.js", "/connection.js"].map { answer($0).headerFields[.eTag] }
        #expect(Set(tags).count == 4)
    }

    @Test func `the health of the server can be asked for`() {
        #expect(answer("/healthz").status == .ok)
        #expect(answer("/healthz").headerFields[.cacheControl] == "no-store")
        #expect(answer("/healthz", method: .head).status == .ok)
    }

    @Test(arguments: ["/", "/page.css", "/healthz"])
    func `other methods are refused`(path: String) {
        let answer = answer(path, method: .post)
        #expect(answer.status == .methodNotAllowed)
        #expect(answer.headerFields[.allow] == "GET, HEAD")
    }

    @Test(arguments: ["/team", "/favicon.ico", "/page.css/", "//", "/index.html", "/../page.css"])
    func `nothing else is there`(path: String) {
        #expect(answer(path).status == .notFound)
    }
}
