import HTTPTypes
import LWSSwift

/// The chat page, whose files are part of the program: the page itself is at the address of each channel, its files below
/// `/-/`.
struct PageFiles: Sendable {
    /// What browsers may do with the page, so that not even a fault in it lets a message of somebody run as a script:
    /// only files and connections of this server, no scripts or styles within the page, no frame around it.
    private static let securityPolicy = [
        "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self'", "connect-src 'self'",
        "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
    ].joined(separator: "; ")

    private let page = File("text/html; charset=utf-8", PackageResources.index_html)
    private let files: [String: File] = [
        "page.css": File("text/css; charset=utf-8", PackageResources.page_css),
        "icon.svg": File("image/svg+xml", PackageResources.icon_svg),
        "page.js": File(script: PackageResources.page_js),
        "connection.js": File(script: PackageResources.connection_js),
        "transcript.js": File(script: PackageResources.transcript_js),
        "said.js": File(script: PackageResources.said_js),
        "links.js": File(script: PackageResources.links_js),
        "composer.js": File(script: PackageResources.composer_js),
        "channels.js": File(script: PackageResources.channels_js),
        "attention.js": File(script: PackageResources.attention_js),
        "place.js": File(script: PackageResources.place_js),
        "memory.js": File(script: PackageResources.memory_js),
        "drafts.js": File(script: PackageResources.drafts_js),
        "elements.js": File(script: PackageResources.elements_js),
        "token.js": File(script: PackageResources.token_js),
        "gate.js": File(script: PackageResources.gate_js),
    ]

    /// The page itself, as the answer to a GET or HEAD.
    func page(_ request: HTTPServerRequest) -> HTTPServerResponse {
        Self.answer(with: page, request)
    }

    /// A file of the page, as the answer to a GET or HEAD; nil for a name that none has.
    func file(_ name: String, _ request: HTTPServerRequest) -> HTTPServerResponse? {
        files[name].map { Self.answer(with: $0, request) }
    }

    private static func answer(with file: File, _ request: HTTPServerRequest) -> HTTPServerResponse {
        var fields: HTTPFields = [
            .contentSecurityPolicy: securityPolicy,
            .xContentTypeOptions: "nosniff",
            .crossOriginResourcePolicy: "same-origin",
            // Kept by the browser, but asked for each time: the next version of the program has other files.
            .cacheControl: "no-cache",
            .eTag: file.tag.description,
        ]
        if let field = request[.ifNoneMatch], IfNoneMatch(field).contains(file.tag) {
            return HTTPServerResponse(status: .notModified, headerFields: fields)
        }
        fields[.contentType] = file.type
        return HTTPServerResponse(headerFields: fields, body: file.bytes)
    }

    private struct File: Sendable {
        let type: String
        let bytes: [UInt8]
        /// Tells the bytes apart from those of another version.
        let tag: EntityTag

        init(_ type: String, _ bytes: [UInt8]) {
            self.type = type
            self.bytes = bytes
            tag = EntityTag(text: StableHash.digits(of: bytes))
        }

        init(script bytes: [UInt8]) { self.init("text/javascript; charset=utf-8", bytes) }
    }
}
