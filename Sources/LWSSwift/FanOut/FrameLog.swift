internal import DequeModule

/// Messages in the order of a group, framed for the wire once and for all: what every member is sent a range of.
///
/// The log is a chain of slabs. A slab holds whole frames, made by the log's ``LaneFraming``, and is as large as one write
/// may be, so that what a member is written is always "the rest of a slab". Members keep nothing but a position. A slab is
/// freed as soon as it has been offered to everybody (``flushed``) and no member that is behind is still to read it: each
/// slab counts those, and so one in the middle can go when the only member before it is to skip it.
///
/// Behind its frames a slab has a *slot* for each message that begins in it: where, and its number. Where messages begin and
/// what they are is looked up there, so that nothing reads the frames.
@safe
struct FrameLog {
    @safe
    private struct Slab {
        /// nil once it was freed.
        var bytes: UnsafeMutableRawPointer?
        var count = 0
        /// Members behind that will read it, or read on in it.
        var readers: Int
        /// Messages that begin in it.
        var slotCount = 0
        /// Bytes that the log had before it.
        let startByte: Int
        /// Messages that began before it.
        let startTally: MessageTally
        /// The number of the last publication before it.
        let startNumber: UInt64

        /// Takes room for a frame, and gives its place; nil when there is not enough.
        @inline(__always)
        mutating func extend(by byteCount: Int, beginning message: Message?) -> Room? {
            let offset = count
            guard offset + byteCount <= SlabPool.slabBytes, slotCount < SlabPool.slotCount else { return nil }
            guard let bytes = unsafe bytes else { preconditionFailure("The last slab is in use.") }
            if let message {
                let slot = Slot(offset: offset, role: message.role, numberDelta: message.number - startNumber)
                unsafe slots(bytes)[slotCount] = slot
                slotCount += 1
            }
            count += byteCount
            return unsafe Room(memory: bytes + offset, offset: offset)
        }

        @inline(__always)
        private func slots(_ bytes: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Slot> {
            unsafe (bytes + SlabPool.slabBytes).assumingMemoryBound(to: Slot.self)
        }

        /// The slots in use; none once the slab was freed.
        var slots: UnsafeBufferPointer<Slot> {
            guard let bytes = unsafe bytes else { return unsafe UnsafeBufferPointer(start: nil, count: 0) }
            return unsafe UnsafeBufferPointer(start: slots(bytes), count: slotCount)
        }

        /// How many messages begin before `offset`, and the number of the last publication among them.
        func messages(before offset: Int) -> (tally: MessageTally, number: UInt64) {
            var (tally, number) = (startTally, startNumber)
            let slots = unsafe slots
            for index in slots.indices {
                let slot = unsafe slots[index]
                guard slot.offset < offset else { break }
                tally.count(slot.role)
                number = startNumber + slot.numberDelta
            }
            return (tally, number)
        }

        /// Where the first message begins at or behind `offset`.
        func message(from offset: Int) -> Int? {
            let slots = unsafe slots
            var (low, high) = (0, slots.count)
            while low < high {
                let middle = (low + high) / 2
                if unsafe slots[middle].offset < offset { low = middle + 1 } else { high = middle }
            }
            return unsafe low < slots.count ? slots[low].offset : nil
        }
    }

    /// What is noted of a message.
    private struct Message {
        let role: MessageRole
        /// Its own, or that of the last publication before it.
        let number: UInt64
    }

    /// What a slab knows of a message that begins in it.
    struct Slot {
        private let place: UInt32
        private let delta: UInt32

        private static let announcement: UInt32 = 1 << 31

        init(offset: Int, role: MessageRole, numberDelta: UInt64) {
            place = UInt32(offset) | (role == .announcement ? Self.announcement : 0)
            delta = UInt32(clamping: numberDelta)
        }

        var offset: Int { Int(place & ~Self.announcement) }
        var role: MessageRole { place & Self.announcement == 0 ? .publication : .announcement }
        /// The number of the last publication up to it, less that of the last one before the slab.
        var numberDelta: UInt64 { UInt64(delta) }
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
    private(set) var tally = MessageTally()
    /// The number of the last publication.
    private(set) var lastNumber: UInt64 = 0
    /// Up to where everybody who is not behind has it.
    private(set) var flushed = LogPosition(slab: 0, offset: 0)
    /// Messages before that.
    private(set) var flushedTally = MessageTally()

    init(_ pool: SlabPool, framing: LaneFraming = .webSocket) {
        self.pool = pool
        self.framing = framing
    }

    /// Publications up to this number went by while nobody was there to be sent them.
    mutating func goOn(from number: UInt64) {
        lastNumber = max(lastNumber, number)
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
    ///   - number: of the publication; nil for what is none.
    ///   - event: how an event is called; empty for no name.
    @discardableResult
    mutating func append(
        _ kind: WebSocketMessage.Kind,
        prefix: String = "",
        _ bytes: RawSpan,
        isCompressed: Bool = false,
        number: UInt64?,
        event: String = ""
    ) -> Appended {
        let message = Message(role: number == nil ? .announcement : .publication, number: number ?? lastNumber)
        return framing.withPayload(kind, prefix: prefix, bytes, number: number, event: event) { payload in
            append(LaneFraming.Part(kind: kind, isCompressed: isCompressed), payload, of: message)
        }
    }

    /// What a message has become.
    struct Appended {
        /// Where it begins and ends.
        private(set) var range: Range<LogPosition>
        /// Its length with all headers.
        private(set) var byteCount: Int
        let role: MessageRole
        /// A slab was full, and another was begun.
        private(set) var hasFilledSlab: Bool

        fileprivate mutating func extend(by next: Appended) {
            range = range.lowerBound..<next.range.upperBound
            byteCount += next.byteCount
            hasFilledSlab = hasFilledSlab || next.hasFilledSlab
        }
    }

    private mutating func append(
        _ whole: LaneFraming.Part,
        _ payload: FramePayload,
        of message: Message
    ) -> Appended {
        guard payload.count > framing.maximumPayloadBytes else { return appendFrame(whole, payload, of: message) }
        var rest = payload
        var part = whole
        part.isLast = false
        var appended = appendFrame(part, rest.removeFirst(framing.maximumPayloadBytes), of: message)
        part.isFirst = false
        while rest.count > 0 {
            let next = rest.removeFirst(min(rest.count, framing.maximumPayloadBytes))
            part.isLast = rest.count == 0
            appended.extend(by: appendFrame(part, next, of: message))
        }
        return appended
    }

    private mutating func appendFrame(
        _ part: LaneFraming.Part,
        _ payload: FramePayload,
        of message: Message
    ) -> Appended {
        let count = framing.frameBytes(payload.count, isLast: part.isLast)
        let oldSlabs = slabs.count
        let room = room(for: count, beginning: part.isFirst ? message : nil)
        if part.isFirst {
            tally.count(message.role)
            lastNumber = message.number
        }
        byteCount += count
        unsafe framing.write(part, payload, to: room.memory)
        let slab = firstSlab + slabs.count - 1
        return Appended(
            range: LogPosition(slab: slab, offset: room.offset)..<LogPosition(slab: slab, offset: room.offset + count),
            byteCount: count,
            role: message.role,
            hasFilledSlab: oldSlabs > 0 && slabs.count > oldSlabs
        )
    }

    /// Room for a frame, in the last slab or a new one.
    @inline(__always)
    private mutating func room(for count: Int, beginning message: Message?) -> Room {
        if !slabs.isEmpty, let room = slabs[slabs.count - 1].extend(by: count, beginning: message) { return room }
        var slab = unsafe Slab(
            bytes: pool.take(),
            readers: openReaders,
            startByte: byteCount,
            startTally: tally,
            startNumber: lastNumber
        )
        guard let room = slab.extend(by: count, beginning: message) else {
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
        guard let piece = piece(at: position, limit: limit) else { return false }
        let offset = piece.end.offset - piece.count
        return slabs[piece.end.slab - firstSlab].message(from: offset) != offset
    }

    /// Declares that everything appended so far has been offered to those who are not behind.
    mutating func markFlushed() {
        let old = flushed.slab
        flushed = end
        flushedTally = tally
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

    /// Messages that begin before `position`, which is that of a reader or the end, and the number of the last publication
    /// among them.
    func messages(before position: LogPosition) -> (tally: MessageTally, number: UInt64) {
        let position = max(position, oldest)
        guard position < end else { return (tally, lastNumber) }
        return slabs[position.slab - firstSlab].messages(before: position.offset)
    }

    /// Where the next message begins at or behind a reader's position; the end when there is none.
    func nextMessage(from position: LogPosition) -> LogPosition {
        var position = max(position, oldest)
        while position < end {
            if let offset = slabs[position.slab - firstSlab].message(from: position.offset) {
                return LogPosition(slab: position.slab, offset: offset)
            }
            position = LogPosition(slab: position.slab + 1, offset: 0)
        }
        return end
    }

    /// The first place at which a message begins and behind which there are at most `count` bytes; the end when there is
    /// none. It is looked for at the beginnings of slabs only.
    func message(within count: Int) -> LogPosition {
        for index in slabs.indices where byteCount - slabs[index].startByte <= count {
            if let offset = slabs[index].message(from: 0) {
                return LogPosition(slab: firstSlab + index, offset: offset)
            }
        }
        return end
    }
}
