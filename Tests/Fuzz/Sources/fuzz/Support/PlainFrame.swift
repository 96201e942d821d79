/// A frame, read and written as plainly as RFC 6455 section 5.2 can be put: what the real code is compared with.
struct PlainFrame {
    var isFinal: Bool
    /// The three reserved bits where they stand in the first byte.
    var reservedBits: UInt8
    var opcode: UInt8
    var isMasked: Bool
    /// What was announced.
    var count: UInt64
    /// No shorter form would have told it.
    var isCountShortest: Bool
    /// As much of it as is there, unmasked.
    var payload: [UInt8]

    var isComplete: Bool { UInt64(payload.count) == count }

    /// Takes a frame from the front of `bytes`; nil when its header is not complete.
    init?(from bytes: inout ArraySlice<UInt8>) {
        var rest = bytes
        func number(_ count: Int) -> UInt64? {
            guard rest.count >= count else { return nil }
            defer { rest = rest.dropFirst(count) }
            return rest.prefix(count).reduce(0) { $0 << 8 | UInt64($1) }
        }
        guard let first = number(1), let second = number(1) else { return nil }
        isFinal = first & 0x80 != 0
        reservedBits = UInt8(first & 0x70)
        opcode = UInt8(first & 0x0F)
        isMasked = second & 0x80 != 0
        let length: UInt64? =
            switch second & 0x7F {
            case 126: number(2)
            case 127: number(8)
            case let short: short
            }
        guard let length else { return nil }
        count = length
        isCountShortest = second & 0x7F == (length < 126 ? UInt8(length) : length < 65_536 ? 126 : 127)
        var key: [UInt8] = [0, 0, 0, 0]
        if isMasked {
            guard rest.count >= 4 else { return nil }
            key = Array(rest.prefix(4))
            rest = rest.dropFirst(4)
        }
        payload = Array(rest.prefix(Int(min(length, UInt64(rest.count)))))
        bytes = rest.dropFirst(payload.count)
        for index in payload.indices { payload[index] ^= key[index % 4] }
    }

    /// The bytes on the wire, with the shortest form of the length.
    static func encode(first: UInt8, _ payload: [UInt8], key: [UInt8]? = nil) -> [UInt8] {
        let length: [UInt8] =
            switch payload.count {
            case ..<126: [UInt8(payload.count)]
            case ..<65_536: [126, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)]
            default: [127] + (0..<8).reversed().map { UInt8(payload.count >> ($0 * 8) & 0xFF) }
            }
        guard let key else { return [first] + length + payload }
        let masked = payload.enumerated().map { $1 ^ key[$0 % 4] }
        return [first, length[0] | 0x80] + length.dropFirst() + key + masked
    }
}
