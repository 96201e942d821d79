import Testing

@testable import broadcast_server

@Suite struct NearestNameTests {
    private let names = ServerOptions.descriptions.map(\.name)

    @Test(arguments: [
        ("prot", "port"), ("Port", "port"), ("history_messages", "history-messages"), ("histroy-age", "history-age"),
        ("tls-certificate", "tls-cert"), ("compresion", "compression"), ("allow-origins", "allow-origin"),
        ("statedir", "state-dir"),
    ])
    func `what was probably meant is found`(wrong: String, right: String) {
        #expect(NearestName.of(wrong, among: names) == right)
    }

    @Test(arguments: ["", "x", "zzzzzzz", "<<", "--------", String(repeating: "port", count: 1_000)])
    func `of what is like nothing nothing is said`(wrong: String) {
        #expect(NearestName.of(wrong, among: names) == nil)
    }

    @Test(arguments: [("", "", 0), ("a", "", 1), ("", "ab", 2), ("ab", "ba", 1), ("kitten", "sitting", 3)])
    func `letters are put in, taken out, changed and swapped`(one: String, other: String, distance: Int) {
        #expect(NearestName.distance(Array(one.utf8), Array(other.utf8)) == distance)
    }
}
