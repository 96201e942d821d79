import ArgumentParser
import Configuration
import Foundation
import Logging
import Testing

@testable import broadcast_server

/// What comes of flags, variables and a file together, and what changes when they are read anew.
@Suite struct StartConfigurationTests {
    private func configuration(
        _ directory: String,
        _ text: String,
        flags: [String] = [],
        _ variables: [String: String] = [:]
    ) throws -> StartConfiguration {
        let path = directory + "/c.yaml"
        try Data(text.utf8).write(to: URL(filePath: path))
        return try StartConfiguration(
            flags: try StartFlags.parse(flags + ["--config", path]),
            variables: EnvironmentVariablesProvider(environmentVariables: variables)
        )
    }

    @Test func `what may change is adopted, and the rest is named`() throws {
        try withTemporaryDirectory { directory in
            var running = try configuration(directory, "allow-origin: https://a.example\nport: 1\n")
            let other = try configuration(directory, "allow-origin: '*'\nport: 2\nlog: {level: error}\necho: true\n")
            #expect(running.adopt(other) == .init(adopted: ["allow-origin", "log-level"], left: ["port", "echo"]))
            #expect(running.settings.network.doors.origins.exceptions == [.all])
            #expect(running.settings.log.level == .error)
            #expect(running.settings.port == 1 && !running.settings.chat.echoes)
            // What was left is left once more, and what was adopted is no change.
            #expect(running.adopt(other) == .init(adopted: [], left: ["port", "echo"]))
        }
    }

    @Test func `names of the server are adopted as they were said, wherever it listens`() throws {
        try withTemporaryDirectory { directory in
            var running = try configuration(directory, "host: localhost\nserver-name: a.example\n")
            let other = try configuration(directory, "host: 0.0.0.0\nserver-name: b.example\n")
            #expect(running.adopt(other) == .init(adopted: ["server-name"], left: ["host"]))
            let names = running.settings.network.doors.names
            #expect(names.allow("b.example") && !names.allow("a.example") && !names.allow("localhost"))
            // Without any, the address decides that the server has.
            #expect(running.adopt(try configuration(directory, "host: 0.0.0.0\n")).adopted == ["server-name"])
            #expect(running.settings.network.doors.names == ServerNames([], listeningAt: "localhost"))
        }
    }

    @Test func `who has said the same is no change`() throws {
        try withTemporaryDirectory { directory in
            var running = try configuration(directory, "history: {age: 24h}\nlog-level: info\n")
            let other = try configuration(directory, "history-age: 1440m\n", ["BROADCAST_SERVER_LOG_LEVEL": "info"])
            #expect(running.adopt(other) == .init())
        }
    }

    @Test func `a server cannot get TLS or lose it`() throws {
        try withTemporaryDirectory { directory in
            let tls = "tls: {cert: a.pem, key: a.key}\n"
            var plain = try configuration(directory, "")
            #expect(plain.adopt(try configuration(directory, tls)).left == ["tls-cert", "tls-key"])
            #expect(plain.settings.network.tls == nil)
            var secure = try configuration(directory, tls)
            #expect(secure.adopt(try configuration(directory, "")).left == ["tls-cert", "tls-key"])
            #expect(secure.settings.network.tls != nil)
            let other = try configuration(directory, "tls: {cert: b.pem, key: a.key}\n")
            #expect(secure.adopt(other) == .init(adopted: ["tls-cert"], left: []))
        }
    }

    @Test func `a variable names the file, unless a flag does`() throws {
        try withTemporaryDirectory { directory in
            try Data("port: 7\n".utf8).write(to: URL(filePath: directory + "/v.yaml"))
            let provider = EnvironmentVariablesProvider(
                environmentVariables: ["BROADCAST_SERVER_CONFIG": directory + "/v.yaml"]
            )
            let configuration = try StartConfiguration(flags: try StartFlags.parse([]), variables: provider)
            #expect(configuration.settings.port == 7)
            #expect(
                configuration.readings["port"]?.source == .file(.init(path: directory + "/v.yaml", line: 1, column: 1))
            )
            let flags = try StartFlags.parse(["--config", directory + "/none.yaml"])
            #expect(throws: StartConfiguration.Problems.self) {
                try StartConfiguration(flags: flags, variables: provider)
            }
        }
    }

    @Test func `one failure stands for all, and says how many more there are`() throws {
        try withTemporaryDirectory { directory in
            let problems = #expect(throws: StartConfiguration.Problems.self) {
                try configuration(directory, "prot: 1\necho: 5\n", ["BROADCAST_SERVER_PORT": "x"])
            }
            #expect(problems?.failures.count == 3)
            #expect(problems?.failure.code == .badConfiguration)
            #expect(problems?.failure.message.contains("2 more are wrong") == true)
        }
    }

    @Test func `certificates that cannot be used are told where they are named`() throws {
        try withTemporaryDirectory { directory in
            let path = directory + "/c.yaml"
            try Data("host: a\ntls:\n  cert: none.pem\n  key: none.key\n".utf8).write(to: URL(filePath: path))
            let problems = #expect(throws: StartConfiguration.Problems.self) {
                try StartConfiguration(
                    flags: try StartFlags.parse(["--config", path]),
                    variables: EnvironmentVariablesProvider(environmentVariables: [:]),
                    checksFiles: true
                )
            }
            #expect(problems?.failures.map(\.code) == [.badConfiguration])
            #expect(problems?.failures.first?.message.hasPrefix("\(path):3:3: ") == true)
        }
    }

    @Test func `variables that are none of an option are noted`() {
        let notes = UnknownVariables.notes(in: [
            "BROADCAST_SERVER_PORT": "1", "BROADCAST_SERVER_PROT": "1", "BROADCAST_SERVER_SERVICE_HOST": "a",
            "PATH": "",
        ])
        #expect(
            notes == [
                "No option has the variable BROADCAST_SERVER_PROT. Is it BROADCAST_SERVER_PORT that you mean?",
                "No option has the variable BROADCAST_SERVER_SERVICE_HOST.",
            ]
        )
    }
}
