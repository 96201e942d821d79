/// Why something from the client was not taken.
struct Problem: Error, Sendable, Equatable, Codable {
    /// Open, as later servers may have further codes.
    struct Code: RawRepresentable, Sendable, Hashable, Codable {
        let rawValue: String

        static let badObject = Code(rawValue: "bad-object")
        static let unknownType = Code(rawValue: "unknown-type")
        static let badField = Code(rawValue: "bad-field")
        static let badName = Code(rawValue: "bad-name")
        static let badPosition = Code(rawValue: "bad-position")
        static let tooOften = Code(rawValue: "too-often")
        static let notStored = Code(rawValue: "not-stored")
        static let unavailable = Code(rawValue: "unavailable")
    }

    var code: Code
    /// One line for people.
    var message: String
    /// Of the message that was not taken, if it had a valid one.
    var key: String?

    init(_ code: Code, _ message: String, key: String? = nil) {
        self.code = code
        self.message = message
        self.key = key
    }
}
