import Testing

@testable import LWSSwift

/// A message that is streamed, in the queue.
@Suite struct OutboundStreamTests {
    private var queue = OutboundQueue()

    private mutating func fragment(_ text: String, isFinal: Bool = false) {
        unsafe Array(text.utf8).withUnsafeBytes {
            unsafe queue.appendFragment($0, isFinal: isFinal, maskingKey: nil)
        }
    }

    private mutating func message(_ text: String) {
        queue.append(WebSocketMessage.text(text).borrowed) { nil }
    }

    private mutating func drain() -> [UInt8] {
        var bytes: [UInt8] = []
        while let segment = queue.first?.bytes {
            bytes += segment
            queue.removeFirst()
        }
        return bytes
    }

    @Test mutating func `fragments make one message, and what is sent meanwhile comes behind it in order`() {
        message("1")
        queue.beginStream(.text)
        message("2")
        fragment("a")
        message("3")
        fragment("b")
        fragment("", isFinal: true)
        message("4")
        #expect(
            drain() == [0x81, 1, 49, 0x01, 1, 97, 0x00, 1, 98, 0x80, 0, 0x81, 1, 50, 0x81, 1, 51, 0x81, 1, 52]
        )
        #expect(queue.isEmpty && queue.byteCount == 0)
    }

    @Test mutating func `nothing that waits behind the message is written before its end`() {
        queue.beginStream(.binary)
        message("behind")
        #expect(queue.first == nil)
        fragment("a")
        #expect(drain() == [0x02, 1, 97])
        // Its next fragment may come at any time, so that a group must not write.
        #expect(!queue.isEmpty && queue.isStreaming)
        #expect(queue.byteCount == 8 && queue.byteCountBehindStream == 8)
        fragment("", isFinal: true)
        #expect(!queue.isStreaming && queue.byteCountBehindStream == 0 && queue.byteCount == 10)
        #expect(drain() == [0x80, 0, 0x81, 6] + Array("behind".utf8))
        #expect(queue.isEmpty)
    }

    @Test mutating func `a message without pieces is one empty frame`() {
        queue.beginStream(.text)
        fragment("", isFinal: true)
        #expect(drain() == [0x81, 0])
    }

    @Test mutating func `one that is abandoned leaves its fragments and nothing that waited behind it`() {
        queue.beginStream(.text)
        fragment("a")
        message("dropped")
        queue.abandonStream()
        unsafe queue.append(.close, UnsafeRawBufferPointer(start: nil, count: 0), maskingKey: nil)
        #expect(queue.byteCount == 5)
        #expect(drain() == [0x01, 1, 97, 0x88, 0])
    }

    @Test mutating func `one that is abandoned before its first fragment leaves no trace`() {
        queue.beginStream(.text)
        message("kept")
        queue.abandonStream()
        #expect(!queue.isStreaming)
        #expect(drain() == [0x81, 4] + Array("kept".utf8))
    }

    @Test mutating func `pings and pongs do not wait`() {
        queue.beginStream(.text)
        fragment("a")
        queue.appendUrgent(.pong, [7], maskingKey: nil)
        #expect(queue.urgent == [0x8A, 1, 7])
    }

    @Test mutating func `taking everything out ends the streaming`() {
        queue.beginStream(.text)
        fragment("a")
        message("b")
        queue.removeAll()
        #expect(queue.isEmpty && queue.byteCount == 0 && !queue.isStreaming && queue.first == nil)
    }

    @Test func `a piece is cut into fragments that fit a write`() {
        let limit = OutboundQueue.maximumFragmentBytes
        var piece = StreamedPiece([UInt8](repeating: 1, count: 2 * limit + 5))
        var counts: [Int] = []
        while !piece.isQueued {
            let announced = piece.nextCount
            unsafe piece.takeNext {
                counts.append($0.count)
                #expect($0.count == announced)
            }
        }
        #expect(counts == [limit, limit, 5])
        #expect(StreamedPiece([]).isQueued)
    }
}
