/// Whose a session is: nobody else goes on with it, though they may know what it is called.
struct SessionOwner: Sendable, Equatable {
    static let nobody = SessionOwner()

    /// nil for one without a token, or whose token names nobody.
    var subject: String?
    /// Whether the name in the channel is what the token says, and not for others to have.
    var isNameFixed = false

    private init() {}

    /// As far as its session says so.
    init(of session: SessionID) {
        isNameFixed = session.isNameFixed
    }

    init(_ grant: Grant) {
        subject = grant.subject
        isNameFixed = grant.name != nil
    }
}

/// The last bits of a session say whose it is, so that it can be told wherever sessions are kept:
///
/// | bits | |
/// |---|---|
/// | 2 to 31 | of one with a subject, a hash of it and of the other bits |
/// | 1 | it has a subject |
/// | 0 | its name is fixed by a token |
extension SessionID {
    /// The session with these bits, as it is called when it is somebody's.
    func owned(by owner: SessionOwner) -> SessionID {
        var low = self.low & ~0b11
        if let subject = owner.subject { low = low & ~0xFFFF_FFFF | mark(of: subject) << 2 | 0b10 }
        if owner.isNameFixed { low |= 0b01 }
        return SessionID(high: high, low: low)
    }

    func belongs(to owner: SessionOwner) -> Bool { self == owned(by: owner) }

    /// Whether its name is what a token says.
    var isNameFixed: Bool { low & 0b01 != 0 }

    private func mark(of subject: String) -> UInt64 {
        var hash = StableHash()
        hash.combine(subject.utf8)
        for word in [high, low >> 32] {
            hash.combine(stride(from: 0, to: 64, by: 8).map { UInt8(truncatingIfNeeded: word >> $0) })
        }
        return hash.value >> 34
    }
}
