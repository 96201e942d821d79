/// The status code of a close frame: an open set, since applications define their own (RFC 6455 section 7.4).
public struct WebSocketCloseCode: RawRepresentable, Sendable, Hashable {
    public let rawValue: UInt16

    public init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    /// 1000: the purpose for which the connection was opened is fulfilled.
    public static let normalClosure = WebSocketCloseCode(rawValue: 1000)
    /// 1001: the endpoint goes away, such as a server that shuts down.
    public static let goingAway = WebSocketCloseCode(rawValue: 1001)
    /// 1002: the peer broke the protocol.
    public static let protocolError = WebSocketCloseCode(rawValue: 1002)
    /// 1003: the endpoint cannot take this type of data.
    public static let unsupportedData = WebSocketCloseCode(rawValue: 1003)
    /// 1005: the peer's close frame had no code. Never sent.
    public static let noStatusReceived = WebSocketCloseCode(rawValue: 1005)
    /// 1006: the connection ended without a close frame from the peer. Never sent.
    public static let abnormalClosure = WebSocketCloseCode(rawValue: 1006)
    /// 1007: a text message was not valid UTF-8.
    public static let invalidPayload = WebSocketCloseCode(rawValue: 1007)
    /// 1008: a message, or the behavior of the peer, violates the endpoint's policy.
    public static let policyViolation = WebSocketCloseCode(rawValue: 1008)
    /// 1009: a message is too big to process.
    public static let messageTooBig = WebSocketCloseCode(rawValue: 1009)
    /// 1010: the server did not negotiate an extension that the client needs.
    public static let mandatoryExtension = WebSocketCloseCode(rawValue: 1010)
    /// 1011: the endpoint met an unexpected condition.
    public static let internalError = WebSocketCloseCode(rawValue: 1011)
    /// 1012: the service restarts.
    public static let serviceRestart = WebSocketCloseCode(rawValue: 1012)
    /// 1013: try again later.
    public static let tryAgainLater = WebSocketCloseCode(rawValue: 1013)

    /// Whether the code may stand in a close frame: the codes that are defined for it, and 3000 to 4999 for libraries,
    /// frameworks and applications (RFC 6455 section 7.4; 1012 to 1014 by the IANA registry).
    public var isSendable: Bool {
        switch rawValue {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }
}

extension WebSocketCloseCode: CustomStringConvertible {
    public var description: String { "\(rawValue)" }
}

/// How a connection ended: the code and reason, and who began.
public struct WebSocketClose: Sendable, Hashable {
    /// Who ended the connection.
    public enum Initiator: Sendable, Hashable {
        /// This endpoint sent the first close frame, or failed the connection.
        case local
        /// The peer sent the first close frame.
        case peer
        /// Nobody: the transport was lost, or the peer hung up without a close frame.
        case connectionLoss
    }

    /// The code of the first close frame; ``WebSocketCloseCode/noStatusReceived`` (1005) when that frame had none,
    /// ``WebSocketCloseCode/abnormalClosure`` (1006) when there was no frame.
    public let code: WebSocketCloseCode
    /// The reason in the first close frame, at most 123 bytes of UTF-8; empty when there was none.
    public let reason: String
    /// Who began.
    public let initiator: Initiator
    /// Whether the closing handshake was completed: a close frame went both ways (RFC 6455 section 7.1.4).
    public let isClean: Bool

    public init(code: WebSocketCloseCode, reason: String = "", initiator: Initiator, isClean: Bool) {
        self.code = code
        self.reason = reason
        self.initiator = initiator
        self.isClean = isClean
    }

    /// The same, with the closing handshake completed.
    var clean: WebSocketClose { WebSocketClose(code: code, reason: reason, initiator: initiator, isClean: true) }

    static let lost = WebSocketClose(code: .abnormalClosure, initiator: .connectionLoss, isClean: false)
}

extension WebSocketClose: CustomStringConvertible {
    /// A sentence part such as `1001 "bye" from the peer`.
    public var description: String {
        let text = reason.isEmpty ? "\(code)" : "\(code) \"\(reason)\""
        return switch initiator {
        case .local: isClean ? "\(text) from this side" : "\(text) from this side, without the peer's answer"
        case .peer: "\(text) from the peer"
        case .connectionLoss: "\(text), connection lost"
        }
    }
}

/// The body of a close frame: nothing, or a code and a reason.
struct ClosePayload: Equatable {
    /// A control frame carries at most 125 bytes, two of them the code (RFC 6455 section 5.5).
    static let maximumReasonBytes = 123

    var code: WebSocketCloseCode?
    var reason: String

    init(code: WebSocketCloseCode?, reason: String = "") {
        self.code = code
        self.reason = Self.cut(reason)
    }

    /// What is sent for a code that somebody asks for: 1005 means no code, and therefore no reason; one that may not stand in
    /// a close frame (RFC 6455 section 7.4) becomes 1011, since whoever chose it has made a mistake.
    init(sending code: WebSocketCloseCode, reason: String) {
        switch code {
        case .noStatusReceived: self.init(code: nil)
        case _ where code.isSendable: self.init(code: code, reason: reason)
        default: self.init(code: .internalError, reason: reason)
        }
    }

    /// Reads what a peer sent; nil when it breaks the rules of RFC 6455 section 5.5.1 (one byte, or a code that may not
    /// be sent), with the failure to answer it with.
    static func parse(_ bytes: UnsafeRawBufferPointer) -> Result<ClosePayload, ConnectionFailure> {
        guard bytes.count != 0 else { return .success(ClosePayload(code: nil)) }
        guard bytes.count >= 2 else { return .failure(.init(.protocolError, "close frame of one byte")) }
        let code = unsafe WebSocketCloseCode(rawValue: UInt16(bytes[0]) << 8 | UInt16(bytes[1]))
        guard code.isSendable else { return .failure(.init(.protocolError, "close code \(code) may not be sent")) }
        let reason = unsafe UnsafeRawBufferPointer(rebasing: bytes[2...])
        guard unsafe UTF8Validation.isValid(reason) else {
            return .failure(.init(.invalidPayload, "close reason is not UTF-8"))
        }
        return unsafe .success(ClosePayload(code: code, reason: String(decoding: reason, as: UTF8.self)))
    }

    var bytes: [UInt8] {
        guard let code else { return [] }
        return [UInt8(code.rawValue >> 8), UInt8(truncatingIfNeeded: code.rawValue)] + Array(reason.utf8)
    }

    /// The longest beginning of whole characters that fits a control frame.
    private static func cut(_ reason: String) -> String {
        guard reason.utf8.count > maximumReasonBytes else { return reason }
        var result = ""
        var count = 0
        for character in reason {
            count += character.utf8.count
            guard count <= maximumReasonBytes else { break }
            result.append(character)
        }
        return result
    }
}

/// Why this endpoint fails a connection: the code and reason its close frame carries (RFC 6455 section 7.1.7).
struct ConnectionFailure: Error, Equatable {
    let code: WebSocketCloseCode
    let reason: String

    /// Reserved bits to which no extension gives a meaning (5.2).
    static let reservedBits = ConnectionFailure(.protocolError, "reserved bits are set")
    /// A text message, or a part of one, that is not UTF-8 (8.1).
    static let notText = ConnectionFailure(.invalidPayload, "text message is not UTF-8")

    init(_ code: WebSocketCloseCode, _ reason: String) {
        self.code = code
        self.reason = reason
    }
}
