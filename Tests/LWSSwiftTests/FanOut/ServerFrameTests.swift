import TestSupport
import Testing

@testable import LWSSwift

@Suite struct ServerFrameTests {
    @Test(arguments: [0, 1, 125, 126, 127, 255, 256, 65_535, 65_536, 70_000])
    func `a header says the length in the shortest form, and reads as it was written`(count: Int) {
        let opcodes: [(FrameEncoder.Opcode, RawFrame.Opcode)] = [
            (.continuation, .continuation), (.text, .text), (.binary, .binary),
        ]
        for (opcode, rawOpcode) in opcodes {
            for isFinal in [true, false] {
                for isCompressed in [true, false] {
                    let header = unsafe [UInt8](unsafeUninitializedCapacity: 10) { buffer, initialized in
                        initialized = ServerFrame.headerBytes(count)
                        guard let start = buffer.baseAddress else { return }
                        unsafe ServerFrame.writeHeader(
                            opcode,
                            isFinal: isFinal,
                            isCompressed: isCompressed,
                            count,
                            to: UnsafeMutableRawPointer(start)
                        )
                    }
                    let expected = RawFrame(rawOpcode, isFinal: isFinal, reserved: isCompressed ? 4 : 0)
                    #expect(header == expected.encoded(masked: false, announcing: UInt64(count)))
                    let frame = unsafe header.withUnsafeBytes { bytes in
                        unsafe bytes.baseAddress.map { unsafe SentFrame(at: $0) }
                    }
                    #expect(frame?.opcode == opcode)
                    #expect(frame?.byteCount == header.count + count)
                }
            }
        }
    }
}
