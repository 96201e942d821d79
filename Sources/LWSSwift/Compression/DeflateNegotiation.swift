/// The negotiation of permessage-deflate (RFC 7692 section 7.1), without any I/O.
enum DeflateNegotiation {
    static let extensionName = "permessage-deflate"

    /// What a client offers: messages that stand for themselves in both directions, and any window the server likes for
    /// those that the client sends. Some servers do not heed the first for what they send; see ``agree(to:)``.
    static let offer =
        "\(extensionName); server_no_context_takeover; client_no_context_takeover; client_max_window_bits"

    /// What a server makes of a client's offers.
    struct Acceptance: Equatable {
        var agreement: NegotiatedCompression
        /// The value of the field that tells the client.
        var answer: String
    }

    /// Takes the first offer that can be kept; nil when there is none.
    ///
    /// The answer rules out context takeover in both directions, which a server may do unasked (7.1.1): it is what keeps
    /// idle connections free of state, and lets one compressed message serve all who receive it.
    static func accept(_ offers: [ExtensionElement]) -> Acceptance? {
        for offer in offers where offer.name == extensionName {
            guard let parameters = DeflateParameters(offer) else { continue }
            var answer = "\(extensionName); server_no_context_takeover; client_no_context_takeover"
            // A limit of the client's must be confirmed (7.1.2.1); one for the client need not be made use of.
            if let bits = parameters.serverMaxWindowBits { answer += "; server_max_window_bits=\(bits)" }
            return Acceptance(
                agreement: NegotiatedCompression(
                    windowBits: parameters.serverMaxWindowBits ?? NegotiatedCompression.largestWindowBits
                ),
                answer: answer
            )
        }
        return nil
    }

    /// Why a client cannot take a server's answer.
    struct InvalidAnswer: Error, Equatable {
        var reason: String
    }

    /// What a client makes of the server's answer to ``offer``; nil when the server declines.
    ///
    /// A server that keeps to the offer says so (7.1.1.1). One that does not, such as Tornado, Mojolicious, or uWebSockets
    /// with dedicated compressors, lets its messages refer back to earlier ones; it is served at the price of a window of
    /// its own rather than refused, since it would be with any other client.
    static func agree(to answer: [ExtensionElement]) throws(InvalidAnswer) -> NegotiatedCompression? {
        guard let element = answer.first else { return nil }
        guard answer.count == 1, element.name == extensionName else {
            throw InvalidAnswer(reason: "it chose an extension that was not offered, or one twice")
        }
        guard let parameters = DeflateParameters(element),
            // "client_max_window_bits" must have a value in an answer (7.1.2.2).
            !element.parameters.contains(.init(name: DeflateParameters.Name.clientMaxWindowBits.rawValue))
        else {
            throw InvalidAnswer(reason: "its parameters of \(extensionName) are invalid")
        }
        return NegotiatedCompression(
            windowBits: parameters.clientMaxWindowBits ?? NegotiatedCompression.largestWindowBits,
            peerKeepsContext: !parameters.serverNoContextTakeover
        )
    }
}

/// The parameters of permessage-deflate (RFC 7692 section 7.1), read from an offer or an answer.
struct DeflateParameters: Equatable {
    enum Name: String {
        case serverNoContextTakeover = "server_no_context_takeover"
        case clientNoContextTakeover = "client_no_context_takeover"
        case serverMaxWindowBits = "server_max_window_bits"
        case clientMaxWindowBits = "client_max_window_bits"
    }

    var serverNoContextTakeover = false
    var clientNoContextTakeover = false
    /// The largest window of the server's messages, as the exponent of 2.
    var serverMaxWindowBits: Int?
    /// The same for the client's messages; 15, the largest there is, for a client that only says that it knows the
    /// parameter.
    var clientMaxWindowBits: Int?

    /// nil when a parameter is unknown, comes twice, or has a value it may not have: such an offer is declined, such an
    /// answer fails the connection (7.1).
    init?(_ element: ExtensionElement) {
        guard Set(element.parameters.map(\.name)).count == element.parameters.count else { return nil }
        for parameter in element.parameters {
            switch (Name(rawValue: parameter.name), parameter.value) {
            case (.serverNoContextTakeover, nil):
                serverNoContextTakeover = true
            case (.clientNoContextTakeover, nil):
                clientNoContextTakeover = true
            case (.serverMaxWindowBits, let value?):
                guard let bits = Self.windowBits(value) else { return nil }
                serverMaxWindowBits = bits
            case (.clientMaxWindowBits, let value):
                guard let bits = Self.windowBits(value ?? "15") else { return nil }
                clientMaxWindowBits = bits
            default:
                return nil
            }
        }
    }

    /// A whole number from 8 to 15 without leading zeros (7.1.2).
    private static func windowBits(_ value: String) -> Int? {
        (8...15).first { "\($0)" == value }
    }
}
