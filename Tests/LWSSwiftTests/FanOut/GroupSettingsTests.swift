import LWSSwift
import Testing

@Suite struct GroupSettingsTests {
    @Test func `the defaults hold together, and so does what is without limit`() throws {
        try BroadcastGroup.Configuration().validate()
        let policy = SlowMemberPolicy(
            maximumBytesBehind: .max,
            maximumTimeBehind: nil,
            publishersWaitAboveBytes: nil,
            progressGrace: .seconds(Int64.max)
        )
        try BroadcastGroup.Configuration(slowMembers: policy, compression: nil, maximumRelayBytes: .max).validate()
    }

    static let wrong: [(String, @Sendable (inout BroadcastGroup.Configuration) -> Void)] = [
        ("formats", { $0.formats = 0 }),
        ("formats", { $0.formats = .max }),
        ("maximumRelayBytes", { $0.maximumRelayBytes = -1 }),
        ("slowMembers.maximumBytesBehind", { $0.slowMembers.maximumBytesBehind = 0 }),
        ("slowMembers.maximumTimeBehind", { $0.slowMembers.maximumTimeBehind = .zero }),
        ("slowMembers.publishersWaitAboveBytes", { $0.slowMembers.publishersWaitAboveBytes = -1 }),
        ("slowMembers.progressGrace", { $0.slowMembers.progressGrace = .milliseconds(-1) }),
        ("compression.level", { $0.compression?.level = 10 }),
        ("compression.minimumBytes", { $0.compression?.minimumBytes = -1 }),
    ]

    @Test(arguments: wrong)
    func `a setting that cannot be meant is refused by name`(
        name: String,
        change: @Sendable (inout BroadcastGroup.Configuration) -> Void
    ) {
        var configuration = BroadcastGroup.Configuration()
        change(&configuration)
        #expect { try configuration.validate() } throws: { error in
            (error as? WebSocketError)?.code == .invalidConfiguration && "\(error)".contains(name)
        }
    }

    @Test func `a group traps on such settings, and says which`() async throws {
        let result = try await #require(processExitsWith: .failure, observing: [\.standardErrorContent]) {
            let loop = try await ServiceLoop.start()
            _ = BroadcastGroup(on: loop, .init(slowMembers: .init(maximumBytesBehind: -1)))
        }
        #expect(String(decoding: result.standardErrorContent, as: UTF8.self).contains("maximumBytesBehind"))
    }
}
