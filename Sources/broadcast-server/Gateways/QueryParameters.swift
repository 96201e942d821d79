/// The parameters of a URL's query, in the form of a browser's `URLSearchParams`: percent-encoded, a plus standing for a
/// space. Of several alike the last counts. A percent sign without two digits stands for itself. ``RequestTarget`` has seen to it
/// that the rest is UTF-8.
struct QueryParameters: Sendable, Equatable {
    private var values: [String: String] = [:]

    /// - Parameter query: without the question mark.
    init(_ query: String) {
        // As bytes: with a mark behind it, a separator is another character.
        for pair in query.utf8.split(separator: UInt8(ascii: "&")) {
            let parts = pair.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            values[Self.decode(parts[0])] = parts.count > 1 ? Self.decode(parts[1]) : ""
        }
    }

    /// What they are called.
    var names: some Collection<String> { values.keys }

    subscript(name: String) -> String? { values[name] }

    private static func decode(_ bytes: Substring.UTF8View) -> String {
        PercentEncoding.decodeLeniently(bytes.map { $0 == UInt8(ascii: "+") ? UInt8(ascii: " ") : $0 })
    }
}
