/// How the clients of a server are sent away, and come back.
struct DrainSettings: Equatable, Sendable {
    /// How long it goes on once it has said that nobody should be sent to it.
    var delay = Duration.zero
    /// How many clients come back in a second.
    var rate = 1_000

    init() {}

    /// - Throws: a failure that names the variable that is wrong.
    init(flags: DrainFlags, environment: Environment) throws(Failure) {
        delay = try environment.value(\.drainDelay, flags.drainDelay).duration
        rate = try environment.value(\.drainRate, flags.drainRate)
    }
}
