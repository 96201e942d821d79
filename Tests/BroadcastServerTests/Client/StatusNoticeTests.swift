import Logging
import Testing

@testable import broadcast_server

@Suite struct StatusNoticeTests {
    @Test(arguments: [
        (Status.away("nobody leads"), Logger.Level.warning, "The cluster takes nothing just now: nobody leads."),
        (Status(cluster: .away), .warning, "The cluster takes nothing just now."),
        (Status(cluster: .away, message: "\u{1B}[2J"), .warning, "\\u{1B}[2J"),
        (Status.back, .notice, "The cluster is there again."),
    ])
    func `a status is told in one line that drives no terminal`(status: Status, level: Logger.Level, line: String) {
        let notice = StatusNotice(status)
        #expect(notice?.line == line && notice?.level == level)
    }

    @Test func `a status of later versions is not told`() {
        #expect(StatusNotice(Status(cluster: Status.Cluster(rawValue: "sleepy"))) == nil)
    }
}
