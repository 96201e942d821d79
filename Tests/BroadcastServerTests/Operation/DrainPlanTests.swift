import Testing

@testable import broadcast_server

/// Who goes when, and comes back when.
@Suite struct DrainPlanTests {
    @Test func `five thousand come back within five seconds, evenly`() {
        let slots = DrainPlan(sequel: .restart, rate: 1_000).slots(5_000)
        #expect(slots.first == .zero)
        #expect(slots.last == .milliseconds(4_999))
        #expect(zip(slots, slots.dropFirst()).allSatisfy { $1 - $0 == .milliseconds(1) })
    }

    @Test func `a few need no time`() {
        #expect(DrainPlan(sequel: .restart, rate: 1_000).slots(3).last == .milliseconds(2))
        #expect(DrainPlan(sequel: .others, rate: 1_000).slots(0) == [])
    }

    @Test func `a span is divided among those who are here`() {
        let plan = DrainPlan(sequel: .others, rate: 1, span: .seconds(30))
        #expect(plan.slots(3) == [.zero, .seconds(10), .seconds(20)])
    }

    @Test func `who can go elsewhere stays until its slot, and who cannot be told`() {
        let cases: [(DrainPlan.Sequel, told: Bool, untold: Bool)] = [
            (.others, true, true), (.restart, false, true), (.successor, false, false),
        ]
        for (sequel, told, untold) in cases {
            let plan = DrainPlan(sequel: sequel, rate: 1)
            #expect(plan.keepsUntilSlot(isTold: true) == told)
            #expect(plan.keepsUntilSlot(isTold: false) == untold)
        }
    }
}
