import Testing

@testable import broadcast_server

@Suite struct TraceParentTests {
    private static let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    private static let span = "00f067aa0ba902b7"

    @Test(arguments: [
        "00-\(trace)-\(span)-01", "00-\(trace)-\(span)-00", "cc-\(trace)-\(span)-01",
        "cc-\(trace)-\(span)-01-what-comes",
    ])
    func `ids are read, of later versions too`(field: String) {
        #expect(TraceParent(field)?.traceID == Self.trace)
        #expect(TraceParent(field)?.spanID == Self.span)
    }

    @Test(arguments: [
        "", "-", "00", "00-\(trace)-\(span)", "00-\(trace)-\(span)-01-more", "ff-\(trace)-\(span)-01",
        "0-\(trace)-\(span)-01",
        "00-\(trace)0-\(span)-01", "00-\(trace.uppercased())-\(span)-01", "00-\(trace)-\(span)-0x",
        "00-00000000000000000000000000000000-\(span)-01", "00-\(trace)-0000000000000000-01", "00-\(trace)-\(span)-01 ",
        "00-\(trace)-\(span)-01\u{301}", "00_\(trace)_\(span)_01",
    ])
    func `what is none is passed over`(field: String) {
        #expect(TraceParent(field) == nil)
    }
}
