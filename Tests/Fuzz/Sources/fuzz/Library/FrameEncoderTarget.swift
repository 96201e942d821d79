@testable import LWSSwift

extension FuzzTarget {
    /// A frame stands on the wire as RFC 6455 lays it out, in both roles and in both places that write one. The first four
    /// bytes are the masking key, a fifth says what frame it is.
    static let frameEncoder = FuzzTarget("frame-encoder") { bytes throws(Violation) in
        guard bytes.count >= 5 else { return }
        let key = Array(bytes[..<4])
        let options = bytes[4]
        var payload = Array(bytes[5...])
        // Lengths of the third form.
        if options & 0xC0 == 0xC0 { payload += [UInt8](repeating: options, count: 65_530) }
        let opcodes: [FrameEncoder.Opcode] = [.continuation, .text, .binary, .close, .ping, .pong]
        let opcode = opcodes[Int(options & 0x0F) % opcodes.count]
        let (isFinal, isCompressed) = (options & 0x10 != 0, options & 0x20 != 0)
        let first = (isFinal ? 0x80 : 0) | (isCompressed ? 0x40 : 0) | opcode.rawValue
        let word = unsafe key.withUnsafeBytes { unsafe $0.loadUnaligned(as: UInt32.self) }
        for maskingKey in [nil, word] {
            var frame: [UInt8] = []
            unsafe payload.withUnsafeBytes { payload in
                unsafe FrameEncoder.append(
                    opcode,
                    isFinal: isFinal,
                    isCompressed: isCompressed,
                    payload,
                    maskingKey: maskingKey,
                    to: &frame
                )
            }
            let expected = PlainFrame.encode(first: first, payload, key: maskingKey == nil ? nil : key)
            try require(frame == expected, "\(frame.prefix(20)) in place of \(expected.prefix(20))")
        }
        let headerCount = ServerFrame.headerBytes(payload.count)
        var header = [UInt8](repeating: 0, count: headerCount)
        let (readOpcode, byteCount) = unsafe header.withUnsafeMutableBytes { header in
            guard let start = header.baseAddress else { preconditionFailure("A header has at least two bytes.") }
            unsafe ServerFrame.writeHeader(
                opcode,
                isFinal: isFinal,
                isCompressed: isCompressed,
                payload.count,
                to: start
            )
            let frame = unsafe SentFrame(at: UnsafeRawPointer(start))
            return (frame.opcode, frame.byteCount)
        }
        try require(header + payload == PlainFrame.encode(first: first, payload), "the header of a group's frame")
        try require(readOpcode == opcode && byteCount == headerCount + payload.count, "a group's frame is misread")
    }
}
