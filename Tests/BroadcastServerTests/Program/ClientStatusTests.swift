import Foundation
import TestSupport
import Testing

@testable import broadcast_server

/// A client of a server whose cluster is away.
@Suite(.timeLimit(.minutes(1))) struct ClientStatusTests {
    private func refuse(_ key: String, by peer: ChatPeer) async throws {
        try await peer.send(.error(Problem(.unavailable, "The cluster takes nothing just now.", key: key)))
    }

    @Test func `what is refused meanwhile is sent again under its key when the cluster is back`() async throws {
        let listener = try RawListener()
        let client = try RunningProgram(["connect", listener.url, "--send", "one", "--send", "two", "--send", "three"])
        let peer = try await ChatPeer.accept(listener)
        var keys: [String] = []
        for _ in 1...3 { keys.append(try await peer.nextMessage().key) }
        try await peer.send(.status(.away("nobody leads")))
        try await refuse(keys[0], by: peer)
        try await peer.acknowledge(keys[1])
        try await refuse(keys[2], by: peer)
        try await client.waitForError("it is sent again")
        try await peer.send(.status(.back))
        #expect(try await peer.nextMessage() == ("one", keys[0]))
        #expect(try await peer.nextMessage() == ("three", keys[2]))
        try await peer.acknowledge(keys[0])
        try await peer.acknowledge(keys[2])
        try await peer.endOfClient()
        #expect(try await client.exitCode() == 0)
        #expect(client.error.contains("The cluster takes nothing just now: nobody leads."))
        #expect(client.error.contains("The cluster is there again."))
        #expect(client.error.components(separatedBy: "it is sent again").count == 2)
    }

    @Test func `what is refused for the time being is sent again without a word of the server`() async throws {
        let listener = try RawListener()
        let client = try RunningProgram(["publish", listener.url, "one"])
        let peer = try await ChatPeer.accept(listener)
        let key = try await peer.nextMessage().key
        for _ in 1...2 {
            try await refuse(key, by: peer)
            #expect(try await peer.nextMessage() == ("one", key))
        }
        try await peer.acknowledge(key)
        try await peer.endOfClient()
        #expect(try await client.exitCode() == 0)
    }

    @Test func `the objects are passed on, and are no messages`() async throws {
        let listener = try RawListener()
        let client = try RunningProgram(["connect", listener.url, "--json", "--count", "1"])
        let peer = try await ChatPeer.accept(listener)
        try await peer.send(.status(.away("nobody leads")))
        try await peer.send(.status(.back))
        try await peer.say("hi", "1.1")
        try await peer.endOfClient()
        #expect(try await client.exitCode() == 0)
        let types = client.output.split(separator: "\n").map { $0.contains(#""type":"status""#) }
        #expect(types == [false, true, true, false])
    }
}
