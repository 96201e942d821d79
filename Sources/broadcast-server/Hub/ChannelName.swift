/// The name of a channel: the path of the URL without its leading slash; empty for the default channel.
struct ChannelName: Hashable, Sendable, CustomStringConvertible {
    static let maximumBytes = 64
    static let rule =
        "The path names the channel: at most \(maximumBytes) bytes, printable, without spaces and further slashes."

    let text: String

    /// The channel of the path `/`.
    static let `default` = ChannelName(text: "")

    private init(text: String) {
        self.text = text
    }

    /// - Parameter path: of the URL, percent-encoded, such as `/team%201`; nil when it names no channel.
    init?(path: String) {
        guard let path = PercentEncoding.decode(path), path.first == "/", path.utf8.count <= 1 + Self.maximumBytes else {
            return nil
        }
        let text = path.dropFirst()
        guard !text.contains("/"), !text.contains(" "), PrintableText.isPrintable(String(text)) else { return nil }
        self.text = String(text)
    }

    var description: String { "/\(text)" }
}
