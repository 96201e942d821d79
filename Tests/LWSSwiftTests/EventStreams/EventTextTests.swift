import Foundation
import Testing

@testable import LWSSwift

/// How events are written, without sockets.
@Suite struct EventTextTests {
    private static func framed(
        _ message: WebSocketMessage,
        prefix: String = "",
        number: UInt64? = 7,
        name: String = ""
    ) -> String {
        var log = FrameLog(SlabPool(), framing: .events(EventFraming(epoch: 35)))
        log.append(message.kind, prefix: prefix, unsafe message.bytes.span.bytes, number: number, event: name)
        var text: [UInt8] = []
        var position = log.oldest
        while let piece = log.piece(at: position, limit: log.end) {
            unsafe text += UnsafeRawBufferPointer(start: piece.start, count: piece.count)
            position = piece.end
        }
        log.removeAll()
        return String(decoding: text, as: UTF8.self)
    }

    @Test func `a publication carries its position, anything else a name at most`() {
        #expect(Self.framed("hello", prefix: "ann: ") == "id: z.7\ndata: ann: hello\n\n")
        #expect(Self.framed("", number: .max) == "id: z.18446744073709551615\ndata: \n\n")
        #expect(Self.framed("{}", number: nil, name: "joined") == "event: joined\ndata: {}\n\n")
        #expect(Self.framed("a", number: 0, name: "x") == "id: z.0\nevent: x\ndata: a\n\n")
    }

    @Test(
        arguments: [
            ("a\nb", "a\ndata: b"), ("a\r\nb", "a\ndata: b"), ("a\rb", "a\ndata: b"), ("\n", "\ndata: "),
            ("\r\n\r\n", "\ndata: \ndata: "), ("\n\r", "\ndata: \ndata: "), ("a\n", "a\ndata: "),
            (" id: 5", " id: 5"), ("a\nid: 5", "a\ndata: id: 5"),
        ]
    )
    func `each line of a text is a line of data, however it ends`(text: String, data: String) {
        #expect(Self.framed(.text(text), number: nil) == "data: \(data)\n\n")
        #expect(EventRecord(.text(text)).bytes.elementsEqual("data: \(data)\n\n".utf8))
    }

    @Test func `line breaks in what stands before a text end lines too`() {
        #expect(Self.framed("b", prefix: "a\r", number: nil) == "data: a\ndata: b\n\n")
        #expect(Self.framed("\nb", prefix: "a\r", number: nil) == "data: a\ndata: b\n\n")
    }

    @Test func `binary messages are base64, whatever their length`() {
        for count in 0...8 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: 250 &+ $0 &* 37) }
            let text = Data(bytes).base64EncodedString()
            #expect(
                Self.framed(.binary(bytes), prefix: "ann: ", name: "binary")
                    == "id: z.7\nevent: binary\ndata: \(text)\n\n"
            )
            #expect(EventRecord(.binary(bytes)).bytes.elementsEqual("event: binary\ndata: \(text)\n\n".utf8))
        }
    }

    @Test(arguments: [SlabPool.slabBytes - 20, SlabPool.slabBytes, 3 * SlabPool.slabBytes + 1])
    func `an event that is longer than a slab is cut anywhere`(count: Int) {
        let text = String(repeating: "x", count: count)
        #expect(Self.framed(.text(text)) == "id: z.7\ndata: \(text)\n\n")
        let lines = String(repeating: "\n", count: count / 8)
        let data = String(repeating: "\ndata: ", count: count / 8)
        #expect(Self.framed(.text(lines)) == "id: z.7\ndata: \(data)\n\n")
    }

    @Test func `what tells how to come back fires no event`() {
        #expect(EventRecord(retry: .seconds(2), id: "z.7").bytes.elementsEqual("retry: 2000\nid: z.7\n\n".utf8))
        #expect(EventRecord(comment: "").bytes.elementsEqual(":\n\n".utf8))
    }
}
