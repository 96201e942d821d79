import Testing

@testable import broadcast_server

/// What is asked of the process as a whole.
@Suite(.timeLimit(.minutes(1))) struct ServerControlTests {
    private let stop = StopSignals()

    @Test func `an upgrade is answered with the process that takes over, and a later one is refused`() async throws {
        let control = ServerControl(stop)
        var causes = stop.causes.makeAsyncIterator()
        async let process = control.upgrade()
        #expect(await causes.next() == .upgrade)
        control.give(to: 17)
        #expect(try await process == 17)
        // This process sends its clients away meanwhile: nobody would hear of it any more.
        let failure = await #expect(throws: Failure.self) { try await control.upgrade() }
        #expect(failure?.code == .unavailable)
    }

    @Test func `when the other process has ended before its turn the next is tried`() async throws {
        let control = ServerControl(stop)
        control.give(to: 17)
        control.goOn()
        var causes = stop.causes.makeAsyncIterator()
        async let process = control.upgrade()
        #expect(await causes.next() == .upgrade)
        control.give(to: 18)
        #expect(try await process == 18)
    }

    @Test func `a second order to drain is refused`() throws {
        let control = ServerControl(stop)
        try control.drain(over: .seconds(3))
        #expect(throws: Failure.self) { try control.drain(over: .seconds(1)) }
        #expect(stop.isEndAskedFor)
    }
}
