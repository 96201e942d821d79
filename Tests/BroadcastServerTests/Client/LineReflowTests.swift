import Testing

@testable import broadcast_server

@Suite struct LineReflowTests {
    /// Of 135 characters, which fill three rows of 45.
    private let line = Array(repeating: Unicode.Scalar("x"), count: 135)

    @Test func `with the same width the cursor is where it was left`() {
        let reflow = LineReflow(columns: 60)
        #expect(reflow.rowsAbove(line, width: 60) == 2)
    }

    @Test func `the column of the cursor tells whether the terminal breaks rows anew`() {
        var breaking = LineReflow(columns: 60)
        #expect(breaking.rowsAbove(line, width: 40, cursorColumn: 15) == 3)
        // Kept and broken alike: what was learnt decides.
        breaking.columns = 60
        #expect(breaking.rowsAbove(line, width: 30, cursorColumn: 15) == 4)
        var keeping = LineReflow(columns: 80)
        #expect(keeping.rowsAbove(line, width: 50, cursorColumn: 49) == 1)
        keeping.columns = 80
        #expect(keeping.rowsAbove(line, width: 90) == 1)
    }

    @Test(arguments: [44, 45])
    func `behind a row that is full the cursor stays on it, in whatever column the terminal says`(column: Int) {
        var reflow = LineReflow(columns: 60)
        #expect(reflow.rowsAbove(line, width: 45, cursorColumn: column) == 2)
        reflow.columns = 60
        #expect(reflow.rowsAbove(line, width: 45) == 2)
    }

    @Test func `a terminal that moves the cursor to the next row is followed`() {
        var reflow = LineReflow(columns: 60)
        #expect(reflow.rowsAbove(line, width: 45, cursorColumn: 0) == 3)
    }

    @Test func `an answer for another width is none`() {
        var reflow = LineReflow(columns: 60)
        #expect(reflow.rowsAbove(line, width: 100, cursorColumn: 3) == nil)
    }

    @Test func `without an answer a remainder may stay, and nothing above is lost`() {
        let reflow = LineReflow(columns: 60)
        #expect(reflow.rowsAbove(line, width: 30) == 2)
        #expect(reflow.rowsAbove(line, width: 100) == 1)
    }
}
