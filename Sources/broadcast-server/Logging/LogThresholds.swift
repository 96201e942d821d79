import Logging
import Synchronization

/// From which level on lines are written, on the console and to the file, and whether what people say is: looked at for
/// every line, on any thread, and changed at any time.
final class LogThresholds: Sendable {
    struct Values: Equatable, Sendable {
        /// nil for no line at all.
        var console: Logger.Level?
        var file: Logger.Level?
        var keepsMessages: Bool

        /// Whether a line of this level is written on the console.
        func showsOnConsole(_ level: Logger.Level) -> Bool { console.map { level >= $0 } ?? false }
        func goesToFile(_ level: Logger.Level) -> Bool { file.map { level >= $0 } ?? false }

        /// The least severe level that is written anywhere.
        var least: Logger.Level { min(console ?? .critical, file ?? .critical) }
        var hasMessages: Bool { keepsMessages && least <= .info }
    }

    private static let levels = Logger.Level.allCases
    /// The places of the levels in a byte each, and a bit.
    private let packed: Atomic<UInt32>

    init(_ values: Values) {
        packed = Atomic(Self.pack(values))
    }

    var values: Values {
        get {
            let bits = packed.load(ordering: .relaxed)
            return Values(
                console: Self.level(bits & 0xFF),
                file: Self.level(bits >> 8 & 0xFF),
                keepsMessages: bits >> 16 != 0
            )
        }
        set {
            packed.store(Self.pack(newValue), ordering: .relaxed)
        }
    }

    private static func pack(_ values: Values) -> UInt32 {
        place(values.console) | place(values.file) << 8 | (values.keepsMessages ? 1 << 16 : 0)
    }

    private static func place(_ level: Logger.Level?) -> UInt32 {
        UInt32(level.flatMap(levels.firstIndex) ?? levels.count)
    }

    private static func level(_ place: UInt32) -> Logger.Level? {
        place < levels.count ? levels[Int(place)] : nil
    }
}
