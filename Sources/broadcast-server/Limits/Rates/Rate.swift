import ArgumentParser

/// How much of something there may be in a second, and how much at once after a while without: `50`, or `50:200`. 0 is no
/// limit.
struct Rate: Sendable, Equatable {
    let perSecond: Int
    let burst: Int

    /// - Parameter burst: nil for what two seconds allow.
    init(perSecond: Int, burst: Int? = nil) {
        self.perSecond = perSecond
        self.burst = burst ?? 2 * perSecond
    }

    static let none = Rate(perSecond: 0)

    var isLimit: Bool { perSecond > 0 }

    /// How many seconds so much takes.
    func seconds(for amount: Int) -> Double { Double(amount) / Double(perSecond) }
}

extension Rate {
    /// As it would be written; what may come at once only where that is not what goes without saying.
    ///
    /// - Parameter number: writes one of the numbers.
    fileprivate func description(_ number: (Int) -> String) -> String {
        burst == 2 * perSecond ? number(perSecond) : "\(number(perSecond)):\(number(burst))"
    }

    /// Reads `50` and `50:200`.
    ///
    /// - Parameter number: reads one of the numbers.
    fileprivate init?(_ text: String, _ number: (String) -> Int?) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard 1...2 ~= parts.count, let perSecond = number(String(parts[0])) else { return nil }
        guard parts.count == 2 else {
            self.init(perSecond: perSecond)
            return
        }
        guard let burst = number(String(parts[1])), burst >= perSecond else { return nil }
        self.init(perSecond: perSecond, burst: burst)
    }
}

/// A rate of messages, or of anything that is counted.
struct CountRate: OptionValue, Equatable {
    static let valueName = "rate"
    static let rule =
        "Use a number for each second, 0 for no limit, and perhaps one at once that is as large, as in 50:200."
    static let none = CountRate(rate: .none)

    let rate: Rate

    init(rate: Rate) {
        self.rate = rate
    }

    init?(argument text: String) {
        guard let rate = Rate(text, { Int($0).flatMap { 0...1_000_000_000 ~= $0 ? $0 : nil } }) else { return nil }
        self.rate = rate
    }

    var defaultValueDescription: String { rate.description { "\($0)" } }
}

/// A rate of bytes.
struct ByteRate: OptionValue, Equatable {
    static let valueName = "bytes"
    static let rule = "Use bytes for each second, 0 for no limit, and perhaps as many or more at once, as in 64K:1M."
    static let none = ByteRate(rate: .none)

    let rate: Rate

    init(rate: Rate) {
        self.rate = rate
    }

    init?(argument text: String) {
        guard let rate = Rate(text, { ByteCount(argument: $0)?.bytes }) else { return nil }
        self.rate = rate
    }

    var defaultValueDescription: String { rate.description { ByteCount($0).defaultValueDescription } }
}
