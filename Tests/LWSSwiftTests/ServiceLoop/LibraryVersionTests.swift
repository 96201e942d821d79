import Testing

@testable import LWSSwift

@Suite struct LibraryVersionTests {
    @Test(arguments: [
        ("4.1.6", LibraryVersion(4, 1, 6)), ("4.1.6-", LibraryVersion(4, 1, 6)),
        ("4.3.5-v4.3.5", LibraryVersion(4, 3, 5)), ("4.3.10-unknown", LibraryVersion(4, 3, 10)),
        ("5.0.0-v5.0.0-9-gb1a2c3d", LibraryVersion(5, 0, 0)), ("4.3", nil), ("", nil), ("v4.3.5", nil), ("4.3.x", nil),
    ])
    func `a version is read from what libwebsockets says of itself`(text: String, version: LibraryVersion?) {
        #expect(LibraryVersion(text: text) == version)
    }

    @Test func `a version is read from the number of the headers, and these tests run with headers that fit`() {
        #expect(LibraryVersion(number: 4_003_010) == LibraryVersion(4, 3, 10))
        #expect(LibraryVersion.refusal(headers: .headers, library: .loaded) == nil)
    }

    @Test(arguments: [
        (LibraryVersion(4, 1, 6), LibraryVersion(4, 1, 6)), (LibraryVersion(4, 3, 3), LibraryVersion(4, 3, 5)),
        (LibraryVersion(4, 3, 5), LibraryVersion(4, 3, 3)),
    ])
    func `headers and library of one minor version go together`(headers: LibraryVersion, library: LibraryVersion) {
        #expect(LibraryVersion.refusal(headers: headers, library: library) == nil)
    }

    @Test(arguments: [
        (LibraryVersion(4, 1, 6), LibraryVersion(4, 3, 5)), (LibraryVersion(4, 3, 5), LibraryVersion(4, 1, 6)),
        (LibraryVersion(4, 5, 8), LibraryVersion(5, 0, 0)),
    ])
    func `headers of another version than the library are refused, with both and what to do`(
        headers: LibraryVersion,
        library: LibraryVersion
    ) throws {
        let sentence = try #require(LibraryVersion.refusal(headers: headers, library: library))
        #expect(sentence.contains("the headers of libwebsockets \(headers), and \(library) is what was loaded"))
        #expect(sentence.contains("build again"))
    }

    @Test func `a library that is too old, or does not tell its version, is refused`() throws {
        for library in [LibraryVersion(4, 1, 5), LibraryVersion(0, 0, 0)] {
            let sentence = try #require(LibraryVersion.refusal(headers: LibraryVersion(4, 1, 6), library: library))
            #expect(sentence.contains("4.1.6 or newer is needed, and \(library) is what was loaded"))
        }
    }

    @Test(arguments: [
        (LibraryVersion(4, 3, 3), false), (LibraryVersion(4, 3, 4), true), (LibraryVersion(4, 3, 6), true),
        (LibraryVersion(4, 3, 7), false), (LibraryVersion(4, 4, 0), true), (LibraryVersion(4, 4, 2), false),
    ])
    func `only some versions forget the descriptor that wakes them`(version: LibraryVersion, forgets: Bool) {
        #expect(version.forgetsWakeUp == forgets)
    }
}
