import ArgumentParser

/// The flags that say how clients are sent away, and come back.
struct DrainFlags: ParsableArguments {
    @Option(\.drainDelay) var drainDelay: TimeSpan?
    @Option(\.drainRate) var drainRate: Int?
}
