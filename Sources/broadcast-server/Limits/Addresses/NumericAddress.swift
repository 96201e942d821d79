internal import Glibc

/// An IP address as a number of 128 bits; one of IPv4 as IPv6 maps it (RFC 4291 section 2.5.5.2), so that both forms are one.
struct NumericAddress: Sendable, Hashable {
    let high: UInt64
    let low: UInt64

    /// Where the addresses of IPv4 are.
    private static let mapped: UInt64 = 0xFFFF << 32

    init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// - Parameter text: as an URL has it, without brackets and without a scope; nil for anything else.
    init?(_ text: some StringProtocol) {
        var narrow = in_addr()
        var wide = in6_addr()
        let text = String(text)
        if unsafe inet_pton(AF_INET, text, &narrow) == 1 {
            self.init(high: 0, low: Self.mapped | UInt64(UInt32(bigEndian: narrow.s_addr)))
        } else if unsafe inet_pton(AF_INET6, text, &wide) == 1 {
            let (high, low) = unsafe withUnsafeBytes(of: wide) { bytes in
                unsafe (
                    bytes.loadUnaligned(as: UInt64.self),
                    bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
                )
            }
            self.init(high: UInt64(bigEndian: high), low: UInt64(bigEndian: low))
        } else {
            return nil
        }
    }

    var isIPv4: Bool { high == 0 && low >> 32 == 0xFFFF }

    /// As it is usually written.
    var text: String {
        if isIPv4 { return (0..<4).map { "\(low >> (24 - 8 * UInt64($0)) & 0xFF)" }.joined(separator: ".") }
        var address = in6_addr()
        unsafe withUnsafeMutableBytes(of: &address) { bytes in
            unsafe bytes.storeBytes(of: high.bigEndian, as: UInt64.self)
            unsafe bytes.storeBytes(of: low.bigEndian, toByteOffset: 8, as: UInt64.self)
        }
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        unsafe inet_ntop(AF_INET6, &address, &text, socklen_t(text.count))
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
