/// Reads the events of a stream as it arrives, in pieces of any size (HTML standard, section 9.2.6, interpreting an event
/// stream). Pure: tested without sockets.
///
/// It holds the line and the event under way, together at most ``maximumEventBytes`` of what was sent. Comments are passed
/// over and take no room, an event that the stream ends within is dropped.
struct EventParser {
    /// Something is larger than is taken; as the end of a sentence.
    struct Excess: Error, Equatable {
        let reason: String
    }

    /// The longest id that is taken, which has to fit in a header field later.
    static let maximumIDBytes = 4_096
    /// The longest wait that a server can ask for.
    static let longestRetry = Duration.seconds(24 * 60 * 60)

    private let maximumEventBytes: Int

    /// Up to which event everything was read.
    private(set) var lastEventID: String
    /// How long to wait before connecting again, if the server has said so.
    private(set) var retry: Duration?

    /// The line under way, without its end.
    private var line: [UInt8] = []
    /// The line under way is a comment, and not kept.
    private var isComment = false
    private var isFirstLine = true
    /// A CR has ended the last line: an LF that follows belongs to it.
    private var endedWithCR = false

    private var id: String
    private var event: [UInt8] = []
    private var data: [UInt8] = []

    /// - Parameter lastEventID: what the server was shown, which counts until it tells another one.
    init(maximumEventBytes: Int, lastEventID: String = "") {
        self.maximumEventBytes = maximumEventBytes
        self.lastEventID = lastEventID
        id = lastEventID
    }

    /// Takes the next bytes and appends the events that they complete.
    mutating func read(_ bytes: UnsafeRawBufferPointer, into events: inout [ServerSentEvent]) throws(Excess) {
        var index = 0
        if endedWithCR, unsafe bytes.first == Self.lineFeed { index = 1 }
        if bytes.count > 0 { endedWithCR = false }
        while index < bytes.count {
            var end = index
            while end < bytes.count, unsafe bytes[end] != Self.lineFeed, unsafe bytes[end] != Self.carriageReturn {
                end += 1
            }
            unsafe try append(UnsafeRawBufferPointer(rebasing: bytes[index..<end]))
            guard end < bytes.count else { return }
            if let event = try endLine() { events.append(event) }
            index = end + 1
            guard unsafe bytes[end] == Self.carriageReturn else { continue }
            if index == bytes.count {
                endedWithCR = true
            } else if unsafe bytes[index] == Self.lineFeed {
                index += 1
            }
        }
    }

    private static let lineFeed = UInt8(ascii: "\n")
    private static let carriageReturn = UInt8(ascii: "\r")

    private mutating func append(_ piece: UnsafeRawBufferPointer) throws(Excess) {
        guard piece.count > 0 else { return }
        if line.isEmpty, !isComment { isComment = unsafe piece[0] == UInt8(ascii: ":") }
        guard !isComment else { return }
        guard piece.count <= maximumEventBytes - heldBytes else {
            throw Excess(reason: "an event is larger than \(maximumEventBytes) bytes")
        }
        unsafe line.append(contentsOf: piece)
    }

    private var heldBytes: Int { line.count + data.count + event.count }

    /// The line is complete; the event that it ends, if it does.
    private mutating func endLine() throws(Excess) -> ServerSentEvent? {
        defer {
            line.removeAll(keepingCapacity: line.capacity <= 4_096)
            isComment = false
            isFirstLine = false
        }
        guard !isComment else { return nil }
        var line = line[...]
        // One byte order mark may stand before everything else.
        if isFirstLine, line.starts(with: [0xEF, 0xBB, 0xBF]) { line = line.dropFirst(3) }
        guard !line.isEmpty else { return endEvent() }
        let colon = line.firstIndex(of: UInt8(ascii: ":")) ?? line.endIndex
        var value = line[colon...].dropFirst()
        if value.first == UInt8(ascii: " ") { value = value.dropFirst() }
        try take(field: line[..<colon], value)
        return nil
    }

    private mutating func take(field: ArraySlice<UInt8>, _ value: ArraySlice<UInt8>) throws(Excess) {
        if field.elementsEqual("data".utf8) {
            data += value
            data.append(Self.lineFeed)
        } else if field.elementsEqual("event".utf8) {
            event = Array(value)
        } else if field.elementsEqual("id".utf8), !value.contains(0) {
            guard value.count <= Self.maximumIDBytes else {
                throw Excess(reason: "the id of an event is longer than \(Self.maximumIDBytes) bytes")
            }
            id = String(decoding: value, as: UTF8.self)
        } else if field.elementsEqual("retry".utf8), !value.isEmpty, value.allSatisfy(FieldSyntax.isDigit) {
            // What is no number then is one that is too large.
            let milliseconds = Int(String(decoding: value, as: UTF8.self)) ?? .max
            retry = min(.milliseconds(min(milliseconds, 1 << 40)), Self.longestRetry)
        }
    }

    /// An empty line: the id counts from now on, also without data, and the event is given out if it has some.
    private mutating func endEvent() -> ServerSentEvent? {
        lastEventID = id
        defer {
            data = []
            event = []
        }
        guard data.popLast() != nil else { return nil }
        return ServerSentEvent(
            id: id,
            event: event.isEmpty ? "message" : String(decoding: event, as: UTF8.self),
            data: String(decoding: data, as: UTF8.self)
        )
    }
}
