/// The name of a channel: the path of the URL without its leading slash; empty for the default channel.
struct ChannelName: Hashable, Sendable, CustomStringConvertible {
    static let maximumBytes = 64
    static let rule =
        "The path names the channel: at most \(maximumBytes) bytes, printable, without spaces and further slashes, "
        + "and not one that the server has for itself, such as healthz."
    /// What else is there beside the channels: `/-/`, and what other programs look for at fixed places. `.` and `..` mean
    /// other paths (RFC 3986 section 5.2.4).
    static let reserved: Set = ["-", "healthz", "livez", "readyz", "metrics", "favicon.ico", "robots.txt", ".", ".."]

    let text: String

    /// The channel of the path `/`.
    static let `default` = ChannelName(text: "")

    /// What no channel is called, so that only a right to all channels is one to this.
    static let metrics = ChannelName(text: "metrics")

    private init(text: String) {
        self.text = text
    }

    /// - Parameter path: of the URL, percent-encoded, such as `/team%201`; nil when it names none.
    init?(path: String) {
        // As scalars: with a mark behind it, a slash or a space is another character.
        guard let path = PercentEncoding.decode(path), path.unicodeScalars.first == "/" else { return nil }
        self.init(checking: String(path.unicodeScalars.dropFirst()))
    }

    /// - Parameter text: the name as ``text`` has it; nil when it is none.
    init?(checking text: String) {
        guard text.utf8.count <= Self.maximumBytes, !text.unicodeScalars.contains("/"),
            !text.unicodeScalars.contains(" "), PrintableText.isPrintable(text), !Self.reserved.contains(text)
        else { return nil }
        self.text = text
    }

    var description: String { "/\(text)" }

    /// The same in each process, unlike `hashValue`.
    var stableHash: UInt64 {
        var hash = StableHash()
        hash.combine(text.utf8)
        return hash.value
    }
}
