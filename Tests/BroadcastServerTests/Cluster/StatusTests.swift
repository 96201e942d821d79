import Foundation
import TestSupport
import Testing

@testable import broadcast_server

/// What is told when a node loses its cluster, and when it has it again.
@Suite(.timeLimit(.minutes(1))) struct StatusTests {
    private static let reason = "no server leads the stream"

    /// Runs `body` with one node, and its way to the log.
    private func withNode(_ body: (LocalChat, MemoryLog.Way) async throws -> Void) async throws {
        let way = MemoryLog().open()
        let node = try await LocalChat.start(log: way)
        do {
            try await body(node, way)
        } catch {
            await node.end()
            throw error
        }
        await node.end()
    }

    /// The two lines of the answer, with its status in front.
    private func health(_ node: LocalChat) async throws -> (status: String, sign: Substring) {
        let http = try HTTPPeer(port: node.port)
        let answer = try await http.get("/healthz")
        let lines = answer.body.split(separator: "\n", omittingEmptySubsequences: false)
        try #require(lines.count == 3 && lines[2].isEmpty)
        return ("\(answer.status) \(lines[0])", lines[1])
    }

    private func status(_ node: LocalChat) async throws -> String {
        try await health(node).status
    }

    /// How long ago the cluster has given its last sign of life.
    private func silence(_ node: LocalChat) async throws -> Duration {
        let sign = try await health(node).sign
        let match = try #require(try /last sign of the cluster: (\d+) ms ago/.wholeMatch(in: sign))
        return .milliseconds(try #require(Int(match.1)))
    }

    @Test func `members are told in every channel, and so is who asks for the health of the node`() async throws {
        try await withNode { node, way in
            let members = [
                try await JSONPeer.connected(to: node.port), try await JSONPeer.connected(to: node.port, "/team"),
            ]
            #expect(try await status(node) == "200 ok")
            way.goAway(Self.reason)
            for member in members {
                let status = try await member.nextStatus()
                #expect(status == .away(Self.reason))
                #expect(status.message == "The cluster takes nothing just now: \(Self.reason).")
            }
            #expect(try await status(node) == "503 no cluster: \(Self.reason)")
            way.comeBack()
            for member in members { #expect(try await member.nextStatus() == .back) }
            #expect(try await status(node) == "200 ok")
        }
    }

    @Test func `the health of a node tells how long ago the cluster gave its last sign`() async throws {
        try await withNode { node, way in
            var silences = [try await silence(node)]
            way.goAway(Self.reason, since: .now - .seconds(90))
            silences.append(try await silence(node))
            way.comeBack()
            silences.append(try await silence(node))
            #expect(silences[0] < .seconds(30) && silences[1] >= .seconds(90) && silences[2] < .seconds(30))
        }
    }

    @Test func `those who only listen are told by an event, and members of plain text nothing`() async throws {
        try await withNode { node, way in
            let plain = try await RawPeer.upgraded(port: node.port, path: "/")
            let listeners = [
                try await EventListener.connected(to: node.port, "/").listener,
                try await EventListener.connected(to: node.port, "/?form=json").listener,
            ]
            way.goAway(Self.reason)
            way.comeBack()
            for listener in listeners {
                #expect(try await listener.next("status").object() == .status(.away(Self.reason)))
                #expect(try await listener.next("status").object() == .status(.back))
            }
            let speaker = try await RawPeer.upgraded(port: node.port, path: "/?name=ann")
            try await speaker.send(.text("hi"))
            #expect(try await plain.receive() == .text("ann: hi"))
        }
    }

    @Test func `what is refused meanwhile may be sent again with its key, and is taken once`() async throws {
        try await withNode { node, way in
            let (ann, bob) = (
                try await JSONPeer.connected(to: node.port), try await JSONPeer.connected(to: node.port)
            )
            way.goAway(Self.reason)
            #expect(try await ann.nextStatus() == .away(Self.reason))
            try await ann.send(.message(text: "hi", key: "k"))
            let problem = try await ann.next { if case .error(let problem) = $0 { problem } else { nil } }
            #expect(problem.code == .unavailable && problem.key == "k")
            way.comeBack()
            #expect(try await ann.nextStatus() == .back)
            for isDuplicate in [false, true] {
                try await ann.send(.message(text: "hi", key: "k"))
                #expect(try await ann.nextAcknowledgement().isDuplicate == isDuplicate)
            }
            try await ann.send(.message(text: "after", key: "l"))
            let heard = [try await bob.nextMessage().text, try await bob.nextMessage().text]
            #expect(heard == ["hi", "after"])
        }
    }
}

extension JSONPeer {
    /// The next status; other objects are passed over.
    fileprivate func nextStatus() async throws -> Status {
        try await next { if case .status(let status) = $0 { status } else { nil } }
    }
}
