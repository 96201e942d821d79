import LWSSwift

/// What a server was at one moment.
struct TopSample: Encodable {
    /// In milliseconds since 1970-01-01 00:00 UTC.
    let time: Int64
    let figures: FigureReport
    let channels: AdminReports.Channels
    let connections: AdminReports.Connections

    /// Asks the server; blocks.
    static func take(_ client: AdminClient, _ wish: TopWish) throws(Failure) -> TopSample {
        let connections = try client.ask(wish.target)
        let channels = try client.ask("/channels?sort=connections&limit=\(wish.channelLimit)")
        let figures = try client.ask("/figures")
        return TopSample(
            time: WallTime.now.milliseconds,
            figures: try AdminReports.decode(FigureReport.self, figures),
            channels: try AdminReports.decode(AdminReports.Channels.self, channels),
            connections: try AdminReports.decode(AdminReports.Connections.self, connections)
        )
    }
}

/// Which connections are to be seen, and in which order.
struct TopWish: Sendable {
    var parameters: [(name: String, value: String)] = []
    var order = ConnectionOrder.lag
    var isClosed = false
    var limit = 100
    /// Of channels: those with the most connections.
    var channelLimit = 5

    var target: String {
        let all = parameters + [("limit", "\(limit)"), ("sort", order.rawValue)] + (isClosed ? [("closed", "")] : [])
        let query = all.map { "\($0.name)=\(PercentEncoding.encode($0.value))" }.joined(separator: "&")
        return "/connections?\(query)"
    }
}
