import Testing

@testable import LWSSwift

@Suite struct PieceReaderTests {
    /// Hands one message over in parts, as a frame each.
    private func read(
        _ parts: [[UInt8]],
        isBinary: Bool = true,
        reservedBits: [UInt8] = [],
        by reader: inout PieceReader
    ) throws(ConnectionFailure) -> [MessagePiece] {
        var pieces: [MessagePiece] = []
        for (index, part) in parts.enumerated() {
            let described = MessageAssembler.Piece(
                isFirst: index == 0,
                isFinal: index == parts.count - 1,
                isBinary: isBinary,
                reservedBits: index < reservedBits.count ? reservedBits[index] : 0,
                remainingInFrame: 0
            )
            let piece = try unsafe part.span.bytes.withUnsafeBytes { bytes throws(ConnectionFailure) in
                try unsafe reader.take(bytes, described)
            }
            if let piece { pieces.append(piece) }
        }
        return pieces
    }

    private func read(_ parts: [[UInt8]], isBinary: Bool = true) throws(ConnectionFailure) -> [MessagePiece] {
        var reader = PieceReader(maximumBytes: 10)
        return try read(parts, isBinary: isBinary, by: &reader)
    }

    private func piece(
        _ kind: WebSocketMessage.Kind,
        _ bytes: [UInt8],
        isFirst: Bool = false,
        isFinal: Bool = false
    ) -> MessagePiece {
        MessagePiece(uncheckedKind: kind, bytes: bytes, isFirst: isFirst, isFinal: isFinal)
    }

    @Test func `what arrives is given as it arrives, however long the message gets`() throws {
        let part = [UInt8](repeating: 1, count: 100)
        let pieces = try read([part, part, part])
        #expect(
            pieces == [
                piece(.binary, part, isFirst: true), piece(.binary, part), piece(.binary, part, isFinal: true),
            ]
        )
    }

    @Test func `a message that came at once is one piece, even when it is empty`() throws {
        #expect(try read([[1]]) == [piece(.binary, [1], isFirst: true, isFinal: true)])
        #expect(try read([[]]) == [piece(.binary, [], isFirst: true, isFinal: true)])
        #expect(try read([[]], isBinary: false) == [piece(.text, [], isFirst: true, isFinal: true)])
    }

    @Test func `nothing is given for nothing, and the first piece is still the first`() throws {
        #expect(try read([[], [], [1], [], []]).count == 2)
        #expect(try read([[], [1], [2]]) == [piece(.binary, [1], isFirst: true), piece(.binary, [2], isFinal: true)])
    }

    @Test func `texts are cut between characters`() throws {
        let bytes = Array("é€".utf8)
        #expect(
            try read([[bytes[0]], Array(bytes[1...3]), [bytes[4]]], isBinary: false)
                == [piece(.text, Array("é".utf8), isFirst: true), piece(.text, Array("€".utf8), isFinal: true)]
        )
    }

    @Test(arguments: [[[0x61, 0xFF], [0x61]], [[0x61], [0xC3]], [[0xF4], [0x90], [0x80]]] as [[[UInt8]]])
    func `texts that are not UTF-8 fail with 1007, binary does not`(parts: [[UInt8]]) throws {
        #expect(throws: ConnectionFailure.notText) { try read(parts, isBinary: false) }
        #expect(try !read(parts).isEmpty)
    }

    @Test func `a text begins anew, whatever the one before it`() throws {
        var reader = PieceReader(maximumBytes: 10)
        #expect(try read([[0x61], Array("é".utf8)], isBinary: false, by: &reader).count == 2)
        #expect(try read([[0x62]], isBinary: false, by: &reader).first?.isFirst == true)
    }

    /// "Hello" of RFC 7692 section 7.2.3.1.
    @Test(arguments: [true, false])
    func `a compressed message comes whole, and those around it in pieces`(isBinary: Bool) throws {
        var reader = PieceReader(maximumBytes: 10, inflater: Inflater())
        let hello: [[UInt8]] = [[0xF2, 0x48, 0xCD], [0xC9, 0xC9], [0x07, 0x00]]
        #expect(try read([[1], [2]], by: &reader).count == 2)
        let kind: WebSocketMessage.Kind = isBinary ? .binary : .text
        #expect(
            try read(hello, isBinary: isBinary, reservedBits: [0x40], by: &reader)
                == [piece(kind, Array("Hello".utf8), isFirst: true, isFinal: true)]
        )
        #expect(try read([[1], [2]], by: &reader).map(\.isFirst) == [true, false])
    }

    @Test func `a compressed message stays under the limit`() {
        var reader = PieceReader(maximumBytes: 4, inflater: Inflater())
        #expect(throws: ConnectionFailure(.messageTooBig, "message exceeds 4 bytes")) {
            try read([[0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00]], reservedBits: [0x40], by: &reader)
        }
    }

    @Test(arguments: [[0x40], [0x20], [0, 0x40], [0, 0x10]] as [[UInt8]])
    func `bits without a meaning fail with 1002`(bits: [UInt8]) {
        #expect(throws: ConnectionFailure.reservedBits) {
            var reader = PieceReader(maximumBytes: 10)
            return try read([[1], [2]], reservedBits: bits, by: &reader)
        }
    }

    @Test func `a later frame must not say that it is compressed`() {
        var reader = PieceReader(maximumBytes: 10, inflater: Inflater())
        #expect(throws: ConnectionFailure.reservedBits) {
            try read([[1], [2]], reservedBits: [0, 0x40], by: &reader)
        }
        #expect(throws: ConnectionFailure.reservedBits) {
            try read([[0xF2], [2]], reservedBits: [0x40, 0x40], by: &reader)
        }
    }
}
