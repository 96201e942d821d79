internal import Glibc

/// How a message lies in the log of a lane of event streams: as one event of the format that browsers read
/// (HTML section 9.2.6, "Interpreting an event stream").
///
/// A publication has an `id:` with its position, everything else has none, so that a client that comes back names what it
/// had last. A text has one `data:` for each of its lines; a binary message is `event: binary`, in base64.
struct EventFraming {
    /// Before the number in an id.
    private let epoch: [UInt8]

    /// - Parameter epoch: that of the group's positions.
    init(epoch: UInt64) {
        self.epoch = Array("\(BroadcastGroup.Position(epoch: epoch, number: 0))".utf8.dropLast())
    }

    /// Behind the last line of an event.
    static let end = "\n\n" as StaticString
    /// What nobody is told of, and keeps a connection from looking idle to whatever lies between.
    static let comment = ":\n\n" as StaticString

    /// Lends the bytes of an event up to its end, in the two parts that come together in the log only: nothing of a text
    /// without line breaks is copied before that.
    ///
    /// - Parameters:
    ///   - number: of a publication; nil for what has no id.
    ///   - name: of the event; empty for one that browsers call `message`.
    ///   - prefix: goes before `bytes` in a text.
    func withPayload<Result>(
        _ kind: WebSocketMessage.Kind,
        number: UInt64?,
        name: String,
        prefix: UnsafeRawBufferPointer,
        _ bytes: UnsafeRawBufferPointer,
        _ body: (FramePayload) -> Result
    ) -> Result {
        let capacity = epoch.count + name.utf8.count + prefix.count + Self.maximumFixedBytes
        return unsafe withUnsafeTemporaryAllocation(byteCount: capacity, alignment: 1) { memory in
            var head = unsafe EventWriter(memory)
            if let number {
                head.append("id: ")
                unsafe epoch.withUnsafeBytes { unsafe head.append($0) }
                head.append(number)
                head.append("\n")
            }
            if !name.isEmpty {
                head.append("event: ")
                unsafe name.utf8.span.withUnsafeBytes { unsafe head.append($0) }
                head.append("\n")
            }
            head.append("data: ")
            let isPlain = unsafe kind == .text && !EventText.hasLineBreak(prefix) && !EventText.hasLineBreak(bytes)
            if isPlain {
                unsafe head.append(prefix)
                return unsafe body(FramePayload(prefix: head.written, bytes: bytes))
            }
            let data = unsafe kind == .text ? EventText.lines(prefix, bytes) : EventText.base64(bytes)
            return unsafe data.withUnsafeBytes { unsafe body(FramePayload(prefix: head.written, bytes: $0)) }
        }
    }

    /// What a head has besides epoch, name and prefix: the words, and a number of 20 digits.
    private static let maximumFixedBytes = 4 + 20 + 1 + 7 + 1 + 6
}

/// Puts the few bytes before a message together, in memory that has room for them.
@safe
private struct EventWriter {
    private let memory: UnsafeMutableRawBufferPointer
    private var count = 0

    init(_ memory: UnsafeMutableRawBufferPointer) {
        unsafe self.memory = memory
    }

    var written: UnsafeRawBufferPointer { unsafe UnsafeRawBufferPointer(rebasing: memory[..<count]) }

    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        guard let source = bytes.baseAddress else { return }
        unsafe precondition(count + bytes.count <= memory.count)
        if let start = unsafe memory.baseAddress {
            unsafe (start + count).copyMemory(from: source, byteCount: bytes.count)
        }
        count += bytes.count
    }

    mutating func append(_ text: StaticString) {
        unsafe append(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    mutating func append(_ number: UInt64) {
        var rest = number
        var length = 1
        while rest > 9 {
            rest /= 10
            length += 1
        }
        unsafe precondition(count + length <= memory.count)
        rest = number
        for place in stride(from: count + length - 1, through: count, by: -1) {
            unsafe memory[place] = UInt8(ascii: "0") + UInt8(rest % 10)
            rest /= 10
        }
        count += length
    }
}
