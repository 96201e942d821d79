import Synchronization

/// The names of the others in the channel, for the thread that reads the keys.
final class KnownNames: Sendable {
    private let names = Mutex<[String]>([])

    var all: [String] {
        get { names.withLock { $0 } }
        set { names.withLock { $0 = newValue } }
    }
}
