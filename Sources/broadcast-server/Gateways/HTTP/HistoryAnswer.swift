import HTTPTypes
import LWSSwift

/// A part of what was said, as it is sent over HTTP.
struct HistoryAnswer {
    enum Form: String {
        /// One object, the `history` of docs/protocol.md with `next` besides.
        case json = "application/json"
        /// The messages, an object a line; before them a `gap` when some are missing.
        case lines = "application/x-ndjson"
    }

    let page: HistoryPage
    let form: Form
    let limit: Int

    /// Where the next page begins in the direction that was asked for; nil when there is none. Behind the latest message
    /// there always is: what comes then.
    var next: PositionText? {
        switch page.start {
        case .after: page.messages.last?.id ?? page.position
        case .before, .latest: page.hasMore ? page.messages.first?.id : nil
        }
    }

    /// Whether the page always is the same, as long as its messages are kept: nothing that is said later belongs to it.
    var isClosed: Bool {
        switch page.start {
        case .after: page.hasMore
        case .before: true
        case .latest: false
        }
    }

    /// Of what is in the page, not of where the channel has come to meanwhile: hence weak.
    var tag: EntityTag {
        var hash = StableHash()
        func combine(_ text: String) { hash.combine("\(text) ".utf8) }
        combine(form.rawValue)
        combine(page.messages.first?.id.rawValue ?? "")
        combine(page.messages.last?.id.rawValue ?? "")
        combine("\(page.messages.count) \(page.missing) \(page.hasMore)")
        if !isClosed { combine(page.position.rawValue) }
        return EntityTag(text: String(hash.value, radix: 16), isWeak: true)
    }

    /// The answer to a GET or HEAD.
    func response(_ request: HTTPServerRequest) -> HTTPServerResponse {
        var fields: HTTPFields = [
            .eTag: tag.description,
            // A closed page is kept for an hour without asking; after that the server may have forgotten it.
            .cacheControl: isClosed ? "private, max-age=3600, immutable" : "no-cache",
        ]
        if let next { fields[.link] = "<?\(query(next))>; rel=\"next\"" }
        if let field = request[.ifNoneMatch], IfNoneMatch(field).contains(tag) {
            return HTTPServerResponse(status: .notModified, headerFields: fields)
        }
        fields[.contentType] = form.rawValue
        return HTTPServerResponse(headerFields: fields, body: body)
    }

    private func query(_ next: PositionText) -> String {
        let direction = if case .after = page.start { "after" } else { "before" }
        let limit = limit == Fetch.defaultLimit ? "" : "&limit=\(limit)"
        return "\(direction)=\(next)\(limit)"
    }

    private var body: [UInt8] {
        switch form {
        case .json:
            var object = page.object(next: next)
            object.append("\n")
            return object.bytes
        case .lines:
            var lines = JSONWriter(capacity: 256 * page.messages.count)
            if let gap {
                lines.append(ChatProtocol.encode(ServerObject.gap(gap)).bytes)
                lines.append("\n")
            }
            for message in page.messages {
                lines.append(message)
                lines.append(",\"type\":\"message\"}\n")
            }
            return lines.bytes
        }
    }

    private var gap: Gap? {
        guard page.missing > 0, case .after(let start) = page.start,
            let position = BroadcastGroup.Position(start.rawValue)
        else { return nil }
        let end = BroadcastGroup.Position(epoch: position.epoch, number: position.number + page.missing)
        return Gap(from: start, to: PositionText(end), missing: page.missing, reason: .expired, behind: nil)
    }
}
