import Testing

@testable import broadcast_server

@Suite struct RateTests {
    private let rate = Rate(perSecond: 10, burst: 30)

    @Test func `a bucket gives its burst at once, and then its rate`() {
        var bucket = TokenBucket()
        #expect(bucket.spend(30, of: rate, now: 100) == 0)
        #expect(abs(bucket.spend(1, of: rate, now: 100) - 0.1) < 1e-6)
        #expect(bucket.spend(1, of: rate, now: 100.2) < 1e-6)
        #expect(bucket.wait(for: 1, of: rate, now: 100.2) > 0.09)
        #expect(bucket.wait(for: 1, of: rate, now: 100.31) < 1e-6)
    }

    @Test func `a bucket does not save up more than its burst`() {
        var bucket = TokenBucket()
        #expect(bucket.spend(1, of: rate, now: 0) == 0)
        #expect(bucket.spend(31, of: rate, now: 1_000) > 0)
    }

    @Test func `what owes something is free when that is paid`() {
        var bucket = TokenBucket()
        let wait = bucket.spend(80, of: rate, now: 0)
        #expect(abs(wait - 5) < 1e-6)
        #expect(bucket.spend(0, of: rate, now: wait + 1e-6) == 0)
    }

    @Test func `more than the burst goes when all of the burst is there`() {
        var bucket = TokenBucket()
        #expect(bucket.wait(for: 1_000, of: rate, now: 0) == 0)
        #expect(bucket.spend(1_000, of: rate, now: 0) > 0)
        #expect(bucket.wait(for: 1_000, of: rate, now: 50) > 0)
        #expect(bucket.wait(for: 1_000, of: rate, now: 100.1) == 0)
    }

    @Test func `a sender at a hundred times its rate comes to its rate, and loses nothing`() {
        let rates = RateSettings(client: MessageRates(messages: rate))
        var account = SendingAccount()
        var portion = SendingPortion()
        let channel = SharedMeter()
        var now = 0.0
        var sent = 0
        while sent < 10_000 {
            // A millisecond for each message, unless it has to wait.
            now += 0.001
            sent += 1
            guard portion.count(64) else { continue }
            let slowing = account.settle(&portion, rates, subject: nil, channel: channel, now: now)
            now += slowing?.wait ?? 0
        }
        // The burst at once, and the rest at ten each second.
        #expect(abs(now - (10_000 - 30) / 10) < 1)
    }

    @Test func `bytes count as well as messages`() {
        let rates = RateSettings(client: MessageRates(bytes: Rate(perSecond: 1_000)))
        var account = SendingAccount()
        var portion = SendingPortion()
        let isUsedUp = portion.count(12_000)
        #expect(isUsedUp)
        let slowing = account.settle(&portion, rates, subject: nil, channel: SharedMeter(), now: 0)
        #expect(abs((slowing?.wait ?? 0) - 10) < 1e-6)
    }

    @Test func `what several share is theirs together`() {
        let rates = RateSettings(subject: MessageRates(messages: rate), channel: MessageRates(messages: rate))
        let (subject, channel) = (SharedMeter(), SharedMeter())
        var wait = 0.0
        for _ in 0..<5 {
            var account = SendingAccount()
            var portion = SendingPortion()
            for _ in 0..<10 where portion.count(1) {
                let slowing = account.settle(&portion, rates, subject: subject, channel: channel, now: 0)
                wait = max(wait, slowing?.wait ?? 0)
            }
        }
        // Fifty were sent, of which thirty were allowed.
        #expect(abs(wait - 2) < 1e-6)
        #expect(abs(channel.wait(for: MessageAmount(messages: 1), of: rates.channel, now: 0) - 2.1) < 1e-6)
    }

    @Test func `it is told once, and again when it was free for a while`() {
        let rates = RateSettings(client: MessageRates(messages: rate))
        var account = SendingAccount()
        var news: [Double] = []
        for now in [0.0, 5, 10, 14, 100] {
            var portion = SendingPortion()
            for _ in 0..<80 where portion.count(1) {
                let slowing = account.settle(&portion, rates, subject: nil, channel: SharedMeter(), now: now)
                if slowing?.isNews == true { news.append(now) }
            }
        }
        #expect(news == [0, 100])
    }

    @Test func `without limits nothing is looked into but now and then`() {
        var account = SendingAccount()
        var portion = SendingPortion()
        var looks = 0
        for _ in 0..<100_000 where portion.count(64) {
            looks += 1
            #expect(
                account.settle(&portion, RateSettings(), subject: SharedMeter(), channel: SharedMeter(), now: 0) == nil
            )
        }
        // Each portion has 64 messages, the first one.
        #expect(looks == 1 + (100_000 - 1) / 64)
    }

    @Test func `a portion is little beside the rates`() {
        #expect(RateSettings().portion == MessageAmount(messages: 64, bytes: 256 << 10))
        let slow = RateSettings(client: MessageRates(messages: rate, bytes: Rate(perSecond: 10)))
        #expect(slow.portion == MessageAmount(messages: 1, bytes: 1))
        let fast = RateSettings(channel: MessageRates(messages: Rate(perSecond: 2_560)))
        #expect(fast.portion.messages == 10)
    }

    @Test(arguments: [
        ("0", 0, 0), ("50", 50, 100), ("50:50", 50, 50), ("50:200", 50, 200), ("0:0", 0, 0),
        ("1000000000", 1_000_000_000, 2_000_000_000),
    ])
    func `a rate is a number, and perhaps one at once`(text: String, perSecond: Int, burst: Int) {
        #expect(CountRate(argument: text)?.rate == Rate(perSecond: perSecond, burst: burst))
    }

    @Test(arguments: ["", ":", "5:", ":5", "-1", "5:4", "5:6:7", "five", "5/s", "1.5", "1000000001", " 5", "5:-5"])
    func `a rate is nothing else`(text: String) {
        #expect(CountRate(argument: text) == nil)
    }

    @Test func `a rate of bytes has units`() {
        #expect(ByteRate(argument: "64K:1M")?.rate == Rate(perSecond: 64 << 10, burst: 1 << 20))
        #expect(ByteRate(argument: "64K")?.rate.burst == 128 << 10)
        #expect(ByteRate(argument: "64X") == nil)
    }

    @Test func `a looser rate frees at once who owes nothing, and what is owed is paid at it`() {
        let (strict, loose) = (Rate(perSecond: 1, burst: 3_600), Rate(perSecond: 100, burst: 200))
        var bucket = TokenBucket()
        #expect(bucket.spend(3_600, of: strict, now: 0) == 0)
        #expect(bucket.wait(for: 1, of: strict, now: 0) > 0.99)
        #expect(bucket.wait(for: 1, of: loose, now: 0) < 0.011)
        #expect(bucket.spend(1, of: loose, now: 0) < 0.011)
        var debtor = TokenBucket()
        #expect(abs(debtor.spend(13_600, of: strict, now: 0) - 10_000) < 1e-6)
        #expect(abs(debtor.spend(0, of: loose, now: 0) - 100) < 1e-6)
    }

    @Test func `a stricter rate leaves what was used, and no more than its burst`() {
        let (loose, strict) = (Rate(perSecond: 100, burst: 200), Rate(perSecond: 1, burst: 50))
        var bucket = TokenBucket()
        #expect(bucket.spend(30, of: loose, now: 0) == 0)
        #expect(bucket.wait(for: 20, of: strict, now: 0) < 1e-6)
        #expect(bucket.wait(for: 21, of: strict, now: 0) > 0.9)
    }

    @Test func `no rate at all forgets nothing that is owed at the next`() {
        var meter = MessageMeter()
        let rates = MessageRates(messages: rate)
        #expect(meter.spend(MessageAmount(messages: 80), of: rates, now: 0) > 4.9)
        #expect(meter.spend(MessageAmount(messages: 1), of: MessageRates(), now: 0) == 0)
        #expect(meter.wait(for: MessageAmount(), of: rates, now: 0) > 4.9)
    }

    @Test func `who was freed by another rate before its time is told anew when it is slowed down again`() {
        let (strict, loose) = (
            MessageRates(messages: Rate(perSecond: 1)), MessageRates(messages: Rate(perSecond: 1_000))
        )
        var (account, portion) = (SendingAccount(), SendingPortion())
        let channel = SharedMeter()
        func send(_ count: Int, _ rates: MessageRates, now: Double) -> SendingAccount.Slowing? {
            for _ in 0..<count { _ = portion.count(1) }
            return account.settle(&portion, RateSettings(client: rates), subject: nil, channel: channel, now: now)
        }
        #expect(send(1_000, strict, now: 0)?.isNews == true)
        #expect(send(0, strict, now: 5)?.isNews == false)
        #expect(send(0, MessageRates(), now: 10) == nil)
        #expect(send(5_000, loose, now: 30)?.isNews == true)
    }
}
