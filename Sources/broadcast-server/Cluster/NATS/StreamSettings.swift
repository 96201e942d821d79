/// What a stream is to be, or is.
struct StreamSettings: Sendable, Equatable {
    var name: String
    var subjects: [String]
    /// How many servers have it.
    var replicas: Int64
    /// Of each subject, messages of the stream.
    var maximumMessagesPerSubject: Int64
    /// Of all.
    var maximumBytes: Int64
    var maximumAge: Duration
    /// For how long the id of a message is remembered.
    var duplicateWindow: Duration
    var isOnDisk = true
    /// Whether the oldest go when there is too much, and nothing else is taken away.
    var dropsOldest = true
}

extension StreamSettings {
    /// What the stream of a cluster is to be.
    ///
    /// What is said is gathered in batches, each of them a message of the stream. More of them are kept than the history is to
    /// have, since a node that was away has to read all that it has missed. Beside the bytes of a batch the stream has its
    /// subject, its header and its own fields.
    init(_ cluster: ClusterSettings, subjects: TopicSubject, replicas: Int64) {
        let history = cluster.history
        self.init(
            name: cluster.name.uppercased(),
            subjects: [subjects.all],
            replicas: replicas,
            maximumMessagesPerSubject: Int64(max(history.maximumMessages, Self.leastMessagesPerSubject)),
            maximumBytes: Int64(2 * history.maximumTotalBytes),
            maximumAge: history.maximumAge,
            // Longer than anything is tried.
            duplicateWindow: max(.seconds(120), cluster.patience * 2)
        )
    }

    /// A minute of a channel in which a thousand batches come each second.
    private static let leastMessagesPerSubject = 65_536

    /// What of another one is not as it is here; empty if all is. A stream may have more replicas than were asked for.
    func differences(from wanted: StreamSettings) -> [String] {
        var differences: [String] = []
        func compare(_ name: String, _ is: some CustomStringConvertible, _ should: some CustomStringConvertible) {
            if `is`.description != should.description {
                differences.append("\(name) is \(`is`) and should be \(should)")
            }
        }
        compare("subjects", subjects.joined(separator: ", "), wanted.subjects.joined(separator: ", "))
        if replicas < wanted.replicas || replicas == 2 { compare("num_replicas", replicas, max(wanted.replicas, 3)) }
        compare("max_msgs_per_subject", maximumMessagesPerSubject, wanted.maximumMessagesPerSubject)
        compare("max_bytes", maximumBytes, wanted.maximumBytes)
        compare("max_age", maximumAge, wanted.maximumAge)
        if duplicateWindow < wanted.duplicateWindow {
            compare("duplicate_window", duplicateWindow, wanted.duplicateWindow)
        }
        compare("storage", isOnDisk ? "file" : "memory", wanted.isOnDisk ? "file" : "memory")
        compare("discard", dropsOldest ? "old" : "new, or something else", wanted.dropsOldest ? "old" : "new")
        return differences
    }
}
