import Testing

@testable import LWSSwift

@Suite struct FrameLogReaderTests {
    @Test func `a reader that was closed while the log was empty is not counted by what comes later`() {
        var log = FrameLog(SlabPool())
        let start = log.end
        log.addReader(at: start)
        log.closeReader(at: start)
        _ = log.append(.text, [1])
        log.removeReader(at: start, closedAt: start)
        log.markFlushed()
        #expect(log.oldest.slab == 1, "nobody is to read the first slab, so it was freed")
        #expect(log.piece(at: log.oldest, limit: log.end) == nil)
        log.removeAll()
    }
}
