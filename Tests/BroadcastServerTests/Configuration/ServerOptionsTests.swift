import ArgumentParser
import Configuration
import Testing

@testable import broadcast_server

/// One table feeds flags, variables and help.
@Suite struct ServerOptionsTests {
    private let help = StartCommand.helpMessage(includeHidden: false, columns: 10_000)

    @Test func `each option has its flag`() {
        for option in ServerOptions.descriptions {
            let flag = option.valueName.map { "--\(option.name) <\($0)>" } ?? "--\(option.name)"
            #expect(help.contains("\n  \(flag)"), "\(flag)")
        }
    }

    @Test func `each flag is of the table`() throws {
        let flags = help.split(separator: "\n").compactMap { line in
            line.hasPrefix("  --") ? String(line.dropFirst(4).prefix { $0 != " " && $0 != "/" }) : nil
        }
        let others = ["print-config", "version"]
        #expect(flags.filter { !others.contains($0) } == ServerOptions.descriptions.map(\.name))
    }

    @Test func `each switch has a form that turns it off`() {
        for option in ServerOptions.descriptions where option.valueName == nil && option.name != "no-log-file" {
            #expect(help.contains("--\(option.name)/--no-\(option.name)"))
        }
    }

    @Test func `the help names the variable of each option`() {
        for option in ServerOptions.descriptions {
            #expect(help.contains("\n  \(Environment.variable(option.name)) "), "\(option.name)")
        }
        #expect(Environment.variable("history-age") == "BROADCAST_SERVER_HISTORY_AGE")
    }

    private static let texts: Set = [
        "host", "state-dir", "token-file", "token-key", "token-secret", "token-issuer", "token-audience", "revoked",
        "admin-socket",
    ]

    @Test func `the variable of each option is read`() throws {
        let flags = try StartFlags.parse([])
        for option in ServerOptions.descriptions where option.name != "log-file" && option.isForFile {
            // What no option takes; of texts every one is taken, and the settings show it.
            let variables = [Environment.variable(option.name): "\u{7F}"]
            let environment = Environment(EnvironmentVariablesProvider(environmentVariables: variables))
            if Self.texts.contains(option.name) {
                let settings = try StartSettings(flags: flags, environment: environment)
                #expect("\(settings)".contains(#"\u{7F}"#), "\(option.name)")
            } else {
                #expect(throws: Failure.self, "\(option.name)") {
                    try StartSettings(flags: flags, environment: environment)
                }
            }
        }
    }

    @Test func `each option of the file is read`() throws {
        let environment = Environment(EnvironmentVariablesProvider(environmentVariables: [:]))
        _ = try StartSettings(flags: try StartFlags.parse([]), environment: environment)
        let names = ServerOptions.descriptions.filter(\.isForFile).map(\.name)
        #expect(Set(environment.ledger.readings.keys) == Set(names))
    }

    @Test func `of what may hold a password only the name is told`() throws {
        let variables = ["BROADCAST_SERVER_CLUSTER": "http://ann:s3cret@localhost:4222"]
        let environment = Environment(EnvironmentVariablesProvider(environmentVariables: variables))
        let failure = #expect(throws: Failure.self) {
            try StartSettings(flags: try StartFlags.parse([]), environment: environment)
        }
        #expect(failure?.message.contains("BROADCAST_SERVER_CLUSTER") == true)
        #expect(failure?.message.contains("s3cret") == false)
        #expect(NATSServers.withoutSecrets("nats://ann:s3cret@localhost:4222") == "nats://localhost:4222")
        #expect(NATSServers.withoutSecrets("nats://localhost:4222") == "nats://localhost:4222")
    }

    @Test func `the help shows the defaults as they would be written`() {
        for part in ["(default: 8088)", "(default: 24h)", "(default: 64M)", "(default: drop-newest)"] {
            #expect(help.contains(part) == (part != "(default: drop-newest)"), "\(part)")
        }
    }
}
