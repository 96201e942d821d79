extension BroadcastGroup {
    /// A place in the order of a group: behind its publication of this number.
    ///
    /// As text it is `<epoch>.<number>`, the epoch with the digits and letters of base 36: fit for JSON, URLs and HTTP fields.
    /// Nobody but the group should look into it.
    public struct Position: Sendable, Hashable {
        /// Which run of numbers it belongs to: numbers of different runs cannot be compared.
        public let epoch: UInt64
        /// Of the publication it is behind; 0 before the first.
        public let number: UInt64

        public init(epoch: UInt64, number: UInt64) {
            self.epoch = epoch
            self.number = number
        }

        /// A run of numbers that nobody else has, short enough for ten digits in text.
        public static func randomEpoch() -> UInt64 { .random(in: 1...(1 << 51)) }
    }

    /// Who sent messages, beyond one connection: what is sent with a tag is left out when that one comes back and is sent what
    /// it missed (``BroadcastGroup/join(_:format:replaying:tag:)``), also what its old connection still sends then. Made up by
    /// the program; from 1.
    public struct SessionTag: Sendable, Hashable {
        private let rawValue: UInt32
        /// What it was made of, the lower 32 bits.
        public var number: UInt64 { UInt64(rawValue) }

        /// - Parameter number: its lower 32 bits count. Two that are alike in these miss each other's messages.
        public init(_ number: UInt64) {
            rawValue = UInt32(truncatingIfNeeded: number)
        }
    }
}

extension BroadcastGroup.Position: LosslessStringConvertible {
    private static let radix = 36
    /// The longest text of a position: 13 and 20 digits, and the point.
    static let maximumBytes = 34

    /// nil for what ``description`` does not give, such as leading zeros and capitals.
    public init?(_ text: String) {
        guard text.utf8.count <= Self.maximumBytes else { return nil }
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let epoch = UInt64(parts[0], radix: Self.radix), let number = UInt64(parts[1]) else {
            return nil
        }
        self.init(epoch: epoch, number: number)
        guard description == text else { return nil }
    }

    public var description: String { "\(String(epoch, radix: Self.radix)).\(number)" }
}
