internal import FoundationEssentials
internal import HTTPTypes

/// Where a server that refuses a handshake sends the client instead (RFC 9110 section 15.4). Pure.
enum Redirect {
    static func isRedirect(status: Int) -> Bool {
        [301, 302, 303, 307, 308].contains(status)
    }

    /// The fields that tell who the client is, which another origin must not get.
    static let credentials: [HTTPField.Name] = [.authorization, .cookie, .proxyAuthorization]

    /// A `Location` as an error quotes it: a server may send 16 KiB of it, and secrets of the client in its query.
    static func shown(_ location: String) -> String {
        let most = 200
        let location = URLText.withoutQuery(location)
        return location.utf8.count <= most
            ? location : String(decoding: location.utf8.prefix(most), as: UTF8.self) + "..."
    }

    /// The URL that a `Location` names, seen from the one that was asked; `http` stands for `ws` there, `https` for `wss`.
    ///
    /// - Throws: when it names none, or leads from `wss` to `ws`, where anybody in between could read along.
    static func target(from origin: ClientURL, location: String) throws(MalformedResponse) -> ClientURL {
        guard let base = URL(string: origin.webURL), let encoded = URLText.encoded(location),
            let url = URL(string: encoded, relativeTo: base)?.absoluteURL,
            var components = URLComponents(url: url, resolvingAgainstBaseURL: true)
        else {
            throw MalformedResponse(reason: "its Location field, \"\(shown(location))\", is no URL")
        }
        // What stands behind # is for the client, and means nothing to it here (RFC 9110 section 10.2.2).
        components.fragment = nil
        guard ["http", "ws", "https", "wss"].contains(components.scheme?.lowercased()) else {
            throw MalformedResponse(reason: "its Location field, \"\(shown(location))\", is no WebSocket URL")
        }
        let next: ClientURL
        do throws(WebSocketError) {
            next = try ClientURL(components.string ?? "")
        } catch {
            throw MalformedResponse(reason: "its Location field, \"\(shown(location))\", cannot be used")
        }
        if case .unix = origin.destination {
            // Only the request changes: what else the Location names is not behind the socket.
            guard next.authority == origin.authority, !next.isSecure else {
                throw MalformedResponse(
                    reason: "its Location field, \"\(shown(location))\", leads away from the socket"
                )
            }
            return origin.with(resource: next.resource)
        }
        guard next.isSecure || !origin.isSecure else {
            throw MalformedResponse(reason: "it leads from wss to ws, to \"\(shown(location))\"")
        }
        return next
    }
}
