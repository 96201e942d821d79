/// What is asked for of the connections. Pure.
struct ConnectionsRequest: Equatable {
    var query = ConnectionQuery()
    /// Whether of those that have ended.
    var isClosed: Bool

    init(query text: String) throws(Problem) {
        let parameters = QueryParameters(text)
        isClosed = parameters["closed"] != nil
        query.filter = try ConnectionFilter(
            id: parameters["id"],
            channel: parameters["channel"],
            subject: parameters["subject"],
            address: parameters["address"]
        )
        query.limit = try Self.limit(parameters)
        if let sort = parameters["sort"] {
            guard let order = ConnectionOrder(rawValue: sort) else {
                let orders = ConnectionOrder.allCases.map(\.rawValue).joined(separator: ", ")
                throw Problem(.badField, "The parameter \"sort\" is one of \(orders).")
            }
            query.order = order
        }
    }

    /// How many are asked for.
    static func limit(_ parameters: QueryParameters) throws(Problem) -> Int {
        guard let text = parameters["limit"] else { return ConnectionQuery.defaultLimit }
        guard let limit = Int(text), ConnectionQuery.limits.contains(limit) else {
            throw Problem(.badField, "A limit is a number from 1 to \(ConnectionQuery.limits.upperBound).")
        }
        return limit
    }
}

extension ConnectionFilter {
    /// - Throws: what is none of what it has to be.
    init(id: String? = nil, channel: String?, subject: String?, address: String?) throws(Problem) {
        if let id {
            guard let number = UInt64(id) else { throw Problem(.badField, "An id is a number, as the log has it.") }
            self.id = ClientID(number: number)
        }
        if let channel {
            guard let name = ChannelName(checking: channel) else { throw Problem(.badField, ChannelName.rule) }
            self.channel = name
        }
        self.subject = subject
        if let address {
            guard let filter = AddressFilter(address) else {
                throw Problem(
                    .badField,
                    "An address is one like 192.0.2.7 or 2001:db8::7, a network like 192.0.2.0/24, or unix."
                )
            }
            self.address = filter
        }
    }
}
