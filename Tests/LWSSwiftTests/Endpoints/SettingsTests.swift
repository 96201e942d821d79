import Testing

@testable import LWSSwift

/// Settings that cannot be meant are refused by name, before anything is opened.
@Suite struct SettingsTests {
    @Test func `the defaults hold together`() throws {
        try ServiceLoop.Configuration().validate()
        try WebSocketServer.Configuration().validate()
        try WebSocketClient.Configuration().validate()
    }

    static let wrongServers: [(String, @Sendable (inout WebSocketServer.Configuration) -> Void)] = [
        ("maximumConnections", { $0.maximumConnections = 0 }),
        ("maximumConnections", { $0.maximumConnections = .max }),
        ("maximumHeaderFields", { $0.maximumHeaderFields = 0 }),
        ("maximumRequestBodyBytes", { $0.maximumRequestBodyBytes = -1 }),
        ("backlog", { $0.backlog = 0 }),
        ("shutdownDeadline", { $0.shutdownDeadline = .seconds(-1) }),
        ("stallTimeout", { $0.limits.stallTimeout = .zero }),
        ("compression.level", { $0.compression = .init(level: 10) }),
    ]

    @Test(arguments: wrongServers)
    func `a server's`(name: String, change: @Sendable (inout WebSocketServer.Configuration) -> Void) async {
        var configuration = WebSocketServer.Configuration(host: "127.0.0.1", port: 0)
        change(&configuration)
        await #expect {
            _ = try await WebSocketServer.start(configuration, onConnection: echo)
        } throws: {
            Self.names(name, $0)
        }
    }

    static let wrongLoops: [(String, @Sendable (inout ServiceLoop.Configuration) -> Void)] = [
        ("maximumHeaderBytes", { $0.maximumHeaderBytes = 1_023 }),
        ("maximumHeaderBytes", { $0.maximumHeaderBytes = (1 << 20) + 1 }),
        ("maximumHeaderBytes", { $0.maximumHeaderBytes = -1 }),
        ("handlerDeadline", { $0.handlerDeadline = .nanoseconds(-1) }),
    ]

    @Test(arguments: wrongLoops)
    func `a loop's`(name: String, change: @Sendable (inout ServiceLoop.Configuration) -> Void) async {
        var configuration = ServiceLoop.Configuration()
        change(&configuration)
        await #expect {
            _ = try await ServiceLoop.start(configuration)
        } throws: {
            Self.names(name, $0)
        }
    }

    @Test func `a client's`() async {
        var configuration = WebSocketClient.Configuration()
        configuration.connectTimeout = .zero
        #expect { try configuration.validate() } throws: { Self.names("connectTimeout", $0) }
    }

    /// Nothing overflows, and nothing fires at once.
    @Test func `the longest times are no mistake`() async throws {
        let longest = Duration.seconds(Int64.max)
        var configuration = ServiceLoop.Configuration()
        configuration.handlerDeadline = longest
        try await withLoop(configuration) { loop in
            let change: (inout WebSocketServer.Configuration) -> Void = {
                $0.limits.idleTimeout = longest
                $0.limits.messageTimeout = longest
                $0.limits.stallTimeout = longest
                $0.limits.closeTimeout = longest
                $0.limits.handshakeTimeout = longest
                $0.limits.keepalive = .init(interval: longest, timeout: longest)
                $0.shutdownDeadline = longest
            }
            try await withServer(on: loop, change) { server in
                var client = WebSocketClient.Configuration.patient
                client.connectTimeout = longest
                client.limits.closeTimeout = longest
                try await WebSocketClient.connect(to: server.url, client) { connection in
                    try await connection.send("hello")
                    for try await message in connection.messages {
                        #expect(message == "hello")
                        break
                    }
                }
            }
        }
    }

    private static func names(_ setting: String, _ error: any Error) -> Bool {
        (error as? WebSocketError)?.code == .invalidConfiguration && "\(error)".contains(setting)
    }
}
