import HTTPTypes
import LWSSwift

/// What became of what was published: `{"duplicate":…,"id":…,"receivers":…,"stored":…}` for each message, in the form in
/// which they came.
struct PublishAnswer {
    let form: PublishRequest.Form
    let posted: [Posted]

    var response: HTTPServerResponse {
        var body = JSONWriter(capacity: 96 * posted.count)
        if form == .array { body.append("[") }
        for (index, posted) in posted.enumerated() {
            if index > 0, form == .array { body.append(",") }
            body.append(posted)
            if form == .lines { body.append("\n") }
        }
        if form == .array { body.append("]") }
        if form != .lines { body.append("\n") }
        let type = form == .lines ? "application/x-ndjson" : "application/json"
        return HTTPServerResponse(headerFields: [.contentType: type, .cacheControl: "no-store"], body: body.bytes)
    }
}

extension JSONWriter {
    fileprivate mutating func append(_ posted: Posted) {
        append(posted.isDuplicate ? #"{"duplicate":true,"id":"# : #"{"duplicate":false,"id":"#)
        append(string: posted.receipt.id.rawValue)
        append(#","receivers":"#)
        append(posted.receipt.receivers)
        append(#","stored":"#)
        append(string: posted.receipt.stored.rawValue)
        append("}")
    }
}
