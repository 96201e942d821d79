import Testing

@testable import broadcast_server

/// Which log a stream is.
@Suite struct LogEpochTests {
    @Test func `a stream is known by what it says of itself, whenever a server says that it was made`() {
        let epoch = LogEpoch(rawValue: 1_790_000_000_123_456_789)
        #expect(epoch.description == "Log of broadcast-server, begun at 1790000000123456789")
        for created: Int64 in [0, 1_790_000_000_223_456_789, -1] {
            #expect(LogEpoch(description: epoch.description, created: created) == epoch)
        }
    }

    @Test(arguments: [
        "", "Chat", "Log of broadcast-server, begun at ", "Log of broadcast-server, begun at 18446744073709551616",
        "log of broadcast-server, begun at 1", "Log of broadcast-server, begun at 1.5",
    ])
    func `one that does not say it is known by the time of its making`(_ description: String) {
        #expect(LogEpoch(description: description, created: 17).rawValue == 17)
    }
}
