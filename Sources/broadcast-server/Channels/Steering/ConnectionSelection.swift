/// The first of the connections that a query is for, which come in any order; it never has more than twice as many.
struct ConnectionSelection: Sendable {
    let query: ConnectionQuery
    /// In order, once ``finish()`` was called.
    private(set) var connections: [ConnectionSample] = []
    /// How many there are in all.
    private(set) var count = 0

    init(_ query: ConnectionQuery) {
        self.query = query
    }

    mutating func add(_ found: [ConnectionSample]) {
        count += found.count
        connections += found
        if connections.count >= 2 * query.limit { finish() }
    }

    /// Sorts them, and lets go of what is too much, and of what was found twice.
    mutating func finish() {
        connections.sort(by: query.order.areInOrder)
        var numbers: Set<UInt64> = []
        let distinct = connections.filter { numbers.insert($0.number).inserted }
        count -= connections.count - distinct.count
        connections = Array(distinct.prefix(query.limit))
    }
}
