/// What tokens have granted whose signatures were verified, by what SHA-256 makes of them, until they expire. The ones that
/// were used longest ago give way.
struct GrantCache: Sendable {
    static let maximumCount = 10_000
    /// Of the tokens; what they grant takes about as much as they have said.
    static let maximumBytes = 16 << 20

    private struct Entry: Sendable {
        let grant: Grant
        let byteCount: Int
    }

    private var entries = RecencyMap<SHA256Digest, Entry>()
    private(set) var byteCount = 0
    /// How many have a name, in the form in which names are compared.
    private var names: [String: Int] = [:]

    var count: Int { entries.count }

    /// - Parameter byteCount: of the token.
    mutating func insert(_ grant: Grant, for digest: SHA256Digest, byteCount: Int) {
        remove(digest)
        entries[digest] = Entry(grant: grant, byteCount: byteCount)
        self.byteCount += byteCount
        if let name = grant.name { names[PrintableText.folded(name.text), default: 0] += 1 }
        while entries.count > Self.maximumCount || self.byteCount > Self.maximumBytes {
            guard let oldest = entries.removeFirst() else { return }
            forget(oldest.value)
        }
    }

    /// Whether one of them has a name, in the form in which names are compared.
    func hasName(_ folded: String) -> Bool { names[folded] != nil }

    private mutating func forget(_ entry: Entry) {
        byteCount -= entry.byteCount
        guard let name = entry.grant.name.map({ PrintableText.folded($0.text) }), let count = names[name] else {
            return
        }
        names[name] = count > 1 ? count - 1 : nil
    }

    /// What a token grants, whether it has expired or not.
    mutating func grant(for digest: SHA256Digest) -> Grant? {
        guard let entry = entries[digest] else { return nil }
        entries.touch(digest)
        return entry.grant
    }

    mutating func removeAll(where isGone: (Grant) -> Bool) {
        for digest in entries.keys where entries[digest].map({ isGone($0.grant) }) ?? false { remove(digest) }
    }

    mutating func remove(_ digest: SHA256Digest) {
        if let entry = entries.removeValue(forKey: digest) { forget(entry) }
    }
}
