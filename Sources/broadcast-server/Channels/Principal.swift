import LWSSwift

/// Who asks for something, as far as the server knows.
struct Principal: Sendable, Equatable {
    /// What it has a share of, together with all who come from there.
    let share: AddressShare
    /// What its token grants; nil for one without a token.
    var grant: Grant?

    init(address: SocketAddress?, _ grant: Grant? = nil) {
        share = AddressShare(address)
        self.grant = grant.flatMap { $0.source == .nothing ? nil : $0 }
    }

    /// Who it is, by its token; nil for nobody in particular.
    var subject: String? { grant?.subject }
}
