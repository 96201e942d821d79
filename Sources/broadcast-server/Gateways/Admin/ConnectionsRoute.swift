import HTTPTypes
import LWSSwift

/// `GET /connections`: who is connected; with `?closed` who was, the latest first.
struct ConnectionsRoute: Sendable {
    let service: ChatService

    func answer(_ request: HTTPServerRequest) async throws(ProblemDetails) -> HTTPServerResponse {
        let wish: ConnectionsRequest
        do throws(Problem) {
            wish = try ConnectionsRequest(query: request.query)
        } catch {
            throw ProblemDetails(error)
        }
        return wish.isClosed ? await closed(wish.query) : await open(wish.query)
    }

    /// Where no other waits meanwhile.
    @concurrent
    private func open(_ query: ConnectionQuery) async -> HTTPServerResponse {
        let selection = await service.connections(query)
        return Self.answer(selection.connections, of: selection.count) { $0.append($1, end: nil) }
    }

    @concurrent
    private func closed(_ query: ConnectionQuery) async -> HTTPServerResponse {
        let closed = service.closed.latest.filter { query.filter.matches($0.connection) }
        return Self.answer(Array(closed.prefix(query.limit)), of: closed.count) { $0.append($1.connection, end: $1) }
    }

    private static func answer<Row>(
        _ rows: [Row],
        of count: Int,
        _ write: (inout JSONWriter, Row) -> Void
    ) -> HTTPServerResponse {
        var object = JSONWriter(capacity: 64 + 256 * rows.count)
        object.append(#"{"connections":["#)
        for (index, row) in rows.enumerated() {
            object.append(index == 0 ? "\n" : ",\n")
            write(&object, row)
        }
        object.append(#"],"count":"#)
        object.append(count)
        object.append(rows.count < count ? #","more":true}"# : #","more":false}"#)
        object.append("\n")
        return HTTPServerResponse(json: object)
    }
}

extension JSONWriter {
    /// - Parameter end: of one that has ended.
    fileprivate mutating func append(_ connection: ConnectionSample, end: ClosedConnection?) {
        append(#"{"address":"#)
        append(string: connection.address?.description ?? "")
        if end == nil {
            append(#","behind":{"bytes":"#)
            append(connection.backlog)
            append(#","milliseconds":"#)
            append(Int(connection.lag / .milliseconds(1)))
            append("}")
        }
        append(#","bytes":"#)
        append(connection.sent.bytes)
        append(#","channel":"#)
        append(string: connection.channel.text)
        if let end {
            append(#","closed":"#)
            append(end.time)
            if let code = end.code {
                append(#","code":"#)
                append(code.rawValue)
            }
        }
        append(#","form":"#)
        append(string: connection.form.rawValue)
        append(#","id":"#)
        append(connection.id.number)
        append(#","messages":"#)
        append(connection.sent.messages)
        append(#","name":"#)
        append(string: connection.name)
        if let end {
            append(#","reason":"#)
            append(string: end.reason)
        }
        append(#","since":"#)
        append(Int64(connection.since) * 1_000)
        if let subject = connection.subject {
            append(#","subject":"#)
            append(string: subject)
        }
        append("}")
    }
}
