import LWSSwift

/// Entries of one node as they go to the log together, and come back from it.
struct EntryBatch {
    let node: NodeID
    /// Of the batch, counted by the node.
    let number: UInt64
    private var reader: EntryReader

    /// Of the form; nodes with another one are not of this cluster.
    static let version: UInt8 = 1
    /// A batch has no more, so that each publication has a place of its own within the batch's.
    static let maximumPublications = EntryPlace.range.upperBound

    /// The bytes of a batch.
    static func bytes(node: NodeID, number: UInt64, _ entries: some Collection<ChannelEntry>) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(headBytes + entries.reduce(0) { $0 + $1.maximumByteCount })
        bytes.put(version)
        bytes.put(node.rawValue)
        bytes.put(number)
        for entry in entries { entry.put(into: &bytes) }
        return bytes
    }

    static let headBytes = 17
    /// What stands around a message in a batch at most; around each of many that are posted together, names and lengths.
    static let maximumOverhead = 64 << 10

    /// - Throws: ``EntryFault`` for bytes that are no batch of this form.
    init(_ bytes: [UInt8]) throws(EntryFault) {
        var reader = EntryReader(bytes)
        guard try reader.number(UInt8.self) == Self.version else { throw .otherVersion }
        node = NodeID(rawValue: try reader.number(UInt64.self))
        number = try reader.number(UInt64.self)
        self.reader = reader
    }

    /// The next of its entries; nil behind the last.
    mutating func next() throws(EntryFault) -> ChannelEntry? {
        reader.isAtEnd ? nil : try ChannelEntry(&reader)
    }
}

/// Where publications stand in a channel: the place of their batch in the log, and behind that their place within the batch.
enum EntryPlace {
    /// Of publications within a batch, from 1.
    static let range: ClosedRange<Int> = 1...1_023

    /// The number of a batch's place itself: greater than all before it, and smaller than what is said in it.
    static func number(of place: SharedPlace) -> UInt64 { place.rawValue << 10 }
}

/// Why bytes of a log are not understood.
enum EntryFault: Error, Equatable {
    /// They were made by another version of the program.
    case otherVersion
    case damaged
}

extension ChannelEntry {
    private enum Kind: UInt8 {
        case join, leave, rename, message, posting, expire, forget
    }

    /// What it takes in a batch, or somewhat more.
    var maximumByteCount: Int {
        // Numbers, and the lengths of texts.
        let head = 80
        switch self {
        case .join(let arriving): return head + (arriving.name?.utf8.count ?? 0)
        case .rename(let renaming): return head + (renaming.name?.utf8.count ?? 0)
        case .message(let spoken):
            return head + spoken.author.name.utf8.count + (spoken.key?.text.utf8.count ?? 0)
                + spoken.content.bytes.count
        case .posting(let parcels):
            return parcels.reduce(head) { sum, parcel in
                parcel.messages.reduce(sum + head + (parcel.key?.text.utf8.count ?? 0)) { sum, message in
                    sum + 16 + message.name.utf8.count + message.content.bytes.count
                }
            }
        case .leave, .expire, .forget: return head
        }
    }

    fileprivate func put(into bytes: inout [UInt8]) {
        switch self {
        case .join(let arriving):
            bytes.put(Kind.join.rawValue)
            bytes.put(arriving.link)
            switch arriving.identity {
            case .none: bytes.put(UInt8(0))
            case .session: bytes.put(UInt8(1))
            case .returning(let session):
                bytes.put(UInt8(2))
                bytes.put(session)
            }
            bytes.put(optional: arriving.name)
            bytes.put(arriving.member.number)
            bytes.put(arriving.session)
            bytes.put(arriving.since)
            bytes.put(UInt8(arriving.isBack ? 1 : 0))
        case .leave(let leaving):
            bytes.put(Kind.leave.rawValue)
            bytes.put(leaving.link)
            bytes.put(leaving.member.number)
            bytes.put(optional: leaving.session)
            bytes.put(UInt8(leaving.isForGood ? 1 : 0))
        case .rename(let renaming):
            bytes.put(Kind.rename.rawValue)
            bytes.put(renaming.link)
            bytes.put(renaming.member.number)
            bytes.put(optional: renaming.session)
            bytes.put(optional: renaming.name)
        case .message(let spoken): Self.put(spoken, into: &bytes)
        case .posting(let parcels): Self.put(parcels, into: &bytes)
        case .expire: bytes.put(Kind.expire.rawValue)
        case .forget(let session):
            bytes.put(Kind.forget.rawValue)
            bytes.put(session)
        }
    }

    private static func put(_ spoken: Spoken, into bytes: inout [UInt8]) {
        bytes.put(Kind.message.rawValue)
        bytes.put(spoken.link)
        bytes.put(spoken.author.id.number)
        bytes.put(spoken.author.name)
        bytes.put(optional: spoken.session)
        bytes.put(spoken.tag)
        bytes.put(optional: spoken.key?.text)
        bytes.put(spoken.content)
    }

    private static func put(_ parcels: [Posting.Parcel], into bytes: inout [UInt8]) {
        bytes.put(Kind.posting.rawValue)
        bytes.put(UInt16(parcels.count))
        for parcel in parcels {
            bytes.put(optional: parcel.key?.text)
            bytes.put(UInt16(parcel.messages.count))
            for message in parcel.messages {
                bytes.put(message.name)
                bytes.put(message.content)
            }
        }
    }

    fileprivate init(_ reader: inout EntryReader) throws(EntryFault) {
        guard let kind = Kind(rawValue: try reader.number(UInt8.self)) else { throw .damaged }
        switch kind {
        case .join:
            self = .join(
                Arriving(
                    link: try reader.number(UInt64.self),
                    identity: try reader.identity(),
                    name: try reader.optionalText(),
                    member: ClientID(number: try reader.number(UInt64.self)),
                    session: try reader.session(),
                    since: try reader.number(Int64.self),
                    isBack: try reader.number(UInt8.self) == 1
                )
            )
        case .leave:
            self = .leave(
                Leaving(
                    link: try reader.number(UInt64.self),
                    member: ClientID(number: try reader.number(UInt64.self)),
                    session: try reader.optionalSession(),
                    isForGood: try reader.number(UInt8.self) == 1
                )
            )
        case .rename:
            self = .rename(
                Renaming(
                    link: try reader.number(UInt64.self),
                    member: ClientID(number: try reader.number(UInt64.self)),
                    session: try reader.optionalSession(),
                    name: try reader.optionalText()
                )
            )
        case .message:
            self = .message(
                Spoken(
                    link: try reader.number(UInt64.self),
                    author: Member(
                        id: ClientID(number: try reader.number(UInt64.self)),
                        name: try reader.text()
                    ),
                    session: try reader.optionalSession(),
                    tag: try reader.number(UInt32.self),
                    key: try reader.optionalText().map(MessageKey.init),
                    content: try reader.message()
                )
            )
        case .posting: self = .posting(try reader.parcels())
        case .expire: self = .expire
        case .forget: self = .forget(try reader.session())
        }
    }
}

extension NodeEntry {
    var bytes: [UInt8] {
        var bytes: [UInt8] = [EntryBatch.version]
        let (kind, node): (UInt8, NodeID) =
            switch self {
            case .hello(let node): (0, node)
            case .begin(let node): (1, node)
            case .lost(let node): (2, node)
            }
        bytes.put(kind)
        bytes.put(node.rawValue)
        return bytes
    }

    init(_ bytes: [UInt8]) throws(EntryFault) {
        var reader = EntryReader(bytes)
        guard try reader.number(UInt8.self) == EntryBatch.version else { throw .otherVersion }
        let kind = try reader.number(UInt8.self)
        let node = NodeID(rawValue: try reader.number(UInt64.self))
        switch kind {
        case 0: self = .hello(node)
        case 1: self = .begin(node)
        case 2: self = .lost(node)
        default: throw .damaged
        }
    }
}

extension [UInt8] {
    fileprivate mutating func put(optional text: String?) {
        put(UInt8(text == nil ? 0 : 1))
        if let text { put(text) }
    }

    fileprivate mutating func put(_ session: SessionID) {
        put(session.high)
        put(session.low)
    }

    fileprivate mutating func put(optional session: SessionID?) {
        put(UInt8(session == nil ? 0 : 1))
        if let session { put(session) }
    }

    fileprivate mutating func put(_ message: WebSocketMessage) {
        put(UInt8(message.kind == .text ? 0 : 1))
        put(UInt32(message.bytes.count))
        append(contentsOf: message.bytes)
    }
}

/// Reads entries; what ends too early is damaged.
private struct EntryReader {
    private var reader: ByteFieldsReader

    init(_ bytes: [UInt8]) {
        reader = ByteFieldsReader(bytes)
    }

    var isAtEnd: Bool { reader.isAtEnd }

    mutating func number<Number: FixedWidthInteger>(_ type: Number.Type) throws(EntryFault) -> Number {
        guard let number = reader.number(type) else { throw .damaged }
        return number
    }

    mutating func text() throws(EntryFault) -> String {
        guard let text = reader.text() else { throw .damaged }
        return text
    }

    mutating func optionalText() throws(EntryFault) -> String? {
        try number(UInt8.self) == 0 ? nil : text()
    }

    mutating func session() throws(EntryFault) -> SessionID {
        SessionID(high: try number(UInt64.self), low: try number(UInt64.self))
    }

    mutating func optionalSession() throws(EntryFault) -> SessionID? {
        try number(UInt8.self) == 0 ? nil : session()
    }

    mutating func identity() throws(EntryFault) -> JoinRequest.Identity {
        switch try number(UInt8.self) {
        case 0: .none
        case 1: .session
        case 2: .returning(try session())
        default: throw .damaged
        }
    }

    mutating func message() throws(EntryFault) -> WebSocketMessage {
        let kind = try number(UInt8.self)
        let count = Int(try number(UInt32.self))
        guard let bytes = reader.bytes(count) else { throw .damaged }
        guard kind == 0 else { return .binary(bytes) }
        guard let text = WebSocketMessage.text(validating: bytes) else { throw .damaged }
        return text
    }

    mutating func parcels() throws(EntryFault) -> [Posting.Parcel] {
        var parcels: [Posting.Parcel] = []
        for _ in 0..<Int(try number(UInt16.self)) {
            let key = try optionalText().map(MessageKey.init)
            var messages: [Posting.Message] = []
            for _ in 0..<Int(try number(UInt16.self)) {
                let name = try text()
                messages.append(Posting.Message(content: try message(), name: name))
            }
            parcels.append(Posting.Parcel(messages: messages, key: key))
        }
        return parcels
    }
}
