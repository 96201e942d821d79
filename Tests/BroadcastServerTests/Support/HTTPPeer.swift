import HTTPTypes
import TestSupport

@testable import broadcast_server

/// A client of plain HTTP: one connection, one request after another.
struct HTTPPeer: Sendable {
    private let peer: RawPeer

    struct Answer: Sendable {
        let status: Int
        /// By their names in small letters.
        let fields: [String: String]
        let body: String
    }

    init(port: Int) throws {
        peer = try RawPeer(port: port)
    }

    func get(_ target: String, _ fields: String...) async throws -> Answer {
        try await send("GET", target, fields)
    }

    func post(_ target: String, _ body: String, _ fields: String...) async throws -> Answer {
        try await send("POST", target, fields, body: body)
    }

    /// - Parameter body: nil for none, not even its length.
    func send(_ method: String, _ target: String, _ fields: [String] = [], body: String? = nil) async throws -> Answer {
        let length = body.map { ["Content-Length: \($0.utf8.count)"] } ?? []
        let request = RawRequest(method: method, path: target, fields: ["Host: localhost"] + fields + length)
        try await peer.write(request.bytes + (body ?? "").utf8)
        return try await answer(hasBody: method != "HEAD")
    }

    private func answer(hasBody: Bool) async throws -> Answer {
        let lines = try await peer.readHead().components("\r\n").dropLast(2)
        let pairs = lines.dropFirst().map { line in
            let parts = line.components(": ")
            return (parts[0].lowercased(), parts.dropFirst().joined(separator: ": "))
        }
        let fields = Dictionary(pairs, uniquingKeysWith: { "\($0), \($1)" })
        let count = hasBody ? Int(fields["content-length"] ?? "0") ?? 0 : 0
        let body = try await peer.read(count)
        let status = Int(lines[0].dropFirst(9).prefix(3)) ?? 0
        return Answer(status: status, fields: fields, body: String(decoding: body, as: UTF8.self))
    }
}

extension String {
    fileprivate func components(_ separator: String) -> [String] {
        split(separator: separator, omittingEmptySubsequences: false).map(String.init)
    }
}
