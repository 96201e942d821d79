import FoundationEssentials

/// What a server tells at its admin socket, as programs read it (docs/operation.md).
enum AdminReports {
    /// A connection, or one that has ended.
    struct Connection: Codable, Equatable {
        var id: UInt64
        var address: String
        /// nil for one that has ended.
        var behind: Gap.Lag?
        var bytes: Int
        var channel: String
        /// When it ended, in milliseconds since 1970-01-01 00:00 UTC.
        var closed: Int64?
        var code: UInt16?
        var form: String
        var messages: Int
        var name: String
        var reason: String?
        var since: Int64
        var subject: String?
    }

    struct Connections: Codable, Equatable {
        var connections: [Connection] = []
        var count = 0
        var more = false
    }

    struct Channel: Codable, Equatable {
        var name: String
        var members: Int
        var connections: Int
        var messages: Int
        var historyBytes: Int
        var position: String
    }

    struct Channels: Codable, Equatable {
        var channels: [Channel] = []
        var count = 0
        var more = false
    }

    /// - Throws: a failure when a server of another version says something else.
    static func decode<Report: Decodable>(_: Report.Type, _ bytes: [UInt8]) throws(Failure) -> Report {
        guard let report = try? JSONDecoder().decode(Report.self, from: Data(bytes)) else {
            throw Failure(.protocolError, "The answer of the server cannot be understood: it is of another version.")
        }
        return report
    }
}
