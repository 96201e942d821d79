/// What a request belongs to for who traces it: the field `traceparent` (W3C Trace Context, section 3.2).
struct TraceParent: Sendable, Equatable {
    /// 32 digits of base 16, in small letters.
    let traceID: String
    /// 16 of them: of who has sent the request.
    let spanID: String

    /// nil for a field that is to be passed over, as one that cannot be read is (section 3.2.2.3 and after).
    init?(_ field: String) {
        let parts = field.utf8.split(separator: UInt8(ascii: "-"), maxSplits: 4, omittingEmptySubsequences: false)
        // A later version may have more behind the four parts of this one.
        guard parts.count == 4 || (parts.count == 5 && !parts[0].elementsEqual("00".utf8)),
            Self.isHex(parts[0], count: 2), !parts[0].elementsEqual("ff".utf8),
            Self.isHex(parts[1], count: 32), parts[1].contains(where: { $0 != UInt8(ascii: "0") }),
            Self.isHex(parts[2], count: 16), parts[2].contains(where: { $0 != UInt8(ascii: "0") }),
            Self.isHex(parts[3], count: 2)
        else { return nil }
        traceID = String(decoding: parts[1], as: UTF8.self)
        spanID = String(decoding: parts[2], as: UTF8.self)
    }

    private static func isHex(_ text: Substring.UTF8View, count: Int) -> Bool {
        text.count == count
            && text.allSatisfy {
                UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 || UInt8(ascii: "a")...UInt8(ascii: "f") ~= $0
            }
    }
}
