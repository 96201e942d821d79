/// A place in the order of a channel, as it stands on the wire: `<epoch>.<number>`.
///
/// A client takes it as it is, keeps the latest, and shows it when it comes back; it never computes with it. A client may
/// have sent anything here: the server makes a position of it, or fails to.
struct PositionText: RawRepresentable, Sendable, Hashable, Codable {
    let rawValue: String
}

extension PositionText: ExpressibleByStringLiteral, CustomStringConvertible {
    init(stringLiteral text: String) {
        rawValue = text
    }

    var description: String { rawValue }
}
