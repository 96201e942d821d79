/// Who is in which channel, under which name: takes in and lets go, and says what the others are to be told.
///
/// It is plain logic: no input or output, no lock, no clock, no randomness. `Channel` is whatever reaches the members of a
/// channel, such as a broadcast group; a test uses a string. Each member keeps its ``Seat``, and shows it to do something.
/// Memory is bounded by the number of connections, of which each is in one channel, and by the bounds of
/// ``SessionRegister``.
struct Hub<Channel: Sendable>: Sendable {
    /// How many channels may have members.
    static var maximumChannels: Int { 1_000 }
    /// In a channel of more members nobody is told who is there, comes and goes: it would cost the square of their number.
    static var maximumIntroduced: Int { 100 }

    private struct Room: Sendable {
        let channel: Channel
        var members: [ClientID: String] = [:]
        var names = NameRegister()

        /// Everybody in order of their ids, unless they are too many.
        var introduced: [Member]? {
            members.count > maximumIntroduced
                ? nil : members.map { Member(id: $0.key, name: $0.value) }.sorted { $0.id < $1.id }
        }
    }

    private var rooms: [ChannelName: Room] = [:]
    private var sessions = SessionRegister()
    private var lastNumber: UInt64 = 0
    /// The number of members of all channels.
    private(set) var count = 0
    /// The number of channels that have members.
    var channelCount: Int { rooms.count }

    // MARK: Coming and going

    /// A member that was taken in.
    struct Arrival: Sendable {
        let seat: Seat
        let channel: Channel
        /// What the member itself is told; nil for one of plain text.
        let welcome: Welcome?
        /// Why it has not got the name that it asked for.
        let problem: Problem?
        /// What the others are told, if anything.
        let announcement: ServerObject?
        /// The number of members of all channels.
        let total: Int
    }

    /// Why a member was not taken in.
    struct TooManyChannels: Error, Equatable {}

    /// Whether a channel has members, or may have.
    func hasRoom(for channel: ChannelName) -> Bool {
        rooms[channel] != nil || rooms.count < Self.maximumChannels
    }

    /// Takes in a member under a new id.
    ///
    /// - Parameter makeChannel: makes the channel when this is its first member.
    mutating func join(
        _ request: JoinRequest,
        now: ContinuousClock.Instant,
        makeChannel: () -> Channel
    ) throws(TooManyChannels) -> Arrival {
        guard hasRoom(for: request.channel) else { throw TooManyChannels() }
        lastNumber += 1
        let id = ClientID(number: lastNumber)
        var room = rooms.removeValue(forKey: request.channel) ?? Room(channel: makeChannel())
        let name = request.name.flatMap { room.names.claim($0, for: Self.holder(id, request.session)) }
        let seat = Seat(id: id, channel: request.channel, session: request.session, name: name)
        room.members[id] = seat.member.name
        rooms[request.channel] = room
        count += 1
        if let session = seat.sessionKey { sessions.open(session, now: now) }
        return Arrival(
            seat: seat,
            channel: room.channel,
            welcome: request.session.map { session in
                Welcome(
                    position: PositionText(number: 0),
                    recovered: false,
                    member: seat.member,
                    session: session.description,
                    channel: request.channel.text,
                    count: room.members.count,
                    members: room.introduced
                )
            },
            problem: request.name != nil && name == nil ? Self.tooManyAlike : request.problem,
            announcement: Self.announcement(ServerObject.joined, seat.member, room),
            total: count
        )
    }

    /// A member that has gone.
    struct Departure: Sendable {
        /// What those who are left are told, if anything.
        let announcement: ServerObject?
        /// The number of members of all channels.
        let total: Int
    }

    /// Lets a member go, and the channel with its last one; nil when it has gone already.
    mutating func leave(_ seat: Seat, now: ContinuousClock.Instant) -> Departure? {
        guard var room = rooms.removeValue(forKey: seat.channel) else { return nil }
        defer { if !room.members.isEmpty { rooms[seat.channel] = room } }
        guard room.members.removeValue(forKey: seat.id) != nil else { return nil }
        count -= 1
        if seat.isNamed { room.names.release(seat.member.name) }
        if let session = seat.sessionKey { sessions.close(session, now: now) }
        return Departure(
            announcement: room.members.isEmpty ? nil : Self.announcement(ServerObject.left, seat.member, room),
            total: count
        )
    }

    private static func announcement(
        _ object: (Presence) -> ServerObject,
        _ member: Member,
        _ room: Room
    ) -> ServerObject? {
        room.members.count > maximumIntroduced ? nil : object(Presence(member: member, count: room.members.count))
    }

    // MARK: Names

    /// Gives a member another name, or none.
    ///
    /// - Returns: what all members are to be told; nil when it has left.
    /// - Throws: a problem when too many have that name. The member keeps the one it had.
    mutating func rename(_ seat: inout Seat, to name: MemberName?) throws(Problem) -> Renaming? {
        guard var room = rooms.removeValue(forKey: seat.channel) else { return nil }
        defer { rooms[seat.channel] = room }
        guard room.members[seat.id] != nil else { return nil }
        // Claimed before the old one is given back, which might be the same.
        let claimed = name.flatMap { room.names.claim($0, for: Self.holder(seat.id, seat.session)) }
        if name != nil && claimed == nil { throw Self.tooManyAlike }
        let old = seat.member.name
        if seat.isNamed { room.names.release(old) }
        seat.take(claimed)
        room.members[seat.id] = seat.member.name
        return Renaming(member: seat.member, was: old)
    }

    private static var tooManyAlike: Problem {
        Problem(.badName, "Too many members have this name: choose another one.")
    }

    private static func holder(_ id: ClientID, _ session: SessionID?) -> NameRegister.Holder {
        session.map(NameRegister.Holder.session) ?? .member(id)
    }

    // MARK: Keys

    /// Remembers the key of a message if it is new, and tells what was known of it: only a new one is to be sent, and then
    /// confirmed.
    mutating func take(key: String, in session: SessionRegister.Key) -> KeyMemory.Message {
        sessions.take(key, in: session)
    }

    /// Remembers the id that a message got, also when its sender has left meanwhile.
    mutating func confirm(key: String, id: UInt64, in session: SessionRegister.Key) {
        sessions.confirm(key, id: id, in: session)
    }
}
