import Testing

@testable import broadcast_server

@Suite struct QuantityTests {
    @Test(arguments: [
        ("5s", Duration.seconds(5)), ("500ms", .milliseconds(500)), ("2m", .seconds(120)), ("1h", .seconds(3_600)),
        ("1.5s", .milliseconds(1_500)), ("10", .seconds(10)), ("0", .zero),
    ])
    func `a duration is a number with a unit`(text: String, duration: Duration) {
        #expect(TimeSpan(argument: text)?.duration == duration)
    }

    @Test(arguments: ["", "s", "-1s", "5 s", "5d", "soon", "1e9s", "9999999999h", "nan", "inf", ".", "٣s"])
    func `what is no duration is refused`(text: String) {
        #expect(TimeSpan(argument: text) == nil)
    }

    @Test(arguments: [("1", 1), ("65536", 65_536), ("64K", 65_536), ("64k", 65_536), ("1M", 1 << 20), ("1G", 1 << 30)])
    func `a size is a number of bytes, perhaps with a unit`(text: String, count: Int) {
        #expect(ByteCount(argument: text)?.bytes == count)
    }

    @Test(arguments: [(0, "0"), (1_000, "1000"), (512 << 10, "512K"), (1 << 20, "1M"), (1 << 30, "1G")])
    func `help shows a size as one would write it`(count: Int, text: String) {
        #expect(ByteCount(count).defaultValueDescription == text)
    }

    @Test(arguments: [
        (Duration.zero, "0"), (.milliseconds(500), "500ms"), (.seconds(30), "30s"), (.seconds(90), "90s"),
        (.seconds(120), "2m"), (.seconds(24 * 3_600), "24h"),
    ])
    func `help shows a duration as one would write it`(duration: Duration, text: String) {
        #expect(TimeSpan(duration).defaultValueDescription == text)
        #expect(TimeSpan(argument: text)?.duration == duration)
    }

    @Test func `what lies outside of the bounds is refused, with what they are`() {
        let form = OptionForm<ByteCount>.within(ByteCount(1 << 10)...ByteCount(64 << 20))
        #expect(form.read("64M") == ByteCount(64 << 20))
        #expect(form.read("1023") == nil && form.read("65M") == nil && form.read("many") == nil)
        #expect(form.rule == "Use a number of bytes from 1K to 64M, such as 65536, 64K or 1M.")
    }

    @Test(arguments: ["", "-1", "1000001", "1K", "many", "99999999999999999999"])
    func `what is no number of messages is refused`(text: String) {
        #expect(ServerOptions.table.historyMessages.read(text) == nil)
    }

    @Test(arguments: ["", "K", "5ß", "-1", "2G", "1T", "1.5M", "99999999999999999999", "9223372036854775807K"])
    func `what is no size, or is out of range, is refused`(text: String) {
        #expect(ByteCount(argument: text) == nil)
    }
}
