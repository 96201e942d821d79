/// What somebody was granted: who it is, and what it may do, as long as that holds.
struct Grant: Sendable, Equatable {
    /// What it was granted for.
    enum Source: Sendable, Equatable {
        /// Nothing: it is what everybody may.
        case nothing
        /// A token of the server's file.
        case file(SHA256Digest)
        /// A token that somebody has signed, and what that is called by, if anything (`jti`).
        case signed(id: String?)
    }

    var source: Source
    /// Who it is, for limits, logs and revocation; nil for somebody unknown.
    var subject: String?
    /// What it is called in every channel; nil for one that may choose.
    var name: MemberName?
    /// What its token says.
    var rights: Rights
    /// What everybody may. It may that, too: to leave the token out would give the same.
    var everybody = Rights.none
    /// What was found right of a signed token; nil for any other.
    var evidence: TokenEvidence?
    /// When it ends, as its token says; it is heeded for as long beyond that as clocks may differ (``TokenRules/leeway``). nil
    /// for one that does not end by itself.
    var expiry: NumericDate?

    /// What it may do in a channel.
    func rights(in channel: ChannelName) -> ChannelRights {
        rights.in(channel).union(everybody.in(channel))
    }
}
