import TestSupport
import Testing

/// What `scripts/fuzz` tries, on the bytes that are kept.
@Suite struct FuzzCaseTests {
    @Test(arguments: FuzzTarget.program)
    func `what must hold for any bytes holds for those that are kept`(target: FuzzTarget) {
        let cases = FuzzCase.all(of: target.name)
        #expect(!cases.isEmpty, "\(target.name) needs seeds")
        for one in cases {
            #expect(throws: Never.self, "\(one)") { try target.check(one.bytes) }
        }
    }
}
