import ArgumentParser
import Configuration
import LWSSwift
import Logging
import Testing

@testable import broadcast_server

@Suite struct StartSettingsTests {
    private func settings(_ arguments: [String], _ variables: [String: String] = [:]) throws -> StartSettings {
        let command = try StartCommand.parse(arguments)
        let environment = Environment(EnvironmentVariablesProvider(environmentVariables: variables))
        return try StartSettings(flags: command.flags, environment: environment)
    }

    @Test func `without flags and variables the defaults hold`() throws {
        let settings = try settings([])
        #expect(settings.host == "localhost")
        #expect(settings.port == 8088)
        #expect(settings.log == LogSettings(level: .info, file: .init(path: "server.log", levelWhenMissing: .warning)))
    }

    @Test func `a variable wins over the default`() throws {
        let settings = try settings(
            [],
            [
                "BROADCAST_SERVER_HOST": "0.0.0.0",
                "BROADCAST_SERVER_PORT": "9000",
                "BROADCAST_SERVER_LOG_LEVEL": "debug",
                "BROADCAST_SERVER_LOG_FILE": "other.log",
            ]
        )
        #expect(settings.host == "0.0.0.0")
        #expect(settings.port == 9000)
        #expect(settings.log == LogSettings(level: .debug, file: .init(path: "other.log")))
    }

    @Test func `a flag wins over a variable, even one that is wrong`() throws {
        let settings = try settings(
            ["--host", "::1", "--port", "0", "--log-level", "error", "--log-file", "flag.log"],
            [
                "BROADCAST_SERVER_HOST": "0.0.0.0",
                "BROADCAST_SERVER_PORT": "wrong",
                "BROADCAST_SERVER_LOG_LEVEL": "wrong",
                "BROADCAST_SERVER_LOG_FILE": "other.log",
                "BROADCAST_SERVER_NO_LOG_FILE": "true",
            ]
        )
        #expect(settings.host == "::1")
        #expect(settings.port == 0)
        #expect(settings.log == LogSettings(level: .error, file: .init(path: "flag.log")))
    }

    @Test func `clients cannot be given no time at all`() {
        #expect { try settings(["--max-lag", "0s"]) } throws: { error in
            let failure = error as? Failure
            return failure?.code == .usage && failure?.message.contains("--max-lag") == true
        }
    }

    @Test func `the largest message is a number of bytes, and larger ones leave room to be behind`() throws {
        #expect(try settings([]).chat.maximumMessageBytes == 1 << 20)
        #expect(try settings([]).chat.slowClients == SlowMemberPolicy())
        let larger = try settings(["--max-message", "8M"], ["BROADCAST_SERVER_MAX_MESSAGE": "x"]).chat
        #expect(larger.maximumMessageBytes == 8 << 20)
        #expect(larger.slowClients.maximumBytesBehind > 6 * 8 << 20)
        #expect(try settings(["--max-backlog", "1M"]).chat.slowClients.maximumBytesBehind == 1 << 20)
        #expect(try settings([], ["BROADCAST_SERVER_MAX_MESSAGE": "64K"]).chat.maximumMessageBytes == 64 << 10)
        for wrong in ["0", "1023", "65M", "some"] {
            #expect(throws: (any Error).self) { try StartCommand.parse(["--max-message", wrong]) }
            #expect(throws: Failure.self) { try settings([], ["BROADCAST_SERVER_MAX_MESSAGE": wrong]) }
        }
    }

    @Test func `a thousand messages of a day are kept unless others are asked for`() throws {
        #expect(try settings([]).chat.history == HistorySettings())
        #expect(try settings([]).chat.sessionGrace == .seconds(30))
        let chat = try settings(
            ["--history-messages", "50", "--history-age", "10m", "--session-grace", "0"],
            [
                "BROADCAST_SERVER_HISTORY_MESSAGES": "wrong", "BROADCAST_SERVER_HISTORY_BYTES": "2M",
                "BROADCAST_SERVER_HISTORY_TOTAL": "1M", "BROADCAST_SERVER_SESSION_GRACE": "5s",
            ]
        ).chat
        // One channel may not keep more than all together.
        let history = HistorySettings(
            maximumMessages: 50,
            maximumBytes: 1 << 20,
            maximumAge: .seconds(600),
            maximumTotalBytes: 1 << 20
        )
        #expect(chat.history == history)
        #expect(chat.sessionGrace == .zero)
    }

    @Test(arguments: ["messages", "bytes", "age", "total"])
    func `a 0 turns the history off`(flag: String) throws {
        #expect(try settings(["--history-\(flag)", "0"]).chat.history == nil)
        let variable = "BROADCAST_SERVER_HISTORY_\(flag.uppercased())"
        #expect(try settings([], [variable: "0"]).chat.history == nil)
        #expect(throws: (any Error).self) { try StartCommand.parse(["--history-\(flag)=-1"]) }
        #expect(throws: Failure.self) { try settings([], [variable: "some"]) }
    }

    @Test func `an empty variable counts as not set`() throws {
        let settings = try settings([], ["BROADCAST_SERVER_PORT": "", "BROADCAST_SERVER_LOG_FILE": ""])
        #expect(settings.port == 8088)
        #expect(settings.log.file?.path == "server.log")
    }

    @Test(arguments: [("true", nil), ("1", nil), ("YES", nil), ("false", "server.log"), ("0", "server.log")])
    func `a variable can ask for no log file`(value: String, file: String?) throws {
        #expect(try settings([], ["BROADCAST_SERVER_NO_LOG_FILE": value]).log.file?.path == file)
    }

    @Test func `a flag can ask for no log file against a variable that names one`() throws {
        #expect(try settings(["--no-log-file"], ["BROADCAST_SERVER_LOG_FILE": "other.log"]).log.file == nil)
    }

    @Test func `what people say is logged unless that is switched off`() throws {
        #expect(try settings([]).log.keepsMessages)
        #expect(try !settings([], ["BROADCAST_SERVER_LOG_MESSAGES": "off"]).log.keepsMessages)
        #expect(try settings(["--log-messages", "on"], ["BROADCAST_SERVER_LOG_MESSAGES": "off"]).log.keepsMessages)
    }

    @Test func `certificate and key come from flags and variables, and need each other`() throws {
        let settings = try settings(["--tls-cert", "flag.pem"], ["BROADCAST_SERVER_TLS_KEY": "variable.key"])
        let identity = TLSIdentity(certificateChainFile: "flag.pem", privateKeyFile: "variable.key")
        #expect(settings.network.tls?.identity == identity)
        let failure = #expect(throws: Failure.self) { try self.settings(["--tls-cert", "server.pem"]) }
        #expect(failure?.code == .usage)
    }

    @Test func `the ping interval is a time, or 0 for no pings`() throws {
        #expect(try settings([]).network.keepalive == ConnectionLimits.Keepalive())
        #expect(try settings(["--ping-interval", "500ms"]).network.keepalive?.interval == .milliseconds(500))
        #expect(try settings([], ["BROADCAST_SERVER_PING_INTERVAL": "0"]).network.keepalive == nil)
    }

    @Test func `the interval of comments is a time, or 0 for none`() throws {
        #expect(try settings([]).chat.eventCommentInterval == .seconds(15))
        #expect(try settings(["--comment-interval", "500ms"]).chat.eventCommentInterval == .milliseconds(500))
        #expect(try settings([], ["BROADCAST_SERVER_COMMENT_INTERVAL": "0"]).chat.eventCommentInterval == nil)
    }

    @Test func `allowed origins come from flags, else from a variable with commas`() throws {
        let variables = ["BROADCAST_SERVER_ALLOW_ORIGIN": "https://a.example, https://b.example"]
        #expect(try settings([], variables).network.doors.origins.exceptions.count == 2)
        let flags = ["--allow-origin", "https://a.example", "--allow-origin", "*"]
        #expect(try settings(flags, variables).network.doors.origins.exceptions.contains(.all))
        #expect(throws: (any Error).self) { try StartCommand.parse(["--allow-origin", "a.example"]) }
    }

    @Test(arguments: [
        ("BROADCAST_SERVER_ALLOW_ORIGIN", "a.example"),
        ("BROADCAST_SERVER_PORT", "65536"), ("BROADCAST_SERVER_PORT", "-1"), ("BROADCAST_SERVER_PORT", "http"),
        ("BROADCAST_SERVER_LOG_LEVEL", "loud"), ("BROADCAST_SERVER_NO_LOG_FILE", "perhaps"),
    ])
    func `a wrong variable is named in the error`(name: String, value: String) throws {
        let failure = #expect(throws: Failure.self) { try settings([], [name: value]) }
        #expect(failure?.code == .badConfiguration)
        #expect(failure?.message.contains("\(name) is \"\(value)\"") == true)
    }

    @Test(arguments: ["-1", "65536", "99999999999999999999", "http", "", "8o88"])
    func `a port out of range is refused`(port: String) {
        #expect(throws: (any Error).self) { try StartCommand.parse(["--port=\(port)"]) }
    }

    @Test(arguments: ["echo", "durable"])
    func `a flag turns a switch off that a variable turns on`(name: String) throws {
        func isOn(_ arguments: [String], _ variables: [String: String]) throws -> Bool {
            let chat = try settings(arguments + ["--state-dir", "state"], variables).chat
            return name == "echo" ? chat.echoes : chat.isDurable
        }
        let variables = ["BROADCAST_SERVER_\(name.uppercased())": "true"]
        #expect(try isOn([], variables))
        #expect(try !isOn(["--no-\(name)"], variables))
        #expect(try isOn(["--\(name)"], [:]))
        #expect(try !isOn(["--\(name)", "--no-\(name)"], variables))
    }

    @Test func `a file that a flag names is written although a variable wants none`() throws {
        let variables = ["BROADCAST_SERVER_NO_LOG_FILE": "true", "BROADCAST_SERVER_COMPRESSION": "off"]
        #expect(try settings(["--log-file", "a.log"], variables).log.file == LogSettings.File(path: "a.log"))
        #expect(try settings(["--compression", "on"], variables).chat.compression != nil)
    }
}
