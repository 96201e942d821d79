internal import Glibc

/// The data of events: text by lines, anything else as base64. Pure.
enum EventText {
    /// A line ends with CR, LF or both (HTML section 9.2.5).
    static func hasLineBreak(_ text: UnsafeRawBufferPointer) -> Bool {
        guard let start = text.baseAddress else { return false }
        return unsafe memchr(start, 0x0A, text.count) != nil || memchr(start, 0x0D, text.count) != nil
    }

    /// Both texts one behind the other, with `data: ` before each line but the first. What ended the lines is not told.
    static func lines(_ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer? = nil) -> [UInt8] {
        var lines: [UInt8] = []
        unsafe lines.reserveCapacity(first.count + (second?.count ?? 0) + 64)
        var isBehindCR = false
        func append(_ text: UnsafeRawBufferPointer) {
            for index in text.indices {
                let byte = unsafe text[index]
                if byte == 0x0A || byte == 0x0D {
                    // CR and LF together are one.
                    if !(byte == 0x0A && isBehindCR) { lines.append(contentsOf: "\ndata: ".utf8) }
                } else {
                    lines.append(byte)
                }
                isBehindCR = byte == 0x0D
            }
        }
        unsafe append(first)
        if let second = unsafe second { unsafe append(second) }
        return lines
    }

    /// RFC 4648 section 4.
    static func base64(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let count = min(3, bytes.count - start)
            var group: UInt32 = 0
            for index in 0..<count { group |= unsafe UInt32(bytes[start + index]) << UInt32(16 - 8 * index) }
            for place in 0..<4 {
                let isFilled = place <= count
                text.append(isFilled ? alphabet[Int(group >> UInt32(18 - 6 * place) & 63)] : UInt8(ascii: "="))
            }
        }
        return text
    }
}
