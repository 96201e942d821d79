import Testing

@testable import LWSSwift

@Suite struct FrameEncoderTests {
    private func encode(
        _ opcode: FrameEncoder.Opcode,
        isFinal: Bool = true,
        _ payload: [UInt8],
        maskingKey: UInt32? = nil
    ) -> [UInt8] {
        var buffer: [UInt8] = []
        unsafe payload.withUnsafeBytes {
            unsafe FrameEncoder.append(opcode, isFinal: isFinal, $0, maskingKey: maskingKey, to: &buffer)
        }
        return buffer
    }

    /// The examples of RFC 6455 section 5.7.
    @Test func `frames are those of the examples in the RFC`() {
        let hello = Array("Hello".utf8)
        #expect(encode(.text, hello) == [0x81, 0x05] + hello)
        let key = UInt32(bigEndian: 0x37FA_213D)
        #expect(
            encode(.text, hello, maskingKey: key) == [0x81, 0x85, 0x37, 0xFA, 0x21, 0x3D, 0x7F, 0x9F, 0x4D, 0x51, 0x58]
        )
        #expect(encode(.text, isFinal: false, Array("Hel".utf8)) == [0x01, 0x03, 0x48, 0x65, 0x6C])
        #expect(encode(.continuation, Array("lo".utf8)) == [0x80, 0x02, 0x6C, 0x6F])
        #expect(encode(.ping, hello) == [0x89, 0x05] + hello)
        #expect(encode(.binary, [UInt8](repeating: 7, count: 256)).prefix(4) == [0x82, 0x7E, 0x01, 0x00])
        #expect(
            encode(.binary, [UInt8](repeating: 7, count: 65_536)).prefix(10) == [
                0x82, 0x7F, 0, 0, 0, 0, 0, 1, 0, 0,
            ]
        )
    }

    @Test(arguments: [(0, 2), (125, 2), (126, 4), (65_535, 4), (65_536, 10)])
    func `a length takes as few bytes as it can`(count: Int, header: Int) {
        #expect(encode(.binary, [UInt8](repeating: 0, count: count)).count == header + count)
        #expect(encode(.binary, [UInt8](repeating: 0, count: count), maskingKey: 1).count == header + 4 + count)
    }

    @Test func `every byte is masked with its byte of the key, at every length`() {
        let key = UInt32(bigEndian: 0x0102_0304)
        for count in 0...40 {
            let payload = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 7) }
            let frame = encode(.binary, payload, maskingKey: key)
            let keyBytes = Array(frame[2..<6])
            #expect(keyBytes == [1, 2, 3, 4])
            #expect(frame.dropFirst(6).enumerated().map { $1 ^ keyBytes[$0 % 4] } == payload)
        }
    }

    @Test func `frames are appended behind what is there`() {
        var buffer: [UInt8] = [1, 2, 3]
        unsafe [UInt8(9)].withUnsafeBytes {
            unsafe FrameEncoder.append(.text, $0, maskingKey: nil, to: &buffer)
        }
        #expect(buffer == [1, 2, 3, 0x81, 1, 9])
    }

    @Test func `masking keys do not repeat`() {
        var source = MaskingKeySource()
        let keys = Set((0..<1_000).map { _ in source.next() })
        #expect(keys.count > 990)
    }
}
