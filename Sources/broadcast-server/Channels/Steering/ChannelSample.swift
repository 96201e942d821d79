import LWSSwift

/// A channel at one moment, for whoever runs the server.
struct ChannelSample: Sendable, Equatable {
    let name: ChannelName
    /// Those whose place is kept while their connection is lost, too.
    let members: Int
    /// Of all nodes of a cluster.
    let connections: Int
    /// What is kept of what was said.
    let messages: Int
    let historyBytes: Int
    /// Where it has come to.
    let position: PositionText
}

extension Channel {
    /// On its home loop.
    fileprivate var sample: ChannelSample {
        ChannelSample(
            name: name,
            members: state.roster.count,
            connections: state.connectedCount,
            messages: group.historyMessageCount,
            historyBytes: group.historyByteCount,
            position: PositionText(group.position)
        )
    }
}

extension ChatService {
    /// The channels that there are, in order of their names.
    @concurrent
    func channels(named name: ChannelName? = nil) async -> [ChannelSample] {
        let channels = directory.channels.filter { name == nil || $0.name == name }
        var samples: [ChannelSample] = []
        for list in participants {
            let own = channels.filter { $0.home === list.loop }
            // Some at a time, between which the loop serves.
            for start in stride(from: 0, to: own.count, by: 500) {
                let part = own[start..<min(start + 500, own.count)]
                samples += (try? await list.loop.run { part.map(\.sample) }) ?? []
            }
        }
        return samples.sorted { $0.name.text < $1.name.text }
    }
}
