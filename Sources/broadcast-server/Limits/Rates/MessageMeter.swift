/// How many messages, and how many bytes of them, there may be in a second.
struct MessageRates: Sendable, Equatable {
    var messages = Rate.none
    var bytes = Rate.none

    var isLimit: Bool { messages.isLimit || bytes.isLimit }
}

/// How many messages there are, and how many bytes.
struct MessageAmount: Sendable, Equatable {
    var messages = 0
    var bytes = 0

    static func + (one: MessageAmount, other: MessageAmount) -> MessageAmount {
        MessageAmount(messages: one.messages + other.messages, bytes: one.bytes + other.bytes)
    }
}

/// What is left of the rates of one who sends messages. Pure.
struct MessageMeter: Sendable, Equatable {
    private var messages = TokenBucket()
    private var bytes = TokenBucket()

    /// - Returns: in how many seconds nothing is owed; 0 when nothing is.
    mutating func spend(_ amount: MessageAmount, of rates: MessageRates, now: Double) -> Double {
        var wait = 0.0
        if rates.messages.isLimit { wait = messages.spend(amount.messages, of: rates.messages, now: now) }
        if rates.bytes.isLimit { wait = max(wait, bytes.spend(amount.bytes, of: rates.bytes, now: now)) }
        return wait
    }

    /// In how many seconds there is as much.
    func wait(for amount: MessageAmount, of rates: MessageRates, now: Double) -> Double {
        var wait = 0.0
        if rates.messages.isLimit { wait = messages.wait(for: amount.messages, of: rates.messages, now: now) }
        if rates.bytes.isLimit { wait = max(wait, bytes.wait(for: amount.bytes, of: rates.bytes, now: now)) }
        return wait
    }
}

/// A meter of several connections, on whatever loops they live.
final class SharedMeter: Sendable {
    private let meter = Monitor(MessageMeter())

    func spend(_ amount: MessageAmount, of rates: MessageRates, now: Double) -> Double {
        meter.withLock { $0.spend(amount, of: rates, now: now) }
    }

    func wait(for amount: MessageAmount, of rates: MessageRates, now: Double) -> Double {
        meter.withLock { $0.wait(for: amount, of: rates, now: now) }
    }
}
