import Configuration
import Synchronization

/// What was read of each option, and what was wrong, for those who tell of it.
final class OptionLedger: Sendable {
    private struct State {
        var readings: [String: OptionReading] = [:]
        var problems: [Failure] = []
        /// The provider that had the value which was looked up last.
        var provider: String?
    }

    private let state = Mutex(State())

    var readings: [String: OptionReading] { state.withLock { $0.readings } }
    var problems: [Failure] { state.withLock { $0.problems } }
    var provider: String? { state.withLock { $0.provider } }

    func note<Value>(_ setting: Setting<Value>, _ value: Value, _ source: OptionSource) {
        let reading = OptionReading(source: source, texts: setting.write(value))
        state.withLock { $0.readings[setting.name] = reading }
    }

    func note(_ problem: Failure) {
        state.withLock { $0.problems.append(problem) }
    }
}

extension OptionLedger: AccessReporter {
    func report(_ event: AccessEvent) {
        let result = event.providerResults.first { (try? $0.result.get())?.value != nil }
        state.withLock { $0.provider = result?.providerName }
    }
}
