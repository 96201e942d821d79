/// The keys of those who may make tokens.
struct KeySet: Sendable {
    /// So many signatures are computed at most for a token that does not say whose it is.
    static let maximumCount = 32

    private(set) var keys: [VerificationKey] = []

    var isEmpty: Bool { keys.isEmpty }

    init() {}

    /// - Throws: a fault in the last of the files that the keys are from, when they are too many.
    init(_ keys: [VerificationKey], from files: [String] = []) throws(FileFaults) {
        guard keys.count <= Self.maximumCount else {
            throw FileFaults(
                files.last ?? "",
                "There are \(keys.count) keys in all: there may be \(Self.maximumCount)."
            )
        }
        self.keys = keys
    }

    /// Those that a token may be signed with: of the name that it says, or of any when it says none. A key without a name
    /// serves for names that no other one has, since a PEM file cannot say one.
    ///
    /// - Parameter id: the `kid` of the token.
    func candidates(_ algorithm: SignatureAlgorithm, id: String?) -> [VerificationKey] {
        let fitting = keys.filter { $0.algorithms.contains(algorithm) }
        guard let id else { return fitting }
        // As bytes: a name is no text for people.
        let named = keys.contains { $0.id.map { $0.utf8.elementsEqual(id.utf8) } ?? false }
        return fitting.filter { key in
            named ? key.id.map { $0.utf8.elementsEqual(id.utf8) } ?? false : key.id == nil
        }
    }
}
