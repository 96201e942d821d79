/// How a TCP port to listen on is written, on the command line and in the environment.
enum Port {
    static let rule = "Use a port from 0 to 65535; 0 picks a free one."

    /// The port, or nil when `text` is none.
    static func parse(_ text: String) -> Int? {
        guard let port = Int(text), 0...65535 ~= port else { return nil }
        return port
    }
}
