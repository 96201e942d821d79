import Foundation
import TestSupport
import Testing

/// An answer as it stood on the wire.
struct RawAnswer {
    let head: String
    let body: [UInt8]

    /// Reads one answer, whose length is announced or which comes in chunks.
    init(from peer: RawPeer) async throws {
        head = try await peer.readHead()
        if head.lowercased().contains("\r\ntransfer-encoding: chunked\r\n") {
            body = try await Self.chunks(from: peer)
            return
        }
        let line = head.components(separatedBy: "\r\n").first { $0.lowercased().hasPrefix("content-length:") }
        let count = try #require(line.flatMap { Int($0.dropFirst(15).trimmingCharacters(in: .whitespaces)) }, "\(head)")
        body = try await peer.read(count)
    }

    private static func chunks(from peer: RawPeer) async throws -> [UInt8] {
        var body: [UInt8] = []
        while true {
            var line: [UInt8] = []
            while !line.suffix(2).elementsEqual("\r\n".utf8) { line += try await peer.read(1) }
            let count = try #require(Int(String(decoding: line.dropLast(2), as: UTF8.self), radix: 16))
            body += try await peer.read(count + 2).dropLast(2)
            if count == 0 { return body }
        }
    }

    var status: Int { Int(head.dropFirst(9).prefix(3)) ?? 0 }
    var text: String { String(decoding: body, as: UTF8.self) }
}
