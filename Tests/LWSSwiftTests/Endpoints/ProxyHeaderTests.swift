import Testing

@testable import LWSSwift

/// The PROXY protocol: what is read of a header, and what is none.
@Suite struct ProxyHeaderTests {
    static let signature: [UInt8] = [0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A]
    static let narrow: [UInt8] = [192, 0, 2, 1, 192, 0, 2, 2, 0x12, 0x67, 0, 80]
    static let wide: [UInt8] =
        [0x20, 0x01, 0x0D, 0xB8] + Array(repeating: 0, count: 11) + [1] + Array(repeating: 0, count: 16)
        + [0x12, 0x67, 0, 80]

    static func header(
        _ command: UInt8 = 0x21,
        _ family: UInt8 = 0x11,
        _ rest: [UInt8] = narrow,
        length: Int? = nil
    ) -> [UInt8] {
        let length = length ?? rest.count
        return signature + [command, family, UInt8(length >> 8), UInt8(length & 0xFF)] + rest
    }

    @Test(arguments: [
        (header(), "192.0.2.1:4711"),
        (header(0x21, 0x21, wide), "[2001:db8::1]:4711"),
        (header(0x21, 0x11, narrow + [0x04, 0, 3, 1, 2, 3]), "192.0.2.1:4711"),
        (header(0x21, 0x11, narrow + Array(repeating: 7, count: 4_000)), "192.0.2.1:4711"),
        (
            header(0x21, 0x21, Array(repeating: 0, count: 10) + [0xFF, 0xFF, 10, 1, 2, 3] + wide[16...]),
            "10.1.2.3:4711"
        ),
    ])
    func `the source is who the connection is of`(bytes: [UInt8], source: String) throws {
        let header = try #require(try ProxyHeader.read(bytes))
        #expect(header.source?.description == source)
        #expect(header.byteCount == bytes.count)
        #expect(try ProxyHeader.read(bytes + Array("GET / ".utf8)) == header)
    }

    @Test(arguments: [
        header(0x20, 0x00, []), header(0x20, 0x11, narrow), header(0x20, 0x11, []), header(0x21, 0x00, []),
        header(0x21, 0x00, [1, 2, 3]), header(0x21, 0x31, Array(repeating: 65, count: 216)), header(0x21, 0x12, narrow),
        header(0x21, 0x22, wide), header(0x21, 0x10, []), header(0x21, 0x32, []),
    ])
    func `where no source is named that is known, the connection keeps its own`(bytes: [UInt8]) throws {
        #expect(try ProxyHeader.read(bytes) == ProxyHeader(source: nil, byteCount: bytes.count))
    }

    @Test func `a header may come byte by byte`() throws {
        for bytes in [Self.header(), Self.header(0x21, 0x21, Self.wide), Self.header(0x20, 0, [])] {
            for count in 0..<bytes.count { #expect(try ProxyHeader.read(Array(bytes[..<count])) == nil) }
            #expect(try ProxyHeader.read(bytes) != nil)
        }
    }

    static let bad: [[UInt8]] = [
        // What is no signature, each at the byte that shows it.
        Array("GET / HTTP/1.1\r\n".utf8), Array("PROXY TCP4 1.2.3.4 1.2.3.4 1 2\r\n".utf8), [0x16, 0x03, 0x01], [0],
        [0x0A], [0x0D, 0x0D], Array("\r\n\r\nGET".utf8), Array(signature[..<4]) + [1], Array(signature[..<11]) + [0x0D],
        Array(signature.reversed()), Array(signature.dropFirst()), [0xFF], Array("SSH-2.0".utf8), [0x0D, 0x0A, 0x0A],
        // Other versions and commands.
        signature + [0x11], signature + [0x01], signature + [0x31], signature + [0xF1], signature + [0x00],
        signature + [0x22], signature + [0x2F], signature + [0x23], signature + [0xFF], signature + [0x12],
        // Families and protocols that there are none of.
        signature + [0x21, 0x41], signature + [0x21, 0xF1], signature + [0x21, 0x13], signature + [0x21, 0x1F],
        signature + [0x21, 0xFF], signature + [0x20, 0x44], signature + [0x21, 0x03], signature + [0x21, 0x50],
        // Too short for what they promise, told when the length is there.
        header(0x21, 0x11, [], length: 0), header(0x21, 0x11, [], length: 11), header(0x21, 0x21, [], length: 12),
        header(0x21, 0x21, [], length: 35), header(0x21, 0x11, Array(narrow.dropLast())),
        header(0x21, 0x21, Array(wide.dropLast())), header(0x21, 0x21, narrow),
        // Too long.
        header(0x21, 0x11, [], length: 4_081), header(0x20, 0x00, [], length: 65_535),
        header(0x21, 0x00, [], length: 5_000),
        header(0x21, 0x21, [], length: 0xFFFE),
    ]

    @Test(arguments: bad)
    func `anything else is wrong as soon as it shows`(bytes: [UInt8]) {
        #expect(throws: ProxyHeader.Fault.self) { try ProxyHeader.read(bytes) }
        #expect(throws: ProxyHeader.Fault.self) { try ProxyHeader.read(bytes + [0, 0, 0, 0]) }
    }

    @Test func `there are forty bad ones and more`() {
        #expect(Set(Self.bad).count >= 40)
    }
}
