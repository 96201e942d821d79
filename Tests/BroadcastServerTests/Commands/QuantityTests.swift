import Testing

@testable import broadcast_server

@Suite struct QuantityTests {
    @Test(arguments: [
        ("5s", Duration.seconds(5)), ("500ms", .milliseconds(500)), ("2m", .seconds(120)), ("1h", .seconds(3_600)),
        ("1.5s", .milliseconds(1_500)), ("10", .seconds(10)), ("0", .zero),
    ])
    func `a duration is a number with a unit`(text: String, duration: Duration) {
        #expect(TimeSpan.parse(text) == duration)
    }

    @Test(arguments: ["", "s", "-1s", "5 s", "5d", "soon", "1e9s", "9999999999h", "nan", "inf", ".", "٣s"])
    func `what is no duration is refused`(text: String) {
        #expect(TimeSpan.parse(text) == nil)
    }

    @Test(arguments: [("1", 1), ("65536", 65_536), ("64K", 65_536), ("64k", 65_536), ("1M", 1 << 20), ("1G", 1 << 30)])
    func `a size is a number of bytes, perhaps with a unit`(text: String, count: Int) {
        #expect(ByteCount.parse(text) == count)
    }

    @Test(arguments: [("0", 0), ("0K", 0), ("1M", 1 << 20)])
    func `a size may be none where that makes sense`(text: String, count: Int) {
        #expect(ByteCount.parseOrNone(text) == count)
    }

    @Test(arguments: [("0", 0), ("1000", 1_000), ("1000000", 1_000_000)])
    func `a number of messages is a number`(text: String, count: Int) {
        #expect(MessageCount.parse(text) == count)
    }

    @Test(arguments: ["", "-1", "1000001", "1K", "many", "99999999999999999999"])
    func `what is no number of messages is refused`(text: String) {
        #expect(MessageCount.parse(text) == nil)
    }

    @Test(arguments: ["", "0", "K", "-1", "2G", "1T", "1.5M", "99999999999999999999", "9223372036854775807K"])
    func `what is no size, or is out of range, is refused`(text: String) {
        #expect(ByteCount.parse(text) == nil)
    }
}
