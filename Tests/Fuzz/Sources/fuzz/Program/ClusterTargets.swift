// In the fuzzer the files of the cluster belong to its own module.
#if canImport(broadcast_server)
    @testable import broadcast_server
#endif

extension FuzzTarget {
    /// What is read of a log is written as the same again, whatever bytes it was read from.
    static let entryBatch = FuzzTarget("entry-batch") { bytes throws(Violation) in
        guard let batch = try? EntryBatch(bytes), let entries = batch.entries else { return }
        let written = EntryBatch.bytes(node: batch.node, number: batch.number, entries)
        let again = try? EntryBatch(written)
        try require(
            again?.node == batch.node && again?.number == batch.number && again?.entries == entries,
            "\(entries) are read as others from \(written)"
        )
    }

    static let nodeEntry = FuzzTarget("node-entry") { bytes throws(Violation) in
        guard let entry = try? NodeEntry(bytes) else { return }
        try require((try? NodeEntry(entry.bytes)) == entry, "\(entry) is read as another one from \(entry.bytes)")
    }

    /// What one node writes to another is read as the same, and what is told in it of a channel fits in letters again.
    static let nodeLetter = FuzzTarget("node-letter") { bytes throws(Violation) in
        guard let letter = NodeLetter(bytes) else { return }
        try require(NodeLetter(letter.bytes)?.bytes == letter.bytes, "\(letter) is read as another one")
        guard case .part(let part) = letter.content else { return }
        var told = ToldState()
        told.add(part)
        told.expected = 1
        guard let channel = told.channels?.first else { return }
        let parts = channel.parts(maximumBytes: 16)
        try require(ToldChannel(parts: parts.reversed()) == channel, "\(channel) is read as another one")
    }

    static let nodeSignal = FuzzTarget("node-signal") { bytes throws(Violation) in
        guard let signal = NodeSignal(bytes) else { return }
        try require(NodeSignal(signal.bytes) == signal, "\(signal) is read as another one")
    }
}

extension EntryBatch {
    /// All of them; nil for what is damaged.
    fileprivate var entries: [ChannelEntry]? {
        var (rest, entries) = (self, [ChannelEntry]())
        do {
            while let entry = try rest.next() { entries.append(entry) }
        } catch {
            return nil
        }
        return entries
    }
}
