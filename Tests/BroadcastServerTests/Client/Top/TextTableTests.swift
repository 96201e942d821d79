import Testing

@testable import broadcast_server

@Suite struct TextTableTests {
    private static func table(_ rows: [[String]]) -> TextTable {
        TerminalText.useUTF8()
        return TextTable(
            columns: [
                .init(title: "ID", alignsRight: true), .init(title: "NAME", least: 4), .init(title: "FORM", rank: 2),
                .init(title: "LAG", alignsRight: true, rank: 1),
            ],
            rows: rows
        )
    }

    private let table = table([["1", "somebody", "text", "0ms"], ["12", "ann", "events", "1500ms"]])

    @Test func `columns are as wide as what is in them`() {
        #expect(
            table.lines(width: nil) == [
                "ID  NAME      FORM       LAG",
                " 1  somebody  text       0ms",
                "12  ann       events  1500ms",
            ]
        )
        #expect(table.lines(width: 28) == table.lines(width: nil))
    }

    @Test func `what is too wide is cut first, and left out then`() {
        #expect(table.lines(width: 26)[1] == " 1  someb…  text       0ms")
        #expect(table.lines(width: 24)[1] == " 1  som…  text       0ms")
        #expect(table.lines(width: 23)[1] == " 1  somebody     0ms")
        #expect(table.lines(width: 15)[0] == "ID  NAME    LAG" || table.lines(width: 15)[0] == "ID  NAME")
        #expect(table.lines(width: 7)[2] == "12  an…" || table.lines(width: 7)[2] == "12  ann")
    }

    @Test(arguments: 1...40)
    func `no line is wider than the terminal`(width: Int) {
        let table = Self.table([["1", "名前名前名前", "text", "0ms"], ["12", "a\u{301}nn 👋", "events", "1500ms"]])
        for line in table.lines(width: width) { #expect(TerminalText.width(line) <= width, "\(line)") }
    }

    @Test func `wide characters are cut where there is room for half of one`() {
        TerminalText.useUTF8()
        #expect(TerminalText.fitted("名前", to: 4) == "名前")
        #expect(TerminalText.fitted("名前名", to: 4) == "名… ")
        #expect(TerminalText.fitted("ab", to: 4, alignsRight: true) == "  ab")
        #expect(TerminalText.fitted("ab", to: 0) == "")
    }

    @Test(arguments: [
        (0, "0"), (9_999, "9999"), (10_000, "10.0k"), (99_949, "99.9k"), (99_950, "100k"), (999_499, "999k"),
        (999_500, "1.0M"), (1_234_567, "1.2M"),
    ])
    func `counts are short`(value: Int, text: String) {
        #expect(Quantity.count(value) == text)
    }

    @Test func `rates, bytes and times are short`() {
        #expect(Quantity.count(0.25) == "0.3" && Quantity.count(12.34) == "12.3" && Quantity.count(123.4) == "123")
        #expect(Quantity.bytes(10_239) == "10239" && Quantity.bytes(10_240) == "10.0K")
        #expect(Quantity.bytes(64 << 20) == "64.0M" && Quantity.bytes(1 << 30) == "1.0G")
        #expect(Quantity.age(seconds: 59) == "59s" && Quantity.age(seconds: 249) == "4m09s")
        #expect(Quantity.age(seconds: 7_260) == "2h01m" && Quantity.age(seconds: 266_400) == "3d02h")
        #expect(Quantity.milliseconds(9_999) == "9999ms" && Quantity.milliseconds(10_000) == "10s")
    }
}
