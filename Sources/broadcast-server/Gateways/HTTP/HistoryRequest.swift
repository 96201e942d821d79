/// Which part of what was said a request asks for: `?after=` or `?before=` a position, at most `?limit=` messages.
struct HistoryRequest: Sendable, Equatable {
    var fetch: Fetch

    init(query: String) throws(Problem) {
        let parameters = QueryParameters(query)
        var limit = Fetch.defaultLimit
        if let text = parameters["limit"] {
            guard text.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }), let number = Int(text),
                Fetch.limits.contains(number)
            else {
                throw Problem(.badField, "A limit is a number from 1 to \(Fetch.limits.upperBound).")
            }
            limit = number
        }
        switch (parameters["after"], parameters["before"]) {
        case (nil, nil): fetch = Fetch(start: .latest, limit: limit)
        case (let after?, nil): fetch = Fetch(start: .after(PositionText(rawValue: after)), limit: limit)
        case (nil, let before?): fetch = Fetch(start: .before(PositionText(rawValue: before)), limit: limit)
        case (_?, _?): throw Problem(.badField, "Give either \"after\" or \"before\", the id of a message.")
        }
    }
}
