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

/// What channels are sorted by.
enum ChannelOrder: String, Sendable, CaseIterable {
    case name
    /// The most first.
    case connections, messages

    /// Which of two comes first; equal ones in order of their names.
    func areInOrder(_ one: ChannelSample, _ other: ChannelSample) -> Bool {
        switch self {
        case .name: one.name.text < other.name.text
        case .connections: (other.connections, one.name.text) < (one.connections, other.name.text)
        case .messages: (other.messages, one.name.text) < (one.messages, other.name.text)
        }
    }
}

extension ChatService {
    /// The channels that there are.
    ///
    /// - Parameter name: of the one that is meant; nil for all.
    @concurrent
    func channels(named name: ChannelName?, by order: ChannelOrder) async -> [ChannelSample] {
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
        return samples.sorted(by: order.areInOrder)
    }
}
