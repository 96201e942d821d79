/// Why somebody is not let in just now, because of what others, or itself, have of the server already.
enum Refusal: Sendable, Equatable, CaseIterable {
    /// All together have as many connections as there may be.
    case full
    /// The address has as many connections as one may have.
    case addressIsFull
    /// The address comes too often.
    case tooOften
    /// There are as many channels as there may be.
    case tooManyChannels
    /// The address has made as many channels as one may.
    case addressHasTooManyChannels
    /// Messages come faster than they may.
    case tooFast

    /// For people.
    var explanation: String {
        switch self {
        case .full: "The server is full: come back later."
        case .addressIsFull: "There are too many connections from your address: close some, or come back later."
        case .tooOften: "There are too many new connections from your address: come back later."
        case .tooManyChannels: ChatService.tooManyChannels
        case .addressHasTooManyChannels: "Your address has made too many channels: use an existing one."
        case .tooFast: "These are more messages than may come in this time: send them again later."
        }
    }

    /// Whether it is the address that has too much, or the server.
    var isOfAddress: Bool {
        switch self {
        case .full, .tooManyChannels: false
        case .addressIsFull, .tooOften, .addressHasTooManyChannels, .tooFast: true
        }
    }
}
