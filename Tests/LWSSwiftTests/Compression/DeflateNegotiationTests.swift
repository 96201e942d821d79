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
}
