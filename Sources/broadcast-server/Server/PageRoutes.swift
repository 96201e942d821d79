import HTTPTypes
import LWSSwift

/// The answers to plain HTTP requests: the chat page, whose files are part of the program, and `/healthz`.
struct PageRoutes: Sendable {
    /// What browsers may do with the page, so that not even a fault in it lets a message of somebody run as a script:
    /// only files and connections of this server, no scripts or styles within the page, no frame around it.
    private static let securityPolicy = [
        "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self'", "connect-src 'self'",
        "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
    ].joined(separator: "; ")

    private let files: [String: PageFile] = [
        "/": PageFile("text/html; charset=utf-8", PackageResources.index_html),
        "/page.css": PageFile("text/css; charset=utf-8", PackageResources.page_css),
        "/page.js": PageFile("text/javascript; charset=utf-8", PackageResources.page_js),
        "/connection.js": PageFile("text/javascript; charset=utf-8", PackageResources.connection_js),
        "/transcript.js": PageFile("text/javascript; charset=utf-8", PackageResources.transcript_js),
        "/place.js": PageFile("text/javascript; charset=utf-8", PackageResources.place_js),
        "/elements.js": PageFile("text/javascript; charset=utf-8", PackageResources.elements_js),
        "/icon.svg": PageFile("image/svg+xml", PackageResources.icon_svg),
    ]

    /// Answers a request. The body of an answer to HEAD is left out by the server.
    func answer(_ request: HTTPServerRequest) -> HTTPServerResponse {
        let path = PercentEncoding.decode(request.path) ?? ""
        let file = files[path]
        guard file != nil || path == "/healthz" else {
            let text =
                "Nothing is here. The chat page is at /, and WebSocket clients connect to any path: it names the channel.\n"
            return HTTPServerResponse(status: .notFound, text: text)
        }
        guard [.get, .head].contains(request.method) else {
            return HTTPServerResponse(
                status: .methodNotAllowed,
                headerFields: [.allow: "GET, HEAD"],
                text: "Use GET.\n"
            )
        }
        guard let file else { return HTTPServerResponse(headerFields: [.cacheControl: "no-store"], text: "ok\n") }
        return answer(with: file, ifNoneMatch: request[.ifNoneMatch])
    }

    private func answer(with file: PageFile, ifNoneMatch tags: String?) -> HTTPServerResponse {
        var fields: HTTPFields = [
            .contentSecurityPolicy: Self.securityPolicy,
            .xContentTypeOptions: "nosniff",
            .crossOriginResourcePolicy: "same-origin",
            // Kept by the browser, but asked for each time: the next version of the program has other files.
            .cacheControl: "no-cache",
            .eTag: file.tag,
        ]
        if tags?.contains(file.tag) == true { return HTTPServerResponse(status: .notModified, headerFields: fields) }
        fields[.contentType] = file.type
        return HTTPServerResponse(headerFields: fields, body: file.bytes)
    }
}

/// A file of the page.
private struct PageFile: Sendable {
    let type: String
    let bytes: [UInt8]
    /// Tells the bytes apart from those of another version (RFC 9110 section 8.8.3).
    let tag: String

    init(_ type: String, _ bytes: [UInt8]) {
        self.type = type
        self.bytes = bytes
        // FNV-1a: `Hasher` gives another result in each process, and nobody has to be kept from finding a collision.
        let hash = bytes.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
        tag = "\"\(String(hash, radix: 16))\""
    }
}
