/// A dictionary that knows which of its keys was put in, or touched, longest ago. Everything takes the same time, however
/// many there are.
struct RecencyMap<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private struct Node: Sendable {
        let key: Key
        var value: Value
        var older: Int?
        var newer: Int?
    }

    /// The nodes of a chain from the oldest to the newest; nil where one was taken out.
    private var nodes: [Node?] = []
    private var free: [Int] = []
    private var places: [Key: Int] = [:]
    private var oldest: Int?
    private var newest: Int?

    var count: Int { places.count }
    var isEmpty: Bool { places.isEmpty }
    /// In no order.
    var keys: some Sequence<Key> { places.keys }

    /// The value of a key. To set one that is there leaves it where it is; a new one is the newest.
    subscript(key: Key) -> Value? {
        get { places[key].flatMap { nodes[$0]?.value } }
        set {
            guard let newValue else {
                removeValue(forKey: key)
                return
            }
            if let place = places[key] {
                nodes[place]?.value = newValue
            } else {
                append(key, newValue)
            }
        }
    }

    /// The one that was put in, or touched, longest ago.
    var first: (key: Key, value: Value)? {
        oldest.flatMap { nodes[$0] }.map { ($0.key, $0.value) }
    }

    /// The value of a key, which becomes the newest; one that is made when there is none, for which the oldest gives way when
    /// there are as many as there may be.
    mutating func value(of key: Key, atMost capacity: Int, make: () -> Value) -> Value {
        if let value = self[key] {
            touch(key)
            return value
        }
        if count >= capacity { removeFirst() }
        let value = make()
        self[key] = value
        return value
    }

    /// Makes a key the newest.
    mutating func touch(_ key: Key) {
        guard let value = removeValue(forKey: key) else { return }
        append(key, value)
    }

    @discardableResult
    mutating func removeValue(forKey key: Key) -> Value? {
        guard let place = places.removeValue(forKey: key), let node = nodes[place] else { return nil }
        if let older = node.older { nodes[older]?.newer = node.newer } else { oldest = node.newer }
        if let newer = node.newer { nodes[newer]?.older = node.older } else { newest = node.older }
        nodes[place] = nil
        free.append(place)
        if places.isEmpty { self = RecencyMap() }
        return node.value
    }

    @discardableResult
    mutating func removeFirst() -> (key: Key, value: Value)? {
        guard let first else { return nil }
        removeValue(forKey: first.key)
        return first
    }

    private mutating func append(_ key: Key, _ value: Value) {
        let node = Node(key: key, value: value, older: newest, newer: nil)
        let place: Int
        if let hole = free.popLast() {
            place = hole
            nodes[place] = node
        } else {
            place = nodes.count
            nodes.append(node)
        }
        if let newest { nodes[newest]?.newer = place } else { oldest = place }
        newest = place
        places[key] = place
    }
}

extension RecencyMap: Sequence {
    /// From the oldest to the newest.
    func makeIterator() -> AnyIterator<(key: Key, value: Value)> {
        var place = oldest
        return AnyIterator {
            guard let node = place.flatMap({ nodes[$0] }) else { return nil }
            place = node.newer
            return (node.key, node.value)
        }
    }
}
