import LWSSwift

/// All numbers of a server: gathered when they are asked for, each loop's by a job on that loop, so that what counts needs no
/// lock and nothing atomic for a message.
final class Metrics: Sendable {
    private let service: ChatService
    /// The channels that are shown by themselves.
    private let shown: [ChannelName]
    private let server = Replaceable(WeakServer(server: nil))
    private let tallies = Monitor<[ChannelName: ChannelTally]>([:])

    /// It keeps this one alive, by what it answers with.
    private struct WeakServer: Sendable {
        weak let server: WebSocketServer?
    }

    /// - Parameter shown: the channels that are labels; all others are told together.
    init(_ service: ChatService, showing shown: [ChannelName] = []) {
        self.service = service
        self.shown = shown
    }

    /// The server has started whose connections are counted.
    func count(_ server: WebSocketServer) {
        self.server.replace(with: WeakServer(server: server))
    }

    /// They are of one moment on each loop, and nearly of one over all.
    func families() async -> [MetricFamily] {
        await sample().families + Self.processFamilies() + LibraryMetrics.shared.families()
    }

    /// To count very many descriptors takes its time, which no loop has.
    @concurrent private static func processFamilies() async -> [MetricFamily] { ProcessFigures.families() }

    private func sample() async -> MetricsSample {
        let channels = service.directory.channels
        var sample = MetricsSample()
        var deliveries: [ChannelName: BroadcastDeliveries] = [:]
        sample.server = await server.current.server?.figures() ?? ServerFigures()
        for loop in service.loops {
            let homes = channels.filter { $0.home === loop }
            let listed = channels.filter { shown.contains($0.name) }
            let report = try? await loop.run {
                (
                    figures: loop.figures,
                    messages: homes.reduce(0) { $0 + $1.group.historyMessageCount },
                    deliveries: listed.map(\.group.deliveries)
                )
            }
            guard let report else { continue }
            sample.loops.append(report.figures)
            sample.historyMessages += report.messages
            for (channel, own) in zip(listed, report.deliveries) {
                deliveries[channel.name] = (deliveries[channel.name] ?? .init()) + own
            }
        }
        sample.channels = channels.count
        sample.historyBytes = channels.reduce(0) { $0 + $1.group.historyByteCount }
        sample.absentSessions = service.directory.absentCount
        sample.publisherKeys = service.directory.publisherKeyCount
        sample.counts = service.counters.current
        sample.limits = service.limits.counters
        sample.tokens = service.access.doorkeeper.figures
        sample.storage = service.store?.figures
        sample.cluster = service.replication?.figuresNow
        sample.shown = tell(channels, deliveries)
        return sample
    }

    /// How the channels stand that are shown by themselves, those that are not there at the moment too.
    private func tell(
        _ channels: [Channel],
        _ deliveries: [ChannelName: BroadcastDeliveries]
    ) -> [MetricsSample.ShownChannel] {
        let here = Dictionary(channels.map { ($0.name, $0) }) { first, _ in first }
        return shown.map { name in
            let channel = here[name]
            let sent = tallies.withLock { tallies in
                tallies[name, default: ChannelTally()].take(deliveries[name]?.sent, of: channel?.group)
            }
            return MetricsSample.ShownChannel(
                name: name,
                members: channel?.group.memberCount ?? 0,
                historyBytes: channel?.group.historyByteCount ?? 0,
                sent: sent
            )
        }
    }
}
