import Testing

@testable import broadcast_server

@Suite struct SessionRegisterTests {
    private let start = ContinuousClock.now
    private var register = SessionRegister()

    private static func key(_ channel: String = "/") throws -> SessionRegister.Key {
        .init(channel: try #require(ChannelName(path: channel)), id: .random())
    }

    @Test mutating func `keys are known again after a reconnect`() throws {
        let key = try Self.key()
        register.open(key, now: start)
        _ = register.take("a", in: key)
        register.confirm("a", id: 7, in: key)
        register.close(key, now: start)
        register.open(key, now: start + SessionRegister.retention)
        #expect(register.take("a", in: key) == .sent(id: 7))
    }

    @Test mutating func `what is confirmed after the end counts too`() throws {
        let key = try Self.key()
        register.open(key, now: start)
        _ = register.take("a", in: key)
        register.close(key, now: start)
        register.confirm("a", id: 7, in: key)
        register.open(key, now: start)
        #expect(register.take("a", in: key) == .sent(id: 7))
    }

    @Test mutating func `a session is forgotten after its time`() throws {
        let key = try Self.key()
        register.open(key, now: start)
        _ = register.take("a", in: key)
        register.close(key, now: start)
        register.open(key, now: start + SessionRegister.retention + .nanoseconds(1))
        #expect(register.take("a", in: key) == .new)
    }

    @Test mutating func `the time begins anew with each end`() throws {
        let key = try Self.key()
        let half = SessionRegister.retention * 0.5
        register.open(key, now: start)
        _ = register.take("a", in: key)
        register.close(key, now: start)
        register.open(key, now: start + half)
        register.close(key, now: start + half)
        // The first end is long ago, the second is not.
        register.open(key, now: start + half * 2 + .seconds(1))
        #expect(register.take("a", in: key) == .underWay)
    }

    @Test mutating func `two connections of a session share its keys`() throws {
        let key = try Self.key()
        register.open(key, now: start)
        register.open(key, now: start)
        _ = register.take("a", in: key)
        register.close(key, now: start)
        #expect(register.take("a", in: key) == .underWay)
        #expect(register.count == 1)
    }

    @Test mutating func `a session without keys leaves nothing behind`() throws {
        let key = try Self.key()
        register.open(key, now: start)
        register.close(key, now: start)
        #expect(register.count == 0)
    }

    @Test mutating func `a session is one of its channel`() throws {
        let key = try Self.key("/a")
        let elsewhere = SessionRegister.Key(channel: try #require(ChannelName(path: "/b")), id: key.id)
        register.open(key, now: start)
        register.open(elsewhere, now: start)
        _ = register.take("a", in: key)
        #expect(register.take("a", in: elsewhere) == .new)
    }

    @Test mutating func `the latest 1,000 without a connection are remembered`() throws {
        let keys = try (0...SessionRegister.maximumRetained).map { _ in try Self.key() }
        for key in keys {
            register.open(key, now: start)
            _ = register.take("a", in: key)
            register.close(key, now: start)
        }
        #expect(register.count == SessionRegister.maximumRetained)
        for key in [keys[0], keys[1]] { register.open(key, now: start) }
        #expect(register.take("a", in: keys[0]) == .new)
        #expect(register.take("a", in: keys[1]) == .underWay)
    }
}
