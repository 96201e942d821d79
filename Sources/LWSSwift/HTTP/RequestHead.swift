internal import HTTPTypes

/// The head of a request (RFC 9112 section 3): its bytes, and what stands where. Strings are made when they are asked for.
struct RequestHead: Sendable {
    let line: RequestLine
    private(set) var fields: FieldSection

    /// - Throws: when the request does not say as it must which host it is for (section 3.2).
    init(_ line: RequestLine, _ fields: FieldSection) throws(HeadFault) {
        self.line = line
        self.fields = fields
        switch fields.occurrence("host") {
        case .never where line.minorVersion == 0: break
        case .never: throw .malformed("The Host field is missing.")
        case .repeatedly: throw .malformed("There is more than one Host field.")
        case .once(let host):
            guard FieldSyntax.isAuthority(fields.bytes.span, host.range) else {
                throw .malformed("The Host field is malformed.")
            }
        }
        // The target's host is the one that counts (section 3.2.2).
        if let authority = line.authority { self.fields.replaceValue(of: "host", with: authority) }
    }

    /// Whether the method is this one; methods have a case.
    func isMethod(_ name: String) -> Bool {
        line.method.count == name.utf8.count && fields.bytes(line.method).elementsEqual(name.utf8)
    }

    var method: HTTPRequest.Method {
        if isMethod("GET") { return .get }
        // A token is a method, whatever it is.
        return HTTPRequest.Method(fields.string(line.method)) ?? .get
    }

    /// Whether it is HTTP/1.1, or a later one of the same major version.
    var isHTTP11: Bool { line.minorVersion > 0 }

    /// The path as it was sent, without the query; `*` for a request that concerns the server as a whole.
    var path: String { line.path.count == 0 ? "/" : fields.string(line.path) }

    /// The query as it was sent, without the question mark; empty when there is none.
    var query: String { line.query.map(fields.string) ?? "" }

    /// Path and query as they were sent.
    var pathAndQuery: String {
        guard let query = line.query else { return path }
        if line.path.count == 0 { return "/?" + fields.string(query) }
        return fields.string(HeadRange(line.path.range.lowerBound..<query.range.upperBound))
    }

    /// The host, and perhaps the port, that the request is for.
    var authority: String? {
        if let authority = line.authority { return fields.string(authority) }
        return fields.only("host").map { String(decoding: $0, as: UTF8.self) }
    }

    /// The value of a field; of a repeated one, its values joined.
    subscript(name: HTTPField.Name) -> String? { fields.text(name.canonicalName) }

    /// Whether the connection is to stay open for further requests (RFC 9112 section 9.3).
    var keepsConnection: Bool {
        guard !fields.list("connection", contains: "close") else { return false }
        return isHTTP11 || fields.list("connection", contains: "keep-alive")
    }

    /// The request as a value, for whoever needs all of it.
    func request(scheme: String) -> HTTPRequest {
        HTTPRequest(
            method: method,
            scheme: scheme,
            authority: authority,
            path: pathAndQuery,
            headerFields: fields.httpFields
        )
    }
}
