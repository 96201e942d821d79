import HTTPTypes
import LWSSwift
import Testing

@testable import broadcast_server

@Suite struct PageFilesTests {
    private let files = PageFiles()

    private static func request(_ fields: HTTPFields = [:]) -> HTTPServerRequest {
        HTTPServerRequest(
            request: HTTPRequest(method: .get, scheme: "http", authority: "x", path: "/", headerFields: fields)
        )
    }

    @Test(arguments: [
        ("page.css", "text/css; charset=utf-8"), ("page.js", "text/javascript; charset=utf-8"),
        ("icon.svg", "image/svg+xml"), (nil, "text/html; charset=utf-8"),
    ])
    func `the files of the page are served with their types and the security policy`(name: String?, type: String) throws
    {
        let answer = try #require(name.map { files.file($0, Self.request()) } ?? files.page(Self.request()))
        #expect(answer.status == .ok)
        #expect(answer.headerFields[.contentType] == type)
        #expect(answer.headerFields[.xContentTypeOptions] == "nosniff")
        let policy = answer.headerFields[.contentSecurityPolicy] ?? ""
        #expect(policy.hasPrefix("default-src 'none'; script-src 'self'; "))
        #expect(!policy.contains("unsafe"))
    }

    @Test(arguments: [
        "page", "connection", "transcript", "said", "links", "composer", "channels", "attention", "place", "memory",
        "drafts", "elements", "token", "gate",
    ])
    func `each script of the page is served as one`(name: String) {
        let answer = files.file("\(name).js", Self.request())
        #expect(answer?.headerFields[.contentType] == "text/javascript; charset=utf-8")
    }

    @Test func `a file that the browser has already is not sent again`() throws {
        let tag = try #require(files.page(Self.request()).headerFields[.eTag])
        #expect(files.page(Self.request([.ifNoneMatch: tag])).status == .notModified)
        #expect(files.page(Self.request([.ifNoneMatch: "\"other\", W/\(tag)"])).status == .notModified)
        #expect(files.page(Self.request([.ifNoneMatch: "\"other\""])).status == .ok)
    }

    @Test func `each file has a tag of its own`() {
        let tags = ["page.css", "page.js", "connection.js"].map { files.file($0, Self.request())?.headerFields[.eTag] }
        #expect(Set(tags).count == 3)
    }

    @Test(arguments: ["", "index.html", "page.css/", "../page.css", "admission"])
    func `there are no other files`(name: String) {
        #expect(files.file(name, Self.request())?.status == nil)
    }
}
