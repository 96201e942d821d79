internal import HTTPTypes

/// The request for a stream of events (HTML standard, section 9.2.3). Pure.
enum EventStreamRequest {
    /// - Parameters:
    ///   - lastEventID: the id to go on behind; empty for none.
    ///   - fields: those of the user, which were checked.
    static func bytes(to target: ClientURL, lastEventID: String, _ fields: HTTPFields) -> [UInt8] {
        var text = "GET \(target.resource) HTTP/1.1\r\n"
        func add(_ name: String, _ value: String) { text += "\(name): \(value)\r\n" }
        add("Host", target.authority)
        add("Accept", "text/event-stream")
        add("Accept-Encoding", "identity")
        add("Cache-Control", "no-store")
        add("Connection", "close")
        // What no field can hold no server can have meant to get back.
        if !lastEventID.isEmpty, HTTPField.isValidValue(lastEventID) { add("Last-Event-ID", lastEventID) }
        for field in fields { add(field.name.rawName, field.value) }
        return Array((text + "\r\n").utf8)
    }

    /// The fields that the request sets itself, and those that would give it a body or ask for another connection.
    private static let reserved: Set<HTTPField.Name> = [
        HTTPField.Name("Host")!, HTTPField.Name("Last-Event-ID")!, .accept, .acceptEncoding, .cacheControl, .connection,
        .upgrade, .contentLength, .transferEncoding, .expect, .te, .trailer,
    ]
    private static let maximumFieldBytes = 16 << 10

    /// Why the fields that a user wants to add cannot be sent; nil when they can.
    static func problem(of fields: HTTPFields) -> String? {
        if let field = fields.first(where: { reserved.contains($0.name) }) {
            return "The field \(field.name.rawName) is the request's own."
        }
        let count = fields.reduce(0) { $0 + $1.name.rawName.utf8.count + $1.value.utf8.count + 4 }
        guard count > maximumFieldBytes else { return nil }
        return "The header fields do not fit: they take more than \(maximumFieldBytes) bytes."
    }
}
