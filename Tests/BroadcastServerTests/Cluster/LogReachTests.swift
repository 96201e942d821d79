import Testing

@testable import broadcast_server

@Suite struct LogReachTests {
    private let start = ContinuousClock.now
    private static let leaderless = "no server leads the stream"

    /// What is news after so many milliseconds.
    private func look(_ reach: inout LogReach, at milliseconds: Int) -> LogReach.News? {
        reach.look(now: start + .milliseconds(milliseconds))
        return reach.takeNews()
    }

    @Test func `a connection that is lost is away, and back with the next`() {
        var reach = LogReach()
        reach.disconnected("gone")
        reach.disconnected("gone again")
        let away = [reach.takeNews(), reach.takeNews()]
        #expect(away == [.away("gone again"), nil])
        reach.reconnected(now: start)
        let back = [reach.takeNews(), reach.takeNews()]
        #expect(back == [.back, nil])
    }

    @Test func `nobody leads when something has waited for more than two seconds, until something is stored`() {
        var reach = LogReach()
        reach.noteWaiting(true, now: start)
        let news = [1_000, 2_000, 2_001, 5_000].map { look(&reach, at: $0) }
        #expect(news == [nil, nil, .away(Self.leaderless), nil])
        #expect(reach.isLeaderless)
        reach.stored(now: start + .seconds(6))
        let back = reach.takeNews()
        #expect(back == .back && !reach.isLeaderless)
        let later = [8_000, 8_001].map { look(&reach, at: $0) }
        #expect(later == [nil, .away(Self.leaderless)])
    }

    @Test func `the reason is what was said last`() {
        var reach = LogReach()
        reach.noteWaiting(true, now: start)
        reach.failed("the disk is full")
        let news = look(&reach, at: 2_001)
        #expect(news == .away("the disk is full"))
    }

    @Test func `what is stored now and then, or nothing that waits, is no loss`() {
        var reach = LogReach()
        reach.noteWaiting(true, now: start)
        reach.stored(now: start + .milliseconds(1_500))
        let first = look(&reach, at: 3_000)
        reach.noteWaiting(false, now: start + .milliseconds(3_100))
        let second = look(&reach, at: 60_000)
        reach.noteWaiting(true, now: start + .milliseconds(60_000))
        let third = look(&reach, at: 61_000)
        #expect([first, second, third] == [nil, nil, nil])
    }

    @Test func `what was given up changes nothing: only an answer does`() {
        var reach = LogReach()
        reach.noteWaiting(true, now: start)
        let away = look(&reach, at: 2_001)
        reach.noteWaiting(false, now: start + .seconds(20))
        let none = look(&reach, at: 30_000)
        reach.stored(now: start + .seconds(31))
        let back = reach.takeNews()
        #expect([away, none, back] == [.away(Self.leaderless), nil, .back])
    }

    @Test func `several causes are told as one`() {
        var reach = LogReach()
        reach.noteWaiting(true, now: start)
        var news = [look(&reach, at: 2_001)]
        reach.disconnected("gone")
        news.append(reach.takeNews())
        reach.reconnected(now: start + .seconds(3))
        news.append(reach.takeNews())
        reach.stored(now: start + .seconds(4))
        news.append(reach.takeNews())
        #expect(news == [.away(Self.leaderless), nil, nil, .back])
    }

    @Test func `after a connection is lost, who leads has its time again`() {
        var reach = LogReach()
        reach.noteWaiting(true, now: start)
        reach.disconnected("gone")
        var news = [look(&reach, at: 10_000)]
        reach.reconnected(now: start + .seconds(10))
        news += [look(&reach, at: 12_000), look(&reach, at: 12_001)]
        #expect(news == [.away("gone"), .back, .away(Self.leaderless)])
    }
}
