import HTTPTypes
import LWSSwift

/// `GET /channels`: which channels there are.
struct ChannelsRoute: Sendable {
    let service: ChatService

    func answer(_ request: HTTPServerRequest) async throws(ProblemDetails) -> HTTPServerResponse {
        do throws(Problem) {
            let parameters = QueryParameters(request.query)
            let filter = try ConnectionFilter(channel: parameters["channel"], subject: nil, address: nil)
            let order = try parameters["sort"].map(Self.order) ?? .name
            return await answer(filter.channel, order, limit: try ConnectionsRequest.limit(parameters))
        } catch {
            throw ProblemDetails(error)
        }
    }

    private static func order(_ text: String) throws(Problem) -> ChannelOrder {
        guard let order = ChannelOrder(rawValue: text) else {
            let orders = ChannelOrder.allCases.map(\.rawValue).joined(separator: ", ")
            throw Problem(.badField, "The parameter \"sort\" is one of \(orders).")
        }
        return order
    }

    /// Where no other waits meanwhile.
    @concurrent
    private func answer(_ name: ChannelName?, _ order: ChannelOrder, limit: Int) async -> HTTPServerResponse {
        let channels = await service.channels(named: name, by: order)
        var object = JSONWriter(capacity: 64 + 160 * min(channels.count, limit))
        object.append(#"{"channels":["#)
        for (index, channel) in channels.prefix(limit).enumerated() {
            object.append(index == 0 ? "\n" : ",\n")
            object.append(channel)
        }
        object.append(#"],"count":"#)
        object.append(channels.count)
        object.append(limit < channels.count ? #","more":true}"# : #","more":false}"#)
        object.append("\n")
        return HTTPServerResponse(json: object)
    }
}

extension JSONWriter {
    fileprivate mutating func append(_ channel: ChannelSample) {
        append(#"{"connections":"#)
        append(channel.connections)
        append(#","historyBytes":"#)
        append(channel.historyBytes)
        append(#","members":"#)
        append(channel.members)
        append(#","messages":"#)
        append(channel.messages)
        append(#","name":"#)
        append(string: channel.name.text)
        append(#","position":"#)
        append(string: channel.position.rawValue)
        append("}")
    }
}
