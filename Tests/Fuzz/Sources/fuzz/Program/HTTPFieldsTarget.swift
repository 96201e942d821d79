// In the fuzzer the files of the fields belong to its own module.
#if canImport(broadcast_server)
    @testable import broadcast_server
#endif

extension FuzzTarget {
    /// Fields of a request, and its query, can be read whatever they are, and what is read of them is read again as the same.
    static let httpFields = FuzzTarget("http-fields") { bytes throws(Violation) in
        let text = String(decoding: bytes, as: UTF8.self)
        try checkTags(text)
        try checkTypes(text)
        if let key = IdempotencyKey.parse(text) {
            let bytes = key.text.utf8
            try require(1...64 ~= bytes.count && bytes.allSatisfy { 0x20...0x7E ~= $0 }, "the key \(key)")
            let quoted = key.text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
            try require(IdempotencyKey.parse("\"\(quoted)\"") == key, "\(key) is another one in quotation marks")
        }
        _ = QueryParameters(text)
        let encoded = PercentEncoding.encode(text)
        let query = QueryParameters("a=1&\(encoded)=\(encoded)&b")
        try require(query[text] == (text == "b" ? "" : text), "the parameter is \(query[text] ?? "none")")
    }

    private static func checkTags(_ text: String) throws(Violation) {
        let given = IfNoneMatch(text)
        let plain = String(String.UnicodeScalarView(text.unicodeScalars.filter { $0.value > 0x22 && $0.value != 0x7F }))
        for tag in [EntityTag(text: plain), EntityTag(text: plain, isWeak: true)] {
            try require(IfNoneMatch(tag.description).contains(tag), "\(tag) is not read")
            try require(IfNoneMatch("\"x\", , \(tag) , \"y\"").contains(tag), "\(tag) is not read in a list")
        }
        try require(
            given.contains(EntityTag(text: plain)) == given.contains(EntityTag(text: plain, isWeak: true)),
            text
        )
    }

    private static func checkTypes(_ text: String) throws(Violation) {
        if let type = MediaType(text) {
            try require(MediaType(type.name)?.name == type.name, "\(type) is not read again")
        }
        let offers = ["text/html", "application/json", "a/b"]
        let accept = AcceptField(text)
        for offer in offers { try require(0...1_000 ~= accept.quality(of: offer), "the quality of \(offer)") }
        if let preferred = accept.preferred(of: offers) {
            let best = offers.map { accept.quality(of: $0) }.max()
            try require(accept.quality(of: preferred) == best && best != 0, "\(preferred) is not the best")
        }
    }
}
