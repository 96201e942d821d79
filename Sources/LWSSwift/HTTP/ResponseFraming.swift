internal import HTTPTypes

/// How the end of an answer is known (RFC 9112 section 6.3), and the head that says so: the one place that decides it.
struct ResponseFraming: Sendable, Equatable {
    enum Body: Sendable, Equatable {
        /// The answer has none, and says nothing of a length.
        case none
        /// So many bytes.
        case length(Int)
        case chunked
        /// The body ends with the connection.
        case untilClose
    }

    /// What the head announces.
    let announced: Body
    /// Whether the body itself is sent: it is not in an answer to HEAD.
    let hasContent: Bool
    /// Whether the connection stays open behind the answer.
    let keepsConnection: Bool
    private let isHTTP11: Bool

    /// - Parameters:
    ///   - count: the bytes of the body; nil when they are not known yet.
    ///   - keepsConnection: whether it would be, if the framing allows it.
    init(status: HTTPResponse.Status, count: Int?, isHead: Bool, isHTTP11: Bool, keepsConnection: Bool) {
        self.isHTTP11 = isHTTP11
        let body: Body =
            switch status {
            // Without a body by definition (RFC 9110 sections 8.6, 15.2 and 15.3.5).
            case .noContent, .notModified: .none
            case _ where status.kind == .informational: .none
            // Which says that it has none (15.3.6).
            case .resetContent: .length(0)
            default: count.map(Body.length) ?? (isHTTP11 ? .chunked : .untilClose)
            }
        announced = body
        hasContent = !isHead && body != .none && status != .resetContent
        self.keepsConnection = keepsConnection && (body != .untilClose || isHead)
    }

    /// The head as it is sent. What the fields say about the framing and the connection is not taken from them.
    func head(_ status: HTTPResponse.Status, _ fields: HTTPFields) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(256)
        func append(_ text: String) { bytes.append(contentsOf: text.utf8) }
        append("HTTP/1.1 ")
        append(String(status.code))
        append(" ")
        append(status.reasonPhrase)
        append("\r\n")
        var isUpgradeNamed = false
        for field in fields {
            switch field.name {
            case .connection, .contentLength, .transferEncoding: continue
            case .upgrade: isUpgradeNamed = true
            default: break
            }
            append(field.name.rawName)
            append(": ")
            append(field.value)
            append("\r\n")
        }
        switch announced {
        case .none, .untilClose: break
        case .length(let count):
            append("Content-Length: ")
            append(String(count))
            append("\r\n")
        case .chunked: append("Transfer-Encoding: chunked\r\n")
        }
        append(connectionLine(isUpgradeNamed: isUpgradeNamed))
        append("\r\n")
        return bytes
    }

    /// - Parameter isUpgradeNamed: who names a protocol to upgrade to says so here too (RFC 9110 section 7.8).
    private func connectionLine(isUpgradeNamed: Bool) -> String {
        switch (keepsConnection, isUpgradeNamed) {
        case (false, false): "Connection: close\r\n"
        case (false, true): "Connection: close, Upgrade\r\n"
        case (true, true): "Connection: Upgrade\r\n"
        // The default of HTTP/1.1 and not of HTTP/1.0.
        case (true, false): isHTTP11 ? "" : "Connection: keep-alive\r\n"
        }
    }

    /// One piece of a body, as it is sent.
    func framed(_ piece: [UInt8]) -> [UInt8] {
        guard hasContent, !piece.isEmpty else { return [] }
        guard announced == .chunked else { return piece }
        var bytes: [UInt8] = []
        let size = String(piece.count, radix: 16)
        bytes.reserveCapacity(piece.count + size.utf8.count + 4)
        bytes.append(contentsOf: size.utf8)
        bytes.append(contentsOf: "\r\n".utf8)
        bytes.append(contentsOf: piece)
        bytes.append(contentsOf: "\r\n".utf8)
        return bytes
    }

    /// What is sent behind the last piece.
    var end: [UInt8] { hasContent && announced == .chunked ? Array("0\r\n\r\n".utf8) : [] }
}
