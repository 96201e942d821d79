import ArgumentParser

/// Which web pages may have a browser connect (RFC 6455 section 10.2): any page on the web can try to, in the name of
/// whoever looks at it.
///
/// A page comes from an origin, which the browser names in the opening handshake. Pages of the server itself may always
/// connect, and so may clients that name none, as programs do. Others need to be listed.
struct OriginPolicy: Equatable, Sendable {
    /// A further origin that may connect, or all of them.
    enum Exception: OptionValue, Hashable {
        case all
        case origin(WebOrigin)

        static let valueName = "origin"
        static let rule = "Use an origin such as https://chat.example or http://localhost:3000, or * for all."

        init?(argument text: String) {
            if text == "*" {
                self = .all
            } else if let origin = WebOrigin(text) {
                self = .origin(origin)
            } else {
                return nil
            }
        }

        var defaultValueDescription: String {
            switch self {
            case .all: "*"
            case .origin(let origin): origin.description
            }
        }
    }

    var exceptions: Set<Exception> = []

    /// Whether a client may connect.
    ///
    /// - Parameters:
    ///   - origin: the `Origin` field of the handshake; nil when it has none.
    ///   - host: the `Host` field: what the client takes this server to be. Its scheme is not known, since TLS may end at
    ///     a proxy, so the origin's own is taken.
    func allows(origin: String?, host: String?) -> Bool {
        guard let origin, !exceptions.contains(.all) else { return true }
        // `null`, the origin of files and of frames without rights, is nobody's own.
        guard let origin = WebOrigin(origin) else { return false }
        if let host, WebOrigin("\(origin.scheme)://\(host)") == origin { return true }
        return exceptions.contains(.origin(origin))
    }
}
