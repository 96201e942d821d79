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

    var count: Int { entries.count }

    /// - Parameter byteCount: of the token.
    mutating func insert(_ grant: Grant, for digest: SHA256Digest, byteCount: Int) {
        remove(digest)
        entries[digest] = Entry(grant: grant, byteCount: byteCount)
        self.byteCount += byteCount
        while entries.count > Self.maximumCount || self.byteCount > Self.maximumBytes {
            guard let oldest = entries.removeFirst() else { return }
            self.byteCount -= oldest.value.byteCount
        }
    }

    /// What a token grants, whether it has expired or not.
    mutating func grant(for digest: SHA256Digest) -> Grant? {
        guard let entry = entries[digest] else { return nil }
        entries.touch(digest)
        return entry.grant
    }

    mutating func remove(_ digest: SHA256Digest) {
        guard let entry = entries.removeValue(forKey: digest) else { return }
        byteCount -= entry.byteCount
    }
}
