import Testing

@testable import LWSSwift

/// The log against a naive model, through many operations that a seed determines; `scripts/fuzz` looks for others.
@Suite struct FrameLogModelTests {
    @Test(arguments: 0..<24 as Range<UInt64>)
    func `whatever is done, readers read every byte, and exactly what nobody needs is freed`(seed: UInt64) throws {
        var random = SplitMix(state: seed)
        // Enough for 600 operations, most of which take one to three bytes.
        try FuzzTarget.frameLog.check((0..<2_400).map { _ in UInt8.random(in: 0...255, using: &random) })
    }
}
