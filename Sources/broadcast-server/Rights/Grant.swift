/// What somebody was granted: who it is, and what it may do, as long as that holds.
///
/// It goes through many hands with each client that comes: all of it is one reference, and is made anew when it changes.
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

    struct Content: Sendable, Equatable {
        var source: Source
        /// Who it is, for limits, logs and revocation; nil for somebody unknown.
        var subject: String?
        /// What it is called in every channel; nil for one that may choose.
        var name: MemberName?
        /// What its token says.
        var rights: Rights
        /// What everybody may. It may that, too: to leave the token out would give the same.
        var everybody: Rights
        /// What was found right of a signed token; nil for any other.
        var evidence: TokenEvidence?
        /// When it ends, as its token says; it is heeded for as long beyond that as clocks may differ
        /// (``TokenRules/leeway``). nil for one that does not end by itself.
        var expiry: NumericDate?
    }

    private final class Box: Sendable {
        let content: Content

        init(_ content: Content) {
            self.content = content
        }
    }

    private var box: Box

    /// With something changed.
    func with(_ change: (inout Content) -> Void) -> Grant {
        var grant = self
        var content = box.content
        change(&content)
        grant.box = Box(content)
        return grant
    }

    init(
        source: Source,
        subject: String? = nil,
        name: MemberName? = nil,
        rights: Rights,
        everybody: Rights = .none,
        expiry: NumericDate? = nil
    ) {
        box = Box(
            Content(
                source: source,
                subject: subject,
                name: name,
                rights: rights,
                everybody: everybody,
                evidence: nil,
                expiry: expiry
            )
        )
    }

    var source: Source { box.content.source }
    var subject: String? { box.content.subject }
    var name: MemberName? { box.content.name }
    var rights: Rights { box.content.rights }
    var everybody: Rights { box.content.everybody }
    var evidence: TokenEvidence? { box.content.evidence }
    var expiry: NumericDate? { box.content.expiry }

    /// What it may do in a channel.
    func rights(in channel: ChannelName) -> ChannelRights {
        box.content.rights.in(channel).union(box.content.everybody.in(channel))
    }

    static func == (one: Grant, other: Grant) -> Bool {
        one.box === other.box || one.box.content == other.box.content
    }
}
