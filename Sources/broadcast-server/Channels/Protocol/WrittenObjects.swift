import FoundationEssentials
import LWSSwift

// The objects that a server sends often or in great numbers, written by hand: an encoder of Foundation's takes twenty times
// as long. Byte by byte they are what ``ChatProtocol/encodeByFoundation(_:)`` makes of them, with sorted fields.

extension Acknowledgement {
    /// The object `ack`: one for each message with a key.
    var object: WebSocketMessage {
        var object = JSONWriter(capacity: 128 + key.utf8.count + id.rawValue.utf8.count)
        object.append("{")
        if isDuplicate { object.append(#""duplicate":true,"#) }
        object.append(#""id":"#)
        object.append(string: id.rawValue)
        object.append(#","key":"#)
        object.append(string: key)
        object.append(#","receivers":"#)
        object.append(receivers)
        object.append(#","stored":"#)
        object.append(string: stored.rawValue)
        object.append(#","type":"ack"}"#)
        return object.message
    }
}

extension PositionText {
    /// The object `position`: each member may need one each second.
    var object: WebSocketMessage {
        var object = JSONWriter(capacity: 64 + rawValue.utf8.count)
        object.append(#"{"id":"#)
        object.append(string: rawValue)
        object.append(#","type":"position"}"#)
        return object.message
    }
}

extension HistoryPage {
    /// The object `history`: a hundred messages for one short question.
    var object: WebSocketMessage { object(next: nil).message }

    /// - Parameter next: where the next page begins, for those who are told.
    func object(next: PositionText?) -> JSONWriter {
        var object = JSONWriter(capacity: 256 * (1 + messages.count))
        object.append("{")
        switch start {
        case .after(let position):
            object.append(#""after":"#)
            object.append(string: position.rawValue)
            object.append(",")
        case .before(let position):
            object.append(#""before":"#)
            object.append(string: position.rawValue)
            object.append(",")
        case .latest: break
        }
        if isIncomplete { object.append(#""incomplete":true,"#) }
        object.append(#""messages":["#)
        for (index, message) in messages.enumerated() {
            if index > 0 { object.append(",") }
            object.append(message)
            object.append("}")
        }
        object.append("]")
        if missing > 0 {
            object.append(#","missing":"#)
            object.append(missing)
        }
        object.append(hasMore ? #","more":true"# : #","more":false"#)
        if let next {
            object.append(#","next":"#)
            object.append(string: next.rawValue)
        }
        object.append(#","position":"#)
        object.append(string: position.rawValue)
        object.append(#","type":"history"}"#)
        return object
    }
}

extension JSONWriter {
    mutating func append(_ member: Member) {
        append(#"{"id":"#)
        append(member.id.number)
        append(#","name":"#)
        append(string: member.name)
        append("}")
    }

    /// Without the brace that ends the object.
    mutating func append(_ message: PastMessage) {
        switch message.content {
        case .text:
            append(#"{"from":"#)
        case .binary(let bytes):
            append(#"{"binary":"#)
            append(string: Data(bytes).base64EncodedString())
            append(#","from":"#)
        }
        append(message.from)
        append(#","id":"#)
        append(string: message.id.rawValue)
        if case .text(let text) = message.content {
            append(#","text":"#)
            append(string: text)
        }
        append(#","time":"#)
        append(message.time)
    }
}
