/// What somebody with a token goes by: a grant that is kept once for all who refer to it.
final class Pass: Sendable, Equatable {
    let grant: Grant

    init(_ grant: Grant) {
        self.grant = grant
    }

    static func == (one: Pass, other: Pass) -> Bool { one === other || one.grant == other.grant }
}
