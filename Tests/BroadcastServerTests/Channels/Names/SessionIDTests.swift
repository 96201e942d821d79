import Testing

@testable import broadcast_server

@Suite struct SessionIDTests {
    @Test func `an id is read back from its 32 digits`() {
        for _ in 0..<1_000 {
            let id = SessionID.random()
            #expect(id.description.utf8.count == 32)
            #expect(SessionID(id.description) == id)
        }
        let small = "00000000000000010000000000000002"
        #expect(SessionID(small)?.description == small)
    }

    @Test func `no two are alike`() {
        #expect(Set((0..<1_000).map { _ in SessionID.random() }).count == 1_000)
    }

    @Test(arguments: [
        "", "0", String(repeating: "0", count: 31), String(repeating: "0", count: 33),
        String(repeating: "g", count: 32),
        "+000000000000000000000000000000 ", "-0000000000000010000000000000002", "٠000000000000000000000000000000",
    ])
    func `anything else is no id`(text: String) {
        #expect(SessionID(text) == nil)
    }
}
