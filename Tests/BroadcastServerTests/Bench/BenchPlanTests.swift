import LWSSwift
import Testing

@testable import broadcast_server

@Suite struct BenchPlanTests {
    private func settings(connections: Int, channels: Int, publishers: Int, rate: Int, warmUp: Duration) throws
        -> BenchSettings
    {
        var settings = BenchSettings(url: try ChannelURL("localhost:1/"))
        settings.connections = connections
        settings.channels = channels
        settings.publishers = publishers
        settings.rate = rate
        settings.warmUp = warmUp
        settings.duration = .milliseconds(500)
        return settings
    }

    @Test(arguments: [(10, 1, 1), (10, 3, 2), (7, 7, 7), (12, 5, 8), (3, 2, 3)], [0, 300, 700])
    func `as many deliveries are expected as there are others in the channels`(
        crowd: (connections: Int, channels: Int, publishers: Int),
        warmUp: Int
    ) throws {
        let settings = try settings(
            connections: crowd.connections,
            channels: crowd.channels,
            publishers: crowd.publishers,
            rate: 34,
            warmUp: .milliseconds(warmUp)
        )
        let urls = (0..<crowd.connections).map(settings.url(ofMember:))
        let first = settings.warmUpMessages
        let expected = (first..<first + settings.measuredMessages).reduce(0) { sum, number in
            sum + urls.count { $0 == urls[number % crowd.publishers] } - 1
        }
        #expect(settings.expectedDeliveries == expected)
    }

    @Test(arguments: [1, 3, 1_000, 999_983])
    func `a message is due from its time on`(rate: Int) {
        let plan = BenchPlan(start: 10_000_000_000_000, rate: rate, count: 4 * rate)
        for number in [0, 1, rate - 1, rate, 3 * rate + 1] where number < plan.count {
            #expect(plan.due(at: plan.time(of: number) + 1) == number + 1)
            #expect(number == 0 || plan.due(at: plan.time(of: number) - 1) == number)
        }
        #expect(plan.due(at: plan.start - 1) == 0)
        #expect(plan.due(at: .max) == plan.count)
    }

    @Test func `a bench may go on for days`() {
        let plan = BenchPlan(start: 10_000_000_000_000, rate: 1_000_000, count: 500_000_000_000)
        let number = 432_000_000_001
        #expect(plan.time(of: number) == plan.start + 432_000_000_001_000)
        #expect(plan.due(at: plan.time(of: number)) == number + 1)
    }

    @Test func `a message is known by its end, and nothing else is`() {
        let payload = BenchPayload(plannedAt: 0x0123_4567_89AB_CDEF, publisher: 99_999)
        for size in [BenchPayload.minimumBytes, 64, 1_000] {
            let message = payload.message(ofBytes: size)
            #expect(message.bytes.count == size)
            let delivered = WebSocketMessage.text("Client 1: \(message.text ?? "")")
            #expect(BenchPayload(endOf: delivered.borrowed, ofBytes: size) == payload)
            #expect(BenchPayload(endOf: message.borrowed, ofBytes: size + 1) == nil)
        }
        let other = WebSocketMessage.text("somebody else says something that is long enough")
        #expect(BenchPayload(endOf: other.borrowed, ofBytes: 30) == nil)
    }
}
