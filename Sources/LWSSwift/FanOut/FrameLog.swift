internal import DequeModule

/// Messages in the order of a group, framed for the wire once and for all: what every member is sent a range of.
///
/// The log is a chain of slabs. A slab holds whole frames, made by the log's ``LaneFraming``, and is as large as one write
/// may be, so that what a member is written is always "the rest of a slab". Members keep nothing but a position. A slab is
/// freed as soon as it has been offered to everybody (``flushed``) and no member that is behind is still to read it: each
/// slab counts those, and so one in the middle can go when the only member before it is to skip it.
@safe
struct FrameLog {
    @safe
    private struct Slab {
        /// nil once it was freed.
        var bytes: UnsafeMutableRawPointer?
        var count = 0
        /// Members behind that will read it, or read on in it.
        var readers: Int
        /// Bytes that the log had before it.
        let startByte: Int
        /// Messages that began before it.
        let startMessage: Int
        /// Where in it the first message begins; nil while it has only the rest of one.
        var firstMessage: Int?

        /// Takes room for a frame, and gives its place; nil when there is not enough.
        @inline(__always)
        mutating func extend(by byteCount: Int, beginsMessage: Bool) -> Room? {
            let offset = count
            guard offset + byteCount <= SlabPool.slabBytes else { return nil }
            guard let bytes = unsafe bytes else { preconditionFailure("The last slab is in use.") }
            if beginsMessage, firstMessage == nil { firstMessage = offset }
            count += byteCount
            return unsafe Room(memory: bytes + offset, offset: offset)
        }
    }

    /// Room for a frame.
    @safe
    private struct Room {
        let memory: UnsafeMutableRawPointer
        /// Where in its slab it begins.
        let offset: Int
    }

    private let pool: SlabPool
    private let framing: LaneFraming
    private var slabs: Deque<Slab> = []
    private var firstSlab = 0
    /// Members behind that will read whatever comes.
    private var openReaders = 0
    /// Bytes that were ever appended, headers included.
    private(set) var byteCount = 0
    /// Messages that were ever appended.
    private(set) var messageCount = 0
    /// Up to where everybody who is not behind has it.
    private(set) var flushed = LogPosition(slab: 0, offset: 0)

    init(_ pool: SlabPool, framing: LaneFraming = .webSocket) {
        self.pool = pool
        self.framing = framing
    }

    /// Behind the last byte.
    var end: LogPosition {
        let last = slabs.count - 1
        guard last >= 0 else { return LogPosition(slab: firstSlab, offset: 0) }
        return LogPosition(slab: firstSlab + last, offset: slabs[last].count)
    }

    /// The beginning of the oldest slab that is kept.
    var oldest: LogPosition { LogPosition(slab: firstSlab, offset: 0) }

    // MARK: Appending

    /// Appends one message, in as many frames as it needs.
    ///
    /// - Parameters:
    ///   - prefix: goes before `bytes` in a text; a binary message is never altered.
    ///   - isCompressed: `bytes` is the message deflated (RFC 7692 section 6.1).
    @discardableResult
    mutating func append(
        _ kind: WebSocketMessage.Kind,
        prefix: String = "",
        _ bytes: RawSpan,
        isCompressed: Bool = false
    ) -> Appended {
        unsafe prefix.utf8.span.withUnsafeBytes { prefix in
            unsafe bytes.withUnsafeBytes { bytes in
                let prefix = unsafe kind == .text ? prefix : UnsafeRawBufferPointer(start: nil, count: 0)
                let payload = unsafe FramePayload(prefix: prefix, bytes: bytes)
                return append(LaneFraming.Part(kind: kind, isCompressed: isCompressed), payload)
            }
        }
    }

    /// What a message has become.
    struct Appended {
        /// Where it begins and ends.
        private(set) var range: Range<LogPosition>
        /// Its length with all headers.
        private(set) var byteCount: Int
        /// A slab was full, and another was begun.
        private(set) var hasFilledSlab: Bool

        fileprivate mutating func extend(by next: Appended) {
            range = range.lowerBound..<next.range.upperBound
            byteCount += next.byteCount
            hasFilledSlab = hasFilledSlab || next.hasFilledSlab
        }
    }

    private mutating func append(_ whole: LaneFraming.Part, _ payload: FramePayload) -> Appended {
        guard payload.count > framing.maximumPayloadBytes else { return appendFrame(whole, payload) }
        var rest = payload
        var part = whole
        part.isLast = false
        var appended = appendFrame(part, rest.removeFirst(framing.maximumPayloadBytes))
        part.isFirst = false
        while rest.count > 0 {
            let next = rest.removeFirst(min(rest.count, framing.maximumPayloadBytes))
            part.isLast = rest.count == 0
            appended.extend(by: appendFrame(part, next))
        }
        return appended
    }

    private mutating func appendFrame(_ part: LaneFraming.Part, _ payload: FramePayload) -> Appended {
        let count = framing.frameBytes(payload.count)
        let oldSlabs = slabs.count
        let room = room(for: count, beginsMessage: part.isFirst)
        if part.isFirst { messageCount += 1 }
        byteCount += count
        unsafe framing.write(part, payload, to: room.memory)
        let slab = firstSlab + slabs.count - 1
        return Appended(
            range: LogPosition(slab: slab, offset: room.offset)..<LogPosition(slab: slab, offset: room.offset + count),
            byteCount: count,
            hasFilledSlab: oldSlabs > 0 && slabs.count > oldSlabs
        )
    }

    /// Room for a frame, in the last slab or a new one.
    @inline(__always)
    private mutating func room(for count: Int, beginsMessage: Bool) -> Room {
        if !slabs.isEmpty, let room = slabs[slabs.count - 1].extend(by: count, beginsMessage: beginsMessage) {
            return room
        }
        var slab = unsafe Slab(
            bytes: pool.take(),
            readers: openReaders,
            startByte: byteCount,
            startMessage: messageCount
        )
        guard let room = slab.extend(by: count, beginsMessage: beginsMessage) else {
            preconditionFailure("A frame is larger than a slab.")
        }
        slabs.append(slab)
        return room
    }

    // MARK: Reading

    /// Some bytes of the log: whole frames within one slab.
    @safe
    struct Piece {
        let start: UnsafeRawPointer
        let count: Int
        /// Behind its last byte.
        let end: LogPosition
    }

    /// The next piece at `position`, not beyond `limit`; nil when there is none.
    func piece(at position: LogPosition, limit: LogPosition) -> Piece? {
        // A reader at the end of a slab may still stand there when the slab has gone.
        var position = max(position, oldest)
        while position < limit {
            let slab = slabs[position.slab - firstSlab]
            let end = position.slab == limit.slab ? limit.offset : slab.count
            if position.offset < end {
                guard let bytes = unsafe slab.bytes else {
                    preconditionFailure("A slab was freed that is still to be read.")
                }
                return unsafe Piece(
                    start: UnsafeRawPointer(bytes + position.offset),
                    count: end - position.offset,
                    end: LogPosition(slab: position.slab, offset: end)
                )
            }
            position = LogPosition(slab: position.slab + 1, offset: 0)
        }
        return nil
    }

    /// Whether what a reader at `position` is to read next, not beyond `limit`, goes on with a message that began before it.
    func isWithinMessage(_ position: LogPosition, limit: LogPosition) -> Bool {
        guard let next = piece(at: position, limit: limit) else { return false }
        return unsafe framing.frame(at: next.start).continuesMessage
    }

    /// Declares that everything appended so far has been offered to those who are not behind.
    mutating func markFlushed() {
        let old = flushed.slab
        flushed = end
        for slab in max(old, firstSlab)...flushed.slab { freeIfUnread(slab) }
    }

    /// A member falls behind at `position`: it will read on from there, and what is appended later.
    mutating func addReader(at position: LogPosition) {
        openReaders += 1
        guard !slabs.isEmpty else { return }
        for slab in max(position, oldest).slab...end.slab { slabs[slab - firstSlab].readers += 1 }
    }

    /// A reader at `position` goes on to a later place: it needs the slabs in between no more.
    mutating func moveReader(from position: LogPosition, to target: LogPosition) {
        for slab in position.slab..<target.slab { release(slab) }
    }

    /// A reader will read up to `target` at most: it needs neither the slabs behind it nor what is appended later.
    mutating func closeReader(at target: LogPosition) {
        openReaders -= 1
        guard !slabs.isEmpty, target.slab < end.slab else { return }
        for slab in (target.slab + 1)...end.slab { release(slab) }
    }

    /// A reader at `position` that was open goes.
    mutating func removeReader(at position: LogPosition) {
        openReaders -= 1
        guard !slabs.isEmpty, position <= end else { return }
        for slab in position.slab...end.slab { release(slab) }
    }

    /// A reader at `position` that was closed at `target` goes.
    mutating func removeReader(at position: LogPosition, closedAt target: LogPosition) {
        // One that was closed while the log was empty is not counted by the slabs that came later.
        guard !slabs.isEmpty, position < target || target.offset > 0 else { return }
        for slab in position.slab...max(position.slab, target.slab) { release(slab) }
    }

    private mutating func release(_ slab: Int) {
        let index = slab - firstSlab
        guard slabs.indices.contains(index) else { return }
        slabs[index].readers -= 1
        assert(slabs[index].readers >= 0)
        freeIfUnread(slab)
    }

    private mutating func freeIfUnread(_ slab: Int) {
        let index = slab - firstSlab
        guard slabs.indices.contains(index), slabs[index].readers == 0,
            LogPosition(slab: slab, offset: slabs[index].count) <= flushed,
            // The last one stays while others do, since it says where the end is.
            index < slabs.count - 1 || slabs.count == 1,
            let bytes = unsafe slabs[index].bytes
        else { return }
        unsafe pool.give(bytes)
        unsafe slabs[index].bytes = nil
        guard index == 0 else { return }
        while let first = slabs.first, unsafe first.bytes == nil {
            slabs.removeFirst()
            firstSlab += 1
        }
        // The place between a slab that has gone and the next is the beginning of the next.
        flushed = max(flushed, oldest)
        if slabs.count == 1 { freeIfUnread(firstSlab) }
    }

    /// Frees everything, at the end of the loop.
    mutating func removeAll() {
        for slab in slabs {
            if let bytes = unsafe slab.bytes { unsafe pool.give(bytes) }
        }
        slabs = []
    }

    // MARK: Measuring

    /// Bytes between a reader's position and the end.
    func bytesBehind(_ position: LogPosition) -> Int {
        let position = max(position, oldest)
        guard position < end else { return 0 }
        return byteCount - slabs[position.slab - firstSlab].startByte - position.offset
    }

    /// Messages that begin before `position`, which is that of a reader or the end.
    func messages(before position: LogPosition) -> Int {
        let position = max(position, oldest)
        guard position < end else { return messageCount }
        let slab = slabs[position.slab - firstSlab]
        guard let bytes = unsafe slab.bytes else { return slab.startMessage }
        var count = slab.startMessage
        var offset = 0
        while offset < position.offset {
            let frame = unsafe framing.frame(at: bytes + offset)
            if !frame.continuesMessage { count += 1 }
            offset += frame.byteCount
        }
        return count
    }

    /// Where the next message begins at or behind a reader's position; the end when there is none.
    func nextMessage(from position: LogPosition) -> LogPosition {
        var position = max(position, oldest)
        while position < end {
            let slab = slabs[position.slab - firstSlab]
            if let bytes = unsafe slab.bytes {
                while position.offset < slab.count {
                    let frame = unsafe framing.frame(at: bytes + position.offset)
                    if !frame.continuesMessage { return position }
                    position = LogPosition(slab: position.slab, offset: position.offset + frame.byteCount)
                }
            }
            position = LogPosition(slab: position.slab + 1, offset: 0)
        }
        return end
    }

    /// The first place at which a message begins and behind which there are at most `count` bytes; the end when there is
    /// none. It is looked for at the beginnings of slabs only.
    func message(within count: Int) -> LogPosition {
        for index in slabs.indices where byteCount - slabs[index].startByte <= count {
            if let offset = slabs[index].firstMessage { return LogPosition(slab: firstSlab + index, offset: offset) }
        }
        return end
    }
}
