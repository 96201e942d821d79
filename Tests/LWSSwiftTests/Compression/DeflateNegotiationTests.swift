import Testing

@testable import LWSSwift

/// RFC 7692 section 7.1.
@Suite struct DeflateNegotiationTests {
    private static let base = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"

    // MARK: The server's side

    private func accept(_ field: String) throws -> DeflateNegotiation.Acceptance? {
        DeflateNegotiation.accept(try #require(ExtensionList.parse(field)))
    }

    /// Every subset of the four parameters, with every form of value: the answer confirms the window that is asked for,
    /// and rules out context takeover.
    @Test func `every combination of parameters is accepted`() throws {
        let contexts = ["", "; server_no_context_takeover"].flatMap { server in
            ["", "; client_no_context_takeover"].map { server + $0 }
        }
        let clientWindows = ["", "; client_max_window_bits"] + (8...15).map { "; client_max_window_bits=\($0)" }
        for context in contexts {
            for client in clientWindows {
                let offer = "permessage-deflate\(context)\(client)"
                let acceptance = try #require(try accept(offer), "\(offer)")
                #expect(acceptance.agreement.windowBits == 15 && acceptance.answer == Self.base, "\(offer)")
                for bits in 8...15 {
                    for parameter in ["server_max_window_bits=\(bits)", "server_max_window_bits=\"\(bits)\""] {
                        let acceptance = try #require(try accept("\(offer); \(parameter)"))
                        #expect(acceptance.agreement.windowBits == bits)
                        #expect(acceptance.answer == "\(Self.base); server_max_window_bits=\(bits)")
                    }
                }
            }
        }
    }

    static let declined = [
        "permessage-bzip2", "x-webkit-deflate-frame", "Permessage-Deflate", "permessage-deflate; unknown",
        "permessage-deflate; server_no_context_takeover=1", "permessage-deflate; client_no_context_takeover=\"true\"",
        "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
        "permessage-deflate; client_max_window_bits; client_max_window_bits=10",
        "permessage-deflate; server_max_window_bits=10; server_max_window_bits=10",
        "permessage-deflate; server_max_window_bits",
    ]
    static let wrongBits = ["0", "7", "16", "08", "015", "1e1", "+9", "9.0", "x", "99999999999999999999"]

    @Test(
        arguments: declined
            + wrongBits.flatMap { bits in
                ["server", "client"].map { "permessage-deflate; \($0)_max_window_bits=\(bits)" }
            }
    )
    func `an offer with what is unknown or invalid is declined, and the next one considered`(offer: String) throws {
        #expect(try accept(offer) == nil)
        let next = try #require(try accept("\(offer), permessage-deflate; server_max_window_bits=12"))
        #expect(next.agreement.windowBits == 12)
    }

    @Test func `of several offers the first that can be kept is`() throws {
        let offers =
            "foo, permessage-deflate; x, permessage-deflate; server_max_window_bits=9, permessage-deflate"
        #expect(try accept(offers)?.answer == "\(Self.base); server_max_window_bits=9")
        #expect(try accept("permessage-deflate, permessage-deflate; server_max_window_bits=9")?.answer == Self.base)
    }

    // MARK: The client's side

    private func agree(_ field: String) throws -> NegotiatedCompression? {
        try DeflateNegotiation.agree(to: try #require(ExtensionList.parse(field)))
    }

    @Test func `an answer that keeps the offer is taken, with the window it asks for`() throws {
        let answer = "permessage-deflate; server_no_context_takeover"
        #expect(try agree(answer)?.windowBits == 15)
        #expect(try agree("\(answer); client_no_context_takeover; server_max_window_bits=9")?.windowBits == 15)
        for bits in 8...15 { #expect(try agree("\(answer); client_max_window_bits=\(bits)")?.windowBits == bits) }
        #expect(try DeflateNegotiation.agree(to: []) == nil)
    }

    @Test func `a server that keeps its context is served with a window of its own`() throws {
        #expect(try agree("permessage-deflate; server_no_context_takeover")?.peerKeepsContext == false)
        for answer in [
            "permessage-deflate", "permessage-deflate; client_no_context_takeover; client_max_window_bits=9",
        ] {
            #expect(try agree(answer)?.peerKeepsContext == true)
        }
        #expect(try accept("permessage-deflate")?.agreement.peerKeepsContext == false)
    }

    @Test(
        arguments: [
            "foo", "permessage-deflate, permessage-deflate",
            "permessage-deflate; server_no_context_takeover, permessage-deflate; server_no_context_takeover",
            "permessage-deflate; server_no_context_takeover, foo",
            "permessage-deflate; server_no_context_takeover; client_max_window_bits",
        ]
            + (declined + wrongBits.map { "permessage-deflate; server_max_window_bits=\($0)" }).map {
                "\($0); server_no_context_takeover"
            }
    )
    func `an answer that does not keep the offer fails`(answer: String) {
        #expect(throws: DeflateNegotiation.InvalidAnswer.self) { try agree(answer) }
    }

    // MARK: What lws is told

    /// Goes over a field as lws does (lib/roles/ws/server-ws.c, `lws_extension_server_handshake`), asking about each
    /// mention; whether it drops the connection, and how many mentions it accepted.
    private func goOver(_ field: String, _ isAccepted: () -> Bool) -> (isDropped: Bool, accepted: Int) {
        let bytes = Array(field.utf8) + [0]
        var accepted = 0
        var name: [UInt8] = []
        var arguments: Int?
        var ignores = false
        var index = 0
        while true {
            if index >= 255 { return (true, accepted) }
            let byte = bytes[index]
            if byte != 0, byte != UInt8(ascii: ","), byte != UInt8(ascii: "\t") {
                if byte == UInt8(ascii: ";") {
                    ignores = true
                    arguments = arguments ?? index + 1
                }
                if !ignores, byte != UInt8(ascii: " ") { name.append(byte) }
                index += 1
                continue
            }
            ignores = false
            if byte != 0 {
                index += 1
                if name.isEmpty { continue }
            }
            var stops = byte == 0
            if name == Array("permessage-deflate".utf8) {
                if accepted > 0 { return (true, accepted) }
                if isAccepted() {
                    accepted += 1
                    if let start = arguments, bytes[start...].contains(UInt8(ascii: ",")) { stops = true }
                }
            }
            if stops { return (false, accepted) }
            name = []
            arguments = nil
        }
    }

    static let short = [
        "permessage-deflate", "permessage-deflate, permessage-deflate", "permessage-deflate; a, permessage-deflate",
        "permessage-deflate, permessage-deflate; a, permessage-deflate", "foo, permessage-deflate , bar; x",
        "permessage-deflate\t; a, permessage-deflate\t", "foo;a=\"permessage-deflate\", permessage-deflate",
        "permessage-deflate;a=\"b\",permessage-deflate", ",, permessage-deflate",
        "permessage-deflate, permessage-deflate,\tpermessage-deflate;\tx",
    ]

    @Test(arguments: short)
    func `lws accepts one mention, and does not drop the connection`(field: String) throws {
        var mention = try #require(ExtensionMention(in: field))
        let (isDropped, accepted) = goOver(field) { mention.isNext() }
        #expect(!isDropped && accepted == 1)
    }

    @Test func `a field that is long for lws is taken when an early offer has parameters`() throws {
        let long = String(repeating: ", permessage-deflate; client_max_window_bits", count: 7)
        for start in ["permessage-deflate; a", "permessage-deflate, permessage-deflate; a"] {
            var mention = try #require(ExtensionMention(in: start + long))
            let (isDropped, accepted) = goOver(start + long) { mention.isNext() }
            #expect(!isDropped && accepted == 1)
        }
        #expect(ExtensionMention(in: "permessage-deflate; a\(long), \(long)") == nil)
        let padding = String(repeating: "x", count: 235)
        #expect(ExtensionMention(in: "permessage-deflate,\(padding)") != nil)
        #expect(ExtensionMention(in: "permessage-deflate, \(padding)") == nil)
        #expect(ExtensionMention(in: "\(padding)x, permessage-deflate; a, b") == nil)
    }
}
