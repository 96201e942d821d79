/// A frame as it stands on the wire (RFC 6455 section 5.2), right or wrong.
public struct RawFrame: Equatable, Sendable, CustomStringConvertible {
    public enum Opcode: UInt8, Sendable {
        case continuation, text, binary, reserved3, reserved4, reserved5, reserved6, reserved7
        case close, ping, pong, reservedB, reservedC, reservedD, reservedE, reservedF
    }

    public var opcode: Opcode
    public var isFinal: Bool
    /// The three reserved bits, RSV1 the highest.
    public var reserved: UInt8
    public var payload: [UInt8]

    public init(_ opcode: Opcode, isFinal: Bool = true, reserved: UInt8 = 0, _ payload: [UInt8] = []) {
        self.opcode = opcode
        self.isFinal = isFinal
        self.reserved = reserved
        self.payload = payload
    }

    init(first: UInt8, payload: [UInt8]) {
        self.init(Opcode(rawValue: first & 0x0F)!, isFinal: first & 0x80 != 0, reserved: first >> 4 & 0x07, payload)
    }

    public static func text(_ text: String, isFinal: Bool = true) -> RawFrame {
        RawFrame(.text, isFinal: isFinal, Array(text.utf8))
    }

    public static func continuation(_ text: String, isFinal: Bool = true) -> RawFrame {
        RawFrame(.continuation, isFinal: isFinal, Array(text.utf8))
    }

    public static func close(_ code: UInt16, _ reason: String = "") -> RawFrame {
        RawFrame(.close, [UInt8(code >> 8), UInt8(truncatingIfNeeded: code)] + Array(reason.utf8))
    }

    /// The code of a close frame; nil when there is none.
    public var closeCode: UInt16? {
        opcode == .close && payload.count >= 2 ? UInt16(payload[0]) << 8 | UInt16(payload[1]) : nil
    }

    /// The bytes on the wire.
    ///
    /// - Parameter announcing: a length to announce in place of the real one.
    public func encoded(masked: Bool, announcing: UInt64? = nil) -> [UInt8] {
        let count = announcing ?? UInt64(payload.count)
        let length: [UInt8] =
            switch count {
            case ..<126: [UInt8(count)]
            case ..<65_536: [126] + Self.bigEndian(count, 2)
            default: [127] + Self.bigEndian(count, 8)
            }
        let key: [UInt8] = [0x12, 0x34, 0x56, 0x78]
        let first = (isFinal ? 0x80 : 0) | reserved << 4 | opcode.rawValue
        guard masked else { return [first] + length + payload }
        let body = payload.enumerated().map { $1 ^ key[$0 % 4] }
        return [first, 0x80 | length[0]] + length.dropFirst() + key + body
    }

    private static func bigEndian(_ value: UInt64, _ count: Int) -> [UInt8] {
        (0..<count).reversed().map { UInt8(truncatingIfNeeded: value >> (8 * UInt64($0))) }
    }

    public var description: String {
        let start = payload.prefix(32).map { String($0, radix: 16) }.joined(separator: " ")
        return "\(opcode)\(isFinal ? "" : ", not final")\(reserved == 0 ? "" : ", reserved bits \(reserved)"), "
            + "\(payload.count) bytes: \(start)"
    }
}
