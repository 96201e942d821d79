import LWSSwift

/// Who asks for something, as far as the server knows.
struct Principal: Sendable, Equatable {
    /// What it has a share of, together with all who come from there.
    let share: AddressShare

    init(address: SocketAddress?) {
        share = AddressShare(host: address?.port == nil ? nil : address?.host)
    }
}
