import Testing

@testable import LWSSwift

@Suite struct MessageAssemblerTests {
    /// Hands a message over in pieces of the given sizes; the first failure or the message comes back.
    private func assemble(
        _ bytes: [UInt8],
        in sizes: [Int],
        isBinary: Bool = true,
        maximumBytes: Int = 1_000
    ) throws(ConnectionFailure) -> WebSocketMessage? {
        var assembler = MessageAssembler(maximumBytes: maximumBytes)
        var rest = bytes[...]
        for (index, size) in sizes.enumerated() {
            let piece = MessageAssembler.Piece(
                isFirst: index == 0,
                isFinal: index == sizes.count - 1,
                isBinary: isBinary,
                remainingInFrame: 0
            )
            let part = Array(rest.prefix(size))
            rest = rest.dropFirst(size)
            switch try append(part, piece, to: &assembler) {
            case .none: continue
            case .piece(let kind): return WebSocketMessage(uncheckedKind: kind, bytes: part)
            case .message(let message): return message
            }
        }
        return nil
    }

    private func append(
        _ bytes: [UInt8],
        _ piece: MessageAssembler.Piece,
        to assembler: inout MessageAssembler
    ) throws(ConnectionFailure) -> MessageAssembler.Assembly {
        try unsafe bytes.span.bytes.withUnsafeBytes { bytes throws(ConnectionFailure) in
            try unsafe assembler.append(bytes, piece)
        }
    }

    @Test(arguments: [[10], [0, 10], [10, 0], [1, 9], [3, 3, 4], [0, 0, 10, 0]])
    func `the pieces make the message, wherever it is cut`(sizes: [Int]) throws {
        let bytes = [UInt8](1...10)
        #expect(try assemble(bytes, in: sizes) == .binary(bytes))
    }

    @Test func `a character may be cut between pieces`() throws {
        let bytes = Array("aé😀".utf8)
        for cut in 0...bytes.count {
            #expect(try assemble(bytes, in: [cut, bytes.count - cut], isBinary: false) == .text("aé😀"))
        }
    }

    @Test func `text that is not UTF-8 fails with 1007, binary does not`() throws {
        let bytes: [UInt8] = [0x61, 0xC3]
        for sizes in [[2], [1, 1]] {
            #expect(throws: ConnectionFailure(.invalidPayload, "text message is not UTF-8")) {
                try assemble(bytes, in: sizes, isBinary: false)
            }
            #expect(try assemble(bytes, in: sizes) == .binary(bytes))
        }
    }

    @Test(arguments: [[11], [10, 1], [5, 5, 1], [1, 10]])
    func `a byte more than the limit fails with 1009`(sizes: [Int]) throws {
        #expect(throws: ConnectionFailure(.messageTooBig, "message exceeds 10 bytes")) {
            try assemble([UInt8](repeating: 0, count: 11), in: sizes, maximumBytes: 10)
        }
        #expect(try assemble([UInt8](repeating: 0, count: 10), in: [5, 5], maximumBytes: 10) != nil)
    }

    @Test(arguments: [10, Int.max])
    func `a frame that announces more than the limit fails before it has come`(announced: Int) {
        var assembler = MessageAssembler(maximumBytes: 10)
        let piece = MessageAssembler.Piece(isFirst: true, isFinal: false, isBinary: true, remainingInFrame: announced)
        #expect(throws: ConnectionFailure.self) { try append([1], piece, to: &assembler) }
    }
}
