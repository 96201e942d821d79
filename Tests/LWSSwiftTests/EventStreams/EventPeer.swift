import TestSupport
import Testing

@testable import LWSSwift

/// A client that listens to a stream of events, and the member of the group that it is.
struct EventPeer: Sendable {
    let raw: RawPeer
    /// Of the answer.
    let head: String
    let member: BroadcastMember

    /// Reads the lines up to the next empty one, comments left out if there is anything else.
    func lines() async throws -> [String] {
        while true {
            var lines: [String] = []
            while lines.last != "" { lines.append(try await raw.readLine()) }
            lines.removeLast()
            if lines != [":"] { return lines }
        }
    }

    /// Reads the data of the next events.
    func data(_ count: Int) async throws -> [String] {
        var data: [String] = []
        for _ in 0..<count { data.append(EventPeer.data(of: try await lines())) }
        return data
    }

    static func data(of lines: [String]) -> String {
        lines.filter { $0.hasPrefix("data: ") }.map { String($0.dropFirst(6)) }.joined(separator: "\n")
    }
}
