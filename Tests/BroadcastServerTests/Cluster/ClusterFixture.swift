import TestSupport

@testable import broadcast_server

/// Chat servers in the tests' own process that share a log of either kind.
struct ClusterFixture: Sendable {
    let fixture: LogFixture
    let nodes: [LocalChat]

    /// Runs `body` with so many nodes, which have come one after the other.
    static func with(
        _ kind: LogFixture.Kind,
        nodes count: Int = 2,
        threads: Int = 1,
        _ settings: ChatSettings = ChatSettings(),
        _ body: (ClusterFixture) async throws -> Void
    ) async throws {
        let fixture = try await LogFixture.make(kind)
        var nodes: [LocalChat] = []
        for _ in 0..<count {
            nodes.append(try await LocalChat.start(threads: threads, settings, log: try await fixture.open()))
        }
        defer { withExtendedLifetime(fixture) {} }
        do {
            try await body(ClusterFixture(fixture: fixture, nodes: nodes))
        } catch {
            for node in nodes { await node.end() }
            throw error
        }
        for node in nodes { await node.end() }
    }

    /// A member of a node.
    func connected(_ node: Int, _ path: String = "/", session: String? = nil) async throws -> JSONPeer {
        try await JSONPeer.connected(to: nodes[node].port, path, session: session)
    }
}
