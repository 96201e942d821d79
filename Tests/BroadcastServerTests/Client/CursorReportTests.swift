import Testing

@testable import broadcast_server

@Suite struct CursorReportTests {
    private func progress(_ text: String) -> CursorReport.Progress {
        var report = CursorReport()
        var progress = CursorReport.Progress.unfinished
        for scalar in text.unicodeScalars where progress == .unfinished { progress = report.push(scalar) }
        return progress
    }

    @Test(arguments: [("\u{1B}[1;1R", 0), ("\u{1B}[24;80R", 79), ("\u{1B}[3;12345R", 12_344)])
    func `a report tells the column`(text: String, column: Int) {
        #expect(progress(text) == .finished(column: column))
    }

    @Test(arguments: ["\u{1B}b", "\u{1B}[A", "\u{1B}[1~", "\u{1B}[;5R", "\u{1B}[5R", "\u{1B}[1;0R", "\u{1B}[1;2A", "x"])
    func `other keys are none`(text: String) {
        #expect(progress(text) == .other)
    }

    @Test func `digits without an end are none`() {
        #expect(progress("\u{1B}[" + String(repeating: "1", count: 100)) == .other)
    }
}
