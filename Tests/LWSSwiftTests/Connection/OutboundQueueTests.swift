import Testing

@testable import LWSSwift

@Suite struct OutboundQueueTests {
    /// Takes everything out, a segment at a time.
    private func drain(_ queue: inout OutboundQueue) -> [[UInt8]] {
        var segments: [[UInt8]] = []
        while let segment = queue.first?.bytes {
            segments.append(segment)
            queue.removeFirst()
        }
        return segments
    }

    @Test func `small messages share a segment, in order`() {
        var queue = OutboundQueue()
        for text in ["a", "b", "c"] { queue.append(WebSocketMessage.text(text).borrowed) { nil } }
        #expect(queue.byteCount == 9)
        #expect(drain(&queue) == [[0x81, 1, 97, 0x81, 1, 98, 0x81, 1, 99]])
        #expect(queue.isEmpty && queue.byteCount == 0)
    }

    @Test func `no segment is larger than a write, and each holds whole frames`() {
        var queue = OutboundQueue()
        let payload = [UInt8](repeating: 5, count: 1_000)
        for _ in 0..<200 { queue.append(WebSocketMessage.binary(payload).borrowed) { nil } }
        let segments = drain(&queue)
        #expect(segments.count == 3)
        for segment in segments {
            #expect(segment.count <= ServiceLoop.writeBytes)
            #expect(segment.count % 1_004 == 0 && segment[0] == 0x82)
        }
        #expect(segments.reduce(0) { $0 + $1.count } == 200 * 1_004)
    }

    @Test(arguments: [0, 1, OutboundQueue.maximumFragmentBytes, OutboundQueue.maximumFragmentBytes + 1, 200_000])
    func `a message is cut into fragments that fit, of which the last is final`(count: Int) {
        var queue = OutboundQueue()
        var keys = 0
        let message = WebSocketMessage.binary([UInt8](repeating: 5, count: count))
        queue.append(message.borrowed) {
            keys += 1
            return nil
        }
        let bytes = drain(&queue).flatMap { $0 }
        let expected = max(1, (count + OutboundQueue.maximumFragmentBytes - 1) / OutboundQueue.maximumFragmentBytes)
        #expect(keys == expected)
        var offset = 0
        for index in 0..<expected {
            let opcode: UInt8 = index == 0 ? 0x02 : 0x00
            let final: UInt8 = index == expected - 1 ? 0x80 : 0
            #expect(bytes[offset] == opcode | final)
            offset += unsafe bytes.withUnsafeBytes { unsafe SentFrame(at: $0.baseAddress! + offset).byteCount }
        }
        #expect(offset == bytes.count)
    }

    @Test(arguments: [0, 1, 65_521, 65_522, 65_523, 131_044, 131_045, 1 << 20])
    func `a message never takes more than was reckoned with`(count: Int) {
        var queue = OutboundQueue()
        let message = WebSocketMessage.binary([UInt8](repeating: 5, count: count))
        queue.append(message.borrowed) { 7 }
        #expect(queue.byteCount <= OutboundQueue.size(ofPayload: count))
    }

    @Test func `taking everything out leaves nothing`() {
        var queue = OutboundQueue()
        let message = WebSocketMessage.binary([UInt8](repeating: 5, count: 10_000))
        for _ in 0..<100 { queue.append(message.borrowed) { nil } }
        queue.removeAll()
        #expect(queue.isEmpty && queue.byteCount == 0 && queue.first == nil)
    }
}
