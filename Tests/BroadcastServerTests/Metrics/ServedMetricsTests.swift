import LWSSwift
import TestSupport
import Testing

@testable import broadcast_server

/// The numbers of a server that is in use.
@Suite(.timeLimit(.minutes(2))) struct ServedMetricsTests {
    /// The sum of all samples of a family that have these labels.
    private static func sum(_ name: String, _ labels: [String: String] = [:], in families: [MetricFamily]) -> Int {
        let samples = families.first { $0.name == "broadcast_server_" + name }?.samples ?? []
        return samples.reduce(0) { sum, sample in
            guard labels.allSatisfy({ sample.labels.contains(.init($0.key, $0.value)) }) else { return sum }
            return switch sample.value {
            case .number(let value): sum + Int(value)
            case .histogram(let histogram): sum + histogram.count
            }
        }
    }

    private static func isBalanced(_ families: [MetricFamily]) -> Bool {
        func sum(_ name: String) -> Int { Self.sum("deliveries_" + name, in: families) }
        return sum("due") == sum("sent") + sum("lost") + sum("in_flight")
    }

    /// Waits until the numbers are as they should be.
    private static func families(
        of chat: LocalChat,
        until isSo: ([MetricFamily]) -> Bool
    ) async throws -> [MetricFamily] {
        let deadline = ContinuousClock.now + .seconds(20)
        while true {
            let families = await chat.metrics.families()
            if isSo(families) || .now > deadline { return families }
            await Task.yield()
        }
    }

    @Test(arguments: [1, 2])
    func `every delivery is sent, lost or in flight at every look, and none is in flight at the end`(
        threads: Int
    ) async throws {
        var settings = ChatSettings()
        settings.slowClients.action = .dropOldest
        settings.slowClients.maximumBytesBehind = 1 << 20
        settings.slowClients.publishersWaitAboveBytes = nil
        let chat = try await LocalChat.start(threads: threads, settings)
        let readers = try await (0..<4).asyncMap { _ in try await RawPeer.upgraded(port: chat.port) }
        let listener = try await EventListener.asking(chat.port)
        // One that does not read, and one that goes in the middle.
        let sleeper = try await RawPeer.upgraded(port: chat.port, receiveBuffer: 4_096)
        let leaver = try await RawPeer.upgraded(port: chat.port)
        let sender = try await RawPeer.upgraded(port: chat.port)
        let reading = readers.map { reader in Task { _ = try? await reader.receiveToEnd() } }
        let listening = Task { _ = try? await listener.peer.readToEnd() }
        let text = String(repeating: "x", count: 16_000)
        var most = 0
        var last = 0
        for number in 0..<600 {
            try await sender.send(.text("\(number) \(text)"))
            if number == 300 { await leaver.end() }
            guard number % 10 == 0 else { continue }
            let families = await chat.metrics.families()
            #expect(Self.isBalanced(families))
            most = max(most, Self.sum("deliveries_in_flight", in: families))
            let sent = Self.sum("deliveries_sent", in: families)
            #expect(sent >= last)
            last = sent
        }
        let settled = try await Self.families(of: chat) {
            Self.sum("received_messages", in: $0) == 600 && Self.sum("deliveries_lost", ["reason": "slow"], in: $0) > 0
                && Self.sum("deliveries_sent", ["form": "events"], in: $0)
                    + Self.sum("deliveries_lost", ["form": "events"], in: $0) == 600
        }
        #expect(Self.isBalanced(settled) && most > 0)
        #expect(Self.sum("received_messages", ["form": "text"], in: settled) == 600)
        #expect(Self.sum("published_messages", in: settled) == 600)
        #expect(Self.sum("deliveries_lost", ["reason": "slow"], in: settled) > 0)
        // Some may be lost to the listener, too, where it is kept from the processor.
        let heard = Self.sum("deliveries_sent", ["form": "events"], in: settled)
        #expect(heard > 0 && heard + Self.sum("deliveries_lost", ["form": "events"], in: settled) == 600)
        #expect(Self.sum("sent_bytes", ["form": "events"], in: settled) > heard * 16_000)
        #expect(Self.sum("delivery_seconds", in: settled) > 0)
        #expect(Self.sum("history_messages", in: settled) > 0)

        let ending = Task { await chat.endConnections() }
        for task in reading { await task.value }
        await listening.value
        await ending.value
        let ended = await chat.metrics.families()
        #expect(Self.isBalanced(ended))
        #expect(Self.sum("deliveries_in_flight", in: ended) == 0)
        #expect(Self.sum("deliveries_due", in: ended) == Self.sum("deliveries_due", in: settled))
        await sleeper.end()
        await sender.end()
        await chat.end()
    }

    @Test func `nobody is behind, and nothing in flight, once all have gone`() async throws {
        let chat = try await LocalChat.start()
        let peers = try await (0..<3).asyncMap { _ in try await RawPeer.upgraded(port: chat.port) }
        let slow = try await RawPeer.upgraded(port: chat.port, receiveBuffer: 4_096)
        for _ in 0..<100 { try await peers[0].send(.text(String(repeating: "x", count: 60_000))) }
        let busy = try await Self.families(of: chat) { Self.sum("slowest_member_behind_bytes", in: $0) > 1 << 20 }
        #expect(Self.sum("slowest_member_behind_bytes", in: busy) > 1 << 20)
        #expect(Self.sum("connections", ["form": "text"], in: busy) == 4)
        for peer in peers + [slow] { await peer.end() }
        let quiet = try await Self.families(of: chat) { Self.sum("connections_closed", in: $0) == 4 }
        #expect(Self.isBalanced(quiet))
        #expect(Self.sum("deliveries_in_flight", in: quiet) == 0)
        #expect(Self.sum("deliveries_lost", ["reason": "ended"], in: quiet) > 0)
        #expect(Self.sum("slowest_member_behind_bytes", in: quiet) == 0)
        #expect(Self.sum("connections_closed", ["code": "1006", "by": "loss"], in: quiet) == 4)
        // Also when the channel itself has gone.
        chat.service.directory.removeAll()
        #expect(Self.sum("deliveries_due", in: await chat.metrics.families()) == Self.sum("deliveries_due", in: quiet))
        await chat.end()
    }

    @Test func `what comes again, and who comes back, is counted`() async throws {
        let chat = try await LocalChat.start()
        let http = try HTTPPeer(port: chat.port)
        for _ in 0..<2 { _ = try await http.post("/", "hello", "Idempotency-Key: \"a\"", "Content-Type: text/plain") }
        let peer = try await JSONPeer.connected(to: chat.port, "/?last=1")
        for _ in 0..<2 { try await peer.send(json: #"{"type":"message","text":"hi","key":"b"}"#) }
        let first = try await peer.nextAcknowledgement()
        _ = try await peer.nextAcknowledgement()
        _ = try await JSONPeer.connected(to: chat.port, "/?after=\(first.id.rawValue)")
        _ = try await JSONPeer.connected(to: chat.port, "/?after=abc.1")
        let families = try await Self.families(of: chat) { Self.sum("resumes", in: $0) == 2 }
        #expect(Self.sum("received_messages", ["form": "http"], in: families) == 1)
        #expect(Self.sum("received_bytes", ["form": "http"], in: families) == 5)
        #expect(Self.sum("received_messages", ["form": "json"], in: families) == 1)
        #expect(Self.sum("duplicate_messages", ["form": "http"], in: families) == 1)
        #expect(Self.sum("duplicate_messages", ["form": "json"], in: families) == 1)
        #expect(Self.sum("resumes", ["result": "current"], in: families) == 1)
        #expect(Self.sum("resumes", ["result": "gap"], in: families) == 1)
        #expect(Self.sum("http_responses", ["class": "2xx"], in: families) == 2)
        await chat.end()
    }
}

extension Sequence {
    fileprivate func asyncMap<Result>(_ body: (Element) async throws -> Result) async rethrows -> [Result] {
        var results: [Result] = []
        for element in self { results.append(try await body(element)) }
        return results
    }
}
