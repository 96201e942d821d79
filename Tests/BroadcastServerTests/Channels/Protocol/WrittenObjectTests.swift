import LWSSwift
import Testing

@testable import broadcast_server

@Suite struct WrittenObjectTests {
    private static let ann = Member(id: ClientID(number: 3), name: #"ann "the\"#)

    @Test func `what an author says is an object with its place and time`() {
        let template = ChatMessageTemplate(from: Self.ann, epoch: 0)
        let message: WebSocketMessage = "a/b\u{1} \"👋\"\u{2028}\n"
        #expect(
            template.object(message.borrowed, number: 0, time: 1_763_933_812_345)
                == .text(
                    #"{"from":{"id":3,"name":"ann \"the\\"},"id":"0.0","text":"a/b\u0001 \"👋\""# + "\u{2028}"
                        + #"\n","time":1763933812345,"type":"message"}"#
                )
        )
    }

    @Test func `the largest numbers are written in full`() {
        let template = ChatMessageTemplate(from: Member(id: ClientID(number: .max), name: "ann"), epoch: .max)
        #expect(
            template.object(("" as WebSocketMessage).borrowed, number: .max, time: .min)
                == .text(
                    #"{"from":{"id":18446744073709551615,"name":"ann"},"id":"3w5e11264sgsf.18446744073709551615","#
                        + #""text":"","time":-9223372036854775808,"type":"message"}"#
                )
        )
    }

    @Test(arguments: 0...31 as ClosedRange<UInt8>)
    func `control characters are escaped wherever they stand`(byte: UInt8) throws {
        for length in 0...17 {
            let text = String(repeating: "x", count: length) + String(Unicode.Scalar(byte)) + "y"
            let said = ChatMessage(id: "7.1", from: Self.ann, time: 0, text: text)
            let written = ChatMessageTemplate(from: Self.ann, epoch: 7)
                .object(WebSocketMessage.text(text).borrowed, number: 1, time: 0)
            #expect(written == ChatProtocol.encodeByFoundation(ServerObject.message(said)))
            #expect(try ChatProtocol.decode(ServerObject.self, from: written.bytes) == .message(said))
        }
    }

    @Test func `what is written by hand is what the encoder makes of it`() throws {
        for _ in 0..<1_000 {
            let choices = (0..<Int.random(in: 0...60)).map { _ in UInt8.random(in: 0...255) }
            try FuzzTarget.writtenObjects.check(choices)
        }
    }
}
