import Foundation
import LWSSwift
import Testing

@testable import broadcast_server

@Suite struct TranscriptTests {
    private static let noon = WallTime(milliseconds: 1_763_933_812_345)!

    private static func said(_ text: String, by name: String = "ann") -> Incoming {
        let member = Member(id: ClientID(number: 1), name: name)
        return .object(.message(ChatMessage(id: "1.7", from: member, time: 1_763_933_812_345, text: text)))
    }

    private func render(_ incoming: Incoming, as form: Transcript.Form, showsTime: Bool = false) -> String {
        let bytes = Transcript(form: form, showsTime: showsTime).render(incoming, now: Self.noon)
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test func `a message is a line that begins with the sender's name`() {
        #expect(render(Self.said("hi 👋"), as: .lines) == "ann: hi 👋\n")
        #expect(render(.text("Client 2: hi"), as: .lines) == "Client 2: hi\n")
        #expect(render(Self.said("hi"), as: .terminal(isColored: false)) == "ann: hi\n")
    }

    @Test func `a time stands before a message when it is asked for`() {
        let clock = Self.noon.clock
        #expect(clock.wholeMatch(of: #/\d\d:\d\d:\d\d/#) != nil)
        #expect(render(Self.said("hi"), as: .terminal(isColored: false), showsTime: true) == "\(clock) ann: hi\n")
        let line = render(Self.said("hi"), as: .lines, showsTime: true)
        #expect(line.hasSuffix(" \(clock),345 ann: hi\n"))
    }

    @Test(arguments: [Int64.min, -1, 253_402_300_800_000, Int64.max])
    func `a time that no calendar has is not believed`(milliseconds: Int64) {
        let member = Member(id: ClientID(number: 1), name: "ann")
        let message = ChatMessage(id: "1.7", from: member, time: milliseconds, text: "hi")
        let line = render(.object(.message(message)), as: .terminal(isColored: false), showsTime: true)
        #expect(line == "\(Self.noon.clock) ann: hi\n")
    }

    @Test func `a name has the same color each time, and names differ`() {
        let line = render(Self.said("hi"), as: .terminal(isColored: true))
        #expect(line == render(.text("ann: hi"), as: .terminal(isColored: true)))
        #expect(line.wholeMatch(of: #/\u{1B}\[38;5;\d+mann\u{1B}\[0m: hi\n/#) != nil)
        let colors = Set((1...50).map { TerminalStyle.color(ofName: "Client \($0)") })
        #expect(colors.count > 6)
    }

    @Test func `several lines of a message pass for no other message at a terminal, and are one in a pipe`() {
        let forged = Self.said("hi\nbob: I owe you")
        #expect(render(forged, as: .terminal(isColored: false)) == "ann: hi\n    bob: I owe you\n")
        #expect(render(forged, as: .lines) == "ann: hi\\nbob: I owe you\n")
    }

    @Test func `own messages are shown to people only, with a mark once they are acknowledged`() {
        func own(_ form: Transcript.Form, isConfirmed: Bool) -> String {
            let transcript = Transcript(form: form, showsTime: false)
            return String(decoding: transcript.renderOwn("hi", isConfirmed: isConfirmed), as: UTF8.self)
        }
        #expect(own(.terminal(isColored: false), isConfirmed: true) == "you: hi ✓\n")
        #expect(own(.terminal(isColored: false), isConfirmed: false) == "you: hi\n")
        #expect(own(.lines, isConfirmed: true) == "")
        #expect(own(.json, isConfirmed: true) == "")
    }

    @Test func `an object of the server is one line of JSON`() throws {
        let line = render(Self.said("a\nb\u{202E}\u{9B}\u{7F}"), as: .json)
        #expect(line.hasSuffix("}\n") && line.split(separator: "\n").count == 1)
        #expect(line.contains(#"a\nb\u202e\u009b\u007f"#))
        let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        #expect(object["type"] as? String == "message")
        #expect(object["text"] as? String == "a\nb\u{202E}\u{9B}\u{7F}")
        #expect((object["from"] as? [String: Any])?["name"] as? String == "ann")
    }

    @Test func `what a plain-text server says, and bytes, are objects too`() throws {
        #expect(render(.text("hi"), as: .json) == "{\"text\":\"hi\",\"time\":1763933812345,\"type\":\"message\"}\n")
        #expect(
            render(.binary([1, 2]), as: .json) == "{\"data\":\"AQI=\",\"time\":1763933812345,\"type\":\"binary\"}\n"
        )
    }

    @Test func `acknowledgements and what is not understood are not shown`() {
        for form in [Transcript.Form.terminal(isColored: true), .lines, .json, .binary, .nothing] {
            #expect(
                render(.object(.ack(Acknowledgement(key: "k", id: "1.1", receivers: 1, stored: .memory))), as: form)
                    == ""
            )
            #expect(render(.object(.unknown(type: "x")), as: form) == "")
            #expect(render(.unreadable, as: form) == "")
        }
    }

    @Test func `positions, gaps and what was said before are objects for programs`() throws {
        let gap = Gap(from: "1.3", to: "1.41", missing: 38, reason: .expired)
        let said = PastMessage(
            id: "1.2",
            from: Member(id: ClientID(number: 1), name: "ann"),
            time: 7,
            content: .text("hi")
        )
        let page = HistoryPage(messages: [said], position: "1.9", hasMore: false, start: .before("1.3"))
        for (object, line) in [
            (ServerObject.position("1.50"), #"{"id":"1.50","type":"position"}"#),
            (.gap(gap), #"{"from":"1.3","missing":38,"reason":"expired","to":"1.41","type":"gap"}"#),
        ] {
            #expect(render(.object(object), as: .json) == line + "\n")
            #expect(render(.object(object), as: .lines) == "")
        }
        #expect(render(.object(.history(page)), as: .json).contains(#""id":"1.2""#))
    }

    @Test func `nobody reads the session`() {
        let welcome = Welcome(
            position: "1.0",
            recovered: true,
            member: Member(id: ClientID(number: 1), name: "ann"),
            session: ChatPeer.session,
            channel: "",
            count: 1
        )
        for form in [Transcript.Form.json, .lines, .terminal(isColored: false)] {
            #expect(!render(.object(.welcome(welcome)), as: form).contains(ChatPeer.session))
        }
        let line = render(.object(.welcome(welcome)), as: .json)
        #expect(line.contains(#""position":"1.0""#) && line.contains(#""recovered":true"#))
    }

    @Test func `for programs that send, each message has an object`() {
        let transcript = Transcript(form: .receipts, showsTime: false)
        let receipt = Acknowledgement(key: "k", id: "1.7", receivers: 12, stored: .memory)
        let line = String(decoding: transcript.renderReceipt(receipt), as: UTF8.self)
        #expect(line == #"{"id":"1.7","key":"k","receivers":12,"stored":"memory","type":"ack"}"# + "\n")
        let refusal = String(decoding: transcript.renderRefusal(Problem(.badField, "No.", key: "k")), as: UTF8.self)
        #expect(refusal == #"{"code":"bad-field","key":"k","message":"No.","type":"error"}"# + "\n")
        #expect(render(Self.said("hi"), as: .receipts) == "")
        #expect(Transcript(form: .json, showsTime: false).renderReceipt(receipt) == [])
    }

    @Test func `bytes are written as they are only where that is asked for`() {
        let transcript = Transcript(form: .binary, showsTime: false)
        #expect(transcript.render(.binary([0, 27, 255])) == [0, 27, 255])
        #expect(transcript.render(.text("hi")) == [])
        #expect(render(.binary([0, 27, 255]), as: .lines) == "binary message of 3 bytes\n")
    }

    // MARK: Hostile peers

    /// Whether bytes could drive a terminal: C0 but for the line feed, DEL, C1, and what changes the direction of text.
    private func isHarmful(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x0A: false
        case 0..<0x20, 0x7F..<0xA0, 0x061C, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069: true
        default: false
        }
    }

    /// Text of random bytes, among which those that matter are frequent.
    private func randomText(_ generator: inout some RandomNumberGenerator) -> String {
        let special: [[UInt8]] = [
            [0x1B, 0x5B], [0x1B, 0x5D], [0xC2, 0x9B], [0xC2, 0x85], [0x7F], [0x0D], [0x08], [0x07], [0x00],
            [0xE2, 0x80, 0xAE], [0xE2, 0x81, 0xA6], [0x0A], [0x3A, 0x20], [0xF0, 0x9F, 0x91, 0x8B],
        ]
        var bytes: [UInt8] = []
        for _ in 0..<Int.random(in: 0...40, using: &generator) {
            if Bool.random(using: &generator) {
                bytes += special.randomElement(using: &generator)!
            } else {
                bytes.append(.random(in: .min ... .max, using: &generator))
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test func `no byte of a peer ever drives the terminal`() async {
        var generator = SystemRandomNumberGenerator()
        // What the client itself writes: the colors.
        let own = #/\u{1B}\[[0-9;]*m/#.matchingSemantics(.unicodeScalar)
        for round in 0..<500 {
            // Other tests, whose clients wait for answers, share the threads.
            await Task.yield()
            let (name, text) = (randomText(&generator), randomText(&generator))
            let member = Member(id: ClientID(number: 3), name: name)
            let problem = Problem(.badName, text, key: name)
            let incomings: [Incoming] = [
                Self.said(text, by: name), .text(text), .object(.renamed(Renaming(member: member, was: text))),
                .object(.joined(Presence(member: member, count: 2))), .object(.error(problem)),
            ]
            for incoming in incomings {
                for form in [Transcript.Form.terminal(isColored: true), .terminal(isColored: false), .lines, .json] {
                    let shown = render(incoming, as: form, showsTime: round.isMultiple(of: 2))
                    let rest = form == .terminal(isColored: true) ? shown.replacing(own, with: "") : shown
                    #expect(!rest.unicodeScalars.contains(where: isHarmful), "\(rest.debugDescription)")
                }
            }
        }
    }

    @Test func `of a welcome everything is printed but the session`() throws {
        let welcome = Welcome(
            position: "1.7",
            recovered: true,
            member: Member(id: ClientID(number: 1), name: "ann"),
            session: "0123456789abcdef0123456789abcdef",
            channel: "team",
            count: 1,
            members: [Member(id: ClientID(number: 1), name: "ann")],
            maxMessage: 1_024
        )
        let object = ServerObject.welcome(welcome)
        func keys(_ bytes: [UInt8]) throws -> Set<String> {
            Set(try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any]).keys)
        }
        let printed = Transcript(form: .json, showsTime: false).render(.object(object), now: Self.noon)
        #expect(try keys(printed) == keys(ChatProtocol.encode(object).bytes).subtracting(["session"]))
    }
}
