import Testing

@testable import broadcast_server

@Suite struct GrantCacheTests {
    private func digest(_ number: Int) -> SHA256Digest { SHA256Digest(of: "\(number)".utf8) }
    private func grant(_ subject: String) -> Grant { Grant(source: .signed(id: nil), subject: subject, rights: .none) }

    /// Whose token is in it.
    private func subject(_ cache: inout GrantCache, _ number: Int) -> String? {
        cache.grant(for: digest(number))?.subject
    }

    @Test func `what was put in is found, until it is taken out`() {
        var cache = GrantCache()
        cache.insert(grant("ann"), for: digest(1), byteCount: 10)
        #expect(subject(&cache, 1) == "ann")
        #expect(subject(&cache, 2) == nil)
        cache.insert(grant("bob"), for: digest(1), byteCount: 20)
        #expect(subject(&cache, 1) == "bob")
        #expect(cache.byteCount == 20)
        cache.remove(digest(1))
        cache.remove(digest(1))
        #expect(subject(&cache, 1) == nil)
        #expect(cache.count == 0 && cache.byteCount == 0)
    }

    @Test func `those used longest ago give way when there are too many`() {
        var cache = GrantCache()
        for number in 0..<GrantCache.maximumCount { cache.insert(grant("x"), for: digest(number), byteCount: 1) }
        #expect(subject(&cache, 0) != nil)
        cache.insert(grant("x"), for: digest(-1), byteCount: 1)
        #expect(cache.count == GrantCache.maximumCount)
        #expect(subject(&cache, 0) != nil)
        #expect(subject(&cache, 1) == nil)
    }

    @Test func `and when they are too large`() {
        var cache = GrantCache()
        let size = SignedToken.maximumBytes
        for number in 0...(GrantCache.maximumBytes / size) {
            cache.insert(grant("x"), for: digest(number), byteCount: size)
        }
        #expect(cache.byteCount == GrantCache.maximumBytes)
        #expect(subject(&cache, 0) == nil)
        #expect(subject(&cache, 1) != nil)
    }
}
