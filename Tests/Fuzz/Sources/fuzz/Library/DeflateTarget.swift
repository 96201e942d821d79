@testable import LWSSwift

extension FuzzTarget {
    /// What is inflated keeps to its limit and does not depend on what was inflated before; what is deflated comes back.
    static let deflate = FuzzTarget("deflate") { bytes throws(Violation) in
        let maximumBytes = 20_000
        let inflater = Inflater()
        let first = inflate(bytes, maximumBytes, inflater)
        if case .success(let message) = first {
            try require(message.count <= maximumBytes, "\(message.count) bytes are more than the limit")
            // At the limit exactly, and one below it.
            try require(inflate(bytes, message.count, inflater) == first, "a message as long as the limit is refused")
            if !message.isEmpty {
                try require(inflate(bytes, message.count - 1, inflater) == .failure(.tooBig), "the limit does not hold")
            }
        }
        let window = Deflater.windowBits.lowerBound + bytes.count % Deflater.windowBits.count
        let level = 1 + bytes.count % 9
        let deflater = Deflater(windowBits: window)
        let compressed = unsafe bytes.withUnsafeBytes { bytes in
            // The result stands in memory of the deflater.
            withExtendedLifetime(deflater) {
                unsafe deflater.deflate(bytes, level: level).map { unsafe Array($0) }
            }
        }
        if let compressed {
            try require(compressed.count < bytes.count, "it has not become shorter")
            try require(inflate(compressed, bytes.count, inflater) == .success(bytes), "it does not come back")
        }
        try require(inflate(bytes, maximumBytes, inflater) == first, "it depends on what was inflated before")
        // One that keeps the context takes more: what refers back beyond the end of a stream within the message.
        let keeper = Inflater(keepsContext: true)
        let kept = inflate(bytes, maximumBytes, keeper)
        if case .success = first { try require(kept == first, "with a context to keep it is another message") }
        if case .success(let message) = inflate(bytes, maximumBytes, keeper) {
            try require(message.count <= maximumBytes, "\(message.count) bytes are more than the limit")
        }
    }

    private static func inflate(
        _ bytes: [UInt8],
        _ maximumBytes: Int,
        _ inflater: Inflater
    ) -> Result<[UInt8], Inflater.Failure> {
        unsafe bytes.withUnsafeBytes { bytes in
            do throws(Inflater.Failure) {
                return .success(try unsafe inflater.inflate(bytes, maximumBytes: maximumBytes))
            } catch {
                return .failure(error)
            }
        }
    }
}
