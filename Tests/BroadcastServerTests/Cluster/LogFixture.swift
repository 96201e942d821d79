import Logging
import TestSupport
import Testing

@testable import broadcast_server

/// A log of either kind, for as many nodes as a test wants.
enum LogFixture: Sendable {
    case memory(MemoryLog)
    case jetStream(NATSServer)

    enum Kind: CaseIterable, Sendable {
        case memory, jetStream
    }

    static func make(_ kind: Kind) async throws -> LogFixture {
        switch kind {
        case .memory: .memory(MemoryLog())
        case .jetStream: .jetStream(try await NATSServer.start())
        }
    }

    /// The way of one node more.
    func open() async throws -> any SharedLog {
        switch self {
        case .memory(let log): log.open()
        case .jetStream(let server): try await Self.open(server)
        }
    }

    static func open(
        _ server: NATSServer,
        unless isGivenUp: Monitor<Bool> = Monitor(false),
        _ change: (inout ClusterSettings) -> Void = { _ in }
    ) async throws -> JetStreamLog {
        var settings = ClusterSettings(servers: try #require(NATSServers(argument: server.url)))
        settings.startLimit = .seconds(20)
        change(&settings)
        let logger = Logger(label: "cluster") { _ in SwiftLogNoOpLogHandler() }
        return try await onThread { [settings] in
            Result { () throws(Failure) in try JetStreamLog(settings, logger: logger, unless: isGivenUp) }
        }
        .get()
    }
}

/// What a node is told by a log.
final class LogReader: Sendable {
    private let events = Monitor<[SharedLogEvent]>([])

    init(_ log: any SharedLog) {
        log.follow { [events] event in events.update { $0.append(event) } }
    }

    /// The first so many of a kind, once they have come.
    func first<Found: Sendable>(_ count: Int, _ pick: @escaping @Sendable (SharedLogEvent) -> Found?) async throws
        -> [Found]
    {
        let found = await onThread { [events] in
            events.wait(atMost: .seconds(30)) { events -> [Found]? in
                let found = events.compactMap(pick)
                return found.count >= count ? Array(found.prefix(count)) : nil
            }
        }
        guard let found else { throw RawPeer.Unexpected("not so many events: \(events.withLock { $0.count })") }
        return found
    }

    /// The texts of the first so many batches.
    func texts(_ count: Int) async throws -> [String] {
        try await first(count) { event in
            if case .batch(let batch) = event { String(decoding: batch.bytes, as: UTF8.self) } else { nil }
        }
    }

    func places(_ count: Int) async throws -> [SharedPlace] {
        try await first(count) { if case .batch(let batch) = $0 { batch.place } else { nil } }
    }

    /// Returns once it was told that the log is away, or back.
    func hearsAway() async throws { _ = try await first(1) { if case .away = $0 { true } else { nil } } }
    func hearsBack() async throws { _ = try await first(1) { if case .back = $0 { true } else { nil } } }

    var batchCount: Int {
        events.withLock { events in events.count { if case .batch = $0 { true } else { false } } }
    }
}

extension SharedLog {
    /// Appends a text.
    func append(
        _ text: String,
        to topic: SharedTopic = .said(.default),
        number: UInt64,
        within limit: Duration = .seconds(20)
    ) async throws -> SharedPlace {
        let batch = SharedBatch(topic: topic, id: BatchID(node: node, number: number), bytes: Array(text.utf8))
        return try await withCheckedContinuation { continuation in
            append(batch, within: limit) { continuation.resume(returning: $0) }
        }
        .get()
    }

    func reserve(_ count: UInt64) async throws -> UInt64 {
        try await withCheckedContinuation { continuation in
            reserve(count, within: .seconds(20)) { continuation.resume(returning: $0) }
        }
        .get()
    }
}
