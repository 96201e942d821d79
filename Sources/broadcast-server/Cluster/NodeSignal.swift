/// What a node tells the others beside the log, at most once: a sign of life, or that it goes.
struct NodeSignal: Sendable, Equatable {
    let node: NodeID
    let isLeaving: Bool

    var bytes: [UInt8] {
        var bytes: [UInt8] = [isLeaving ? 1 : 0]
        bytes.put(node.rawValue)
        return bytes
    }

    init(node: NodeID, isLeaving: Bool) {
        self.node = node
        self.isLeaving = isLeaving
    }

    /// nil for bytes that are no signal.
    init?(_ bytes: [UInt8]) {
        var reader = ByteFieldsReader(bytes)
        guard let kind = reader.number(UInt8.self), kind <= 1, let number = reader.number(UInt64.self), number > 0
        else { return nil }
        self.init(node: NodeID(rawValue: number), isLeaving: kind == 1)
    }
}
