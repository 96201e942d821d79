/// Who is in which channel, under which name: takes in and lets go, and says what the others are to be told.
///
/// It is plain logic: no input or output, no lock, no clock, no randomness. `Channel` is whatever reaches the members of a
/// channel, such as a broadcast group; a test uses a string. Memory is bounded by the number of connections, of which
/// each is in one channel, and by the bounds of ``SessionRegister``.
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

    private struct Seat: Sendable {
        let channel: ChannelName
        let session: SessionID?
        /// The name as given by the room's register; nil for one that goes by the id.
        var name: String?
    }

    private var rooms: [ChannelName: Room] = [:]
    private var seats: [ClientID: Seat] = [:]
    private var sessions = SessionRegister()
    private var lastNumber: UInt64 = 0

    /// The number of members of all channels.
    var count: Int { seats.count }
    /// The number of channels that have members.
    var channelCount: Int { rooms.count }

    // MARK: Coming and going

    /// A member that was taken in.
    struct Arrival: Sendable {
        let member: Member
        let channel: Channel
        /// Where its keys are remembered; nil for one of plain text.
        let session: SessionRegister.Key?
        /// What the member itself is told; nil for one of plain text.
        let welcome: Welcome?
        /// Whether it has a name of its own.
        let isNamed: Bool
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
        let member = Member(id: id, name: Self.shown(name, id))
        room.members[id] = member.name
        rooms[request.channel] = room
        seats[id] = Seat(channel: request.channel, session: request.session, name: name)
        let session = request.session.map { SessionRegister.Key(channel: request.channel, id: $0) }
        if let session { sessions.open(session, now: now) }
        return Arrival(
            member: member,
            channel: room.channel,
            session: session,
            welcome: session.map { session in
                Welcome(
                    id: id,
                    session: session.id.description,
                    channel: request.channel.text,
                    name: member.name,
                    count: room.members.count,
                    members: room.introduced
                )
            },
            isNamed: name != nil,
            problem: request.name != nil && name == nil ? Self.tooManyAlike : request.problem,
            announcement: Self.announcement(ServerObject.joined, member, room),
            total: seats.count
        )
    }

    /// A member that has gone.
    struct Departure: Sendable {
        /// What those who are left are told, if anything.
        let announcement: ServerObject?
        /// The number of members of all channels.
        let total: Int
    }

    /// Lets a member go, and the channel with its last one; nil when there is none of that id.
    mutating func leave(_ id: ClientID, now: ContinuousClock.Instant) -> Departure? {
        guard let seat = seats.removeValue(forKey: id), var room = rooms.removeValue(forKey: seat.channel) else {
            return nil
        }
        room.members[id] = nil
        if let name = seat.name { room.names.release(name) }
        if !room.members.isEmpty { rooms[seat.channel] = room }
        if let session = seat.session { sessions.close(.init(channel: seat.channel, id: session), now: now) }
        let member = Member(id: id, name: Self.shown(seat.name, id))
        return Departure(
            announcement: room.members.isEmpty ? nil : Self.announcement(ServerObject.left, member, room),
            total: seats.count
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
    /// - Returns: what all members are to be told; nil when there is no member of that id.
    /// - Throws: a problem when too many have that name. The member keeps the one it had.
    mutating func rename(_ id: ClientID, to name: MemberName?) throws(Problem) -> Renaming? {
        guard let seat = seats[id], var room = rooms.removeValue(forKey: seat.channel) else { return nil }
        defer { rooms[seat.channel] = room }
        // Claimed before the old one is given back, which might be the same.
        let claimed = name.flatMap { room.names.claim($0, for: Self.holder(id, seat.session)) }
        if name != nil && claimed == nil { throw Self.tooManyAlike }
        if let old = seat.name { room.names.release(old) }
        let member = Member(id: id, name: Self.shown(claimed, id))
        room.members[id] = member.name
        seats[id]?.name = claimed
        return Renaming(member: member, was: Self.shown(seat.name, id))
    }

    private static var tooManyAlike: Problem {
        Problem(.badName, "Too many members have this name: choose another one.")
    }

    private static func holder(_ id: ClientID, _ session: SessionID?) -> NameRegister.Holder {
        session.map(NameRegister.Holder.session) ?? .member(id)
    }

    private static func shown(_ name: String?, _ id: ClientID) -> String {
        name ?? "Client \(id)"
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
