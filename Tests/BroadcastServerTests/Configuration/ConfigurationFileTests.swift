import ArgumentParser
import Configuration
import Logging
import Testing

@testable import broadcast_server

/// What a configuration file may say, and what is told when it cannot be understood.
@Suite struct ConfigurationFileTests {
    private func settings(_ text: String, flags: [String] = [], _ variables: [String: String] = [:]) throws
        -> StartSettings
    {
        let file = ConfigurationFile(text, path: "c.yaml")
        #expect(file.problems.map(\.message) == [])
        return try StartSettings(
            flags: try StartFlags.parse(flags),
            environment: Environment(EnvironmentVariablesProvider(environmentVariables: variables), file: file)
        )
    }

    private func problems(_ text: String) -> [String] {
        ConfigurationFile(text, path: "c.yaml").problems.map(\.message)
    }

    @Test func `keys are the names of options, or are joined with hyphens`() throws {
        let flat = try settings("history-messages: 500\nlog-level: debug\nhistory-age: 2h\n")
        let nested = try settings("history: {messages: 500}\nlog:\n  level: debug\nhistory-age: 2h\n")
        #expect(flat == nested)
        #expect(flat.chat.history?.maximumMessages == 500)
        #expect(flat.log.level == .debug)
    }

    @Test func `a list is a list, or one text with commas`() throws {
        for text in ["[https://a.example, 'https://b.example']", "https://a.example, https://b.example"] {
            #expect(try settings("allow-origin: \(text)").network.doors.origins.exceptions.count == 2)
        }
        #expect(try settings("allow-origin:\n- https://a.example\n").network.doors.origins.exceptions.count == 1)
        let cluster = "cluster: [nats://a.example:4222, nats://b.example:4222]"
        #expect(try settings(cluster).cluster?.servers.urls == ["nats://a.example:4222", "nats://b.example:4222"])
    }

    @Test(arguments: ["true", "yes", "on", "\"on\"", "True", "1"])
    func `switches are turned on by any of the words for it`(word: String) throws {
        let settings = try settings("echo: \(word)\nno-log-file: \(word)\ncompression: \(word)")
        #expect(settings.chat.echoes && settings.log.file == nil && settings.chat.compression != nil)
    }

    @Test(arguments: ["", "# nothing\n", "---\n", "---\n...\n", "~\n", "{}\n"])
    func `a file without options is fine`(text: String) throws {
        #expect(try settings(text) == settings("host: localhost"))
    }

    @Test func `a flag wins over a variable, that over the file, that over the default`() throws {
        let text = "port: 1\nhost: file\nlog-level: error\nallow-origin: '*'\n"
        let variables = ["BROADCAST_SERVER_PORT": "2", "BROADCAST_SERVER_HOST": "variable"]
        let settings = try settings(text, flags: ["--port", "3"], variables)
        #expect((settings.port, settings.host) == (3, "variable"))
        #expect(settings.log.level == .error)
        #expect(settings.network.doors.origins.exceptions == [.all])
        #expect(settings.chat == ChatSettings())
    }

    @Test func `the stronger one decides whether there is a log file`() throws {
        let none = "no-log-file: true\nlog-file: file.log"
        #expect(try settings(none).log.file == nil)
        #expect(try settings(none, [:]).log.file == nil)
        #expect(try settings(none, ["BROADCAST_SERVER_LOG_FILE": "v.log"]).log.file?.path == "v.log")
        #expect(try settings(none, flags: ["--log-file", "f.log"]).log.file?.path == "f.log")
        let some = "log-file: file.log"
        #expect(try settings(some, ["BROADCAST_SERVER_NO_LOG_FILE": "true"]).log.file == nil)
        #expect(try settings(some, flags: ["--no-log-file"]).log.file == nil)
        #expect(try settings("no-log-file: false\nlog: {file: file.log}").log.file?.path == "file.log")
    }

    @Test func `everything that is wrong is told, in the order of the file`() {
        let text = """
            prot: 1
            history: {mesages: 5, age: 2x}
            log:
              level: loud
            history-age: 3h
            allow-origin: [https://a.example, b]
            """
        #expect(
            problems(text) == [
                "c.yaml:1:1: There is no option \"prot\". Is it \"port\" that you mean?",
                "c.yaml:2:11: There is no option \"history-mesages\". Is it \"history-messages\" that you mean?",
                "c.yaml:2:28: \"history-age\" is \"2x\". \(TimeSpan.rule)",
                "c.yaml:4:10: \"log-level\" is \"loud\". \(LogLevel.rule)",
                "c.yaml:5:1: \"history-age\" is said already, in line 2. Leave one of them.",
                "c.yaml:6:35: \"allow-origin\" is \"b\". \(OriginPolicy.Exception.rule)",
            ]
        )
    }

    @Test func `a name that stands twice hides nothing else`() {
        let text = """
            # Names
            port: 1
            "host": a
            tls:
              cert: a.pem
              cert: b.pem
            port: 2
            'host': b
            prot: 3
            port : 4
            echo: perhaps
            """
        #expect(
            problems(text) == [
                "c.yaml:6:3: \"cert\" is said already, in line 5. Leave one of them.",
                "c.yaml:7:1: \"port\" is said already, in line 2. Leave one of them.",
                "c.yaml:8:1: \"host\" is said already, in line 3. Leave one of them.",
                "c.yaml:9:1: There is no option \"prot\". Is it \"port\" that you mean?",
                "c.yaml:10:1: \"port\" is said already, in line 2. Leave one of them.",
                "c.yaml:11:7: \"echo\" is \"perhaps\". Use true or false.",
            ]
        )
    }

    @Test func `each wrong element of a list is told`() {
        #expect(
            problems("allow-origin:\n- a\n- https://b.example\n- c\ntrusted-proxy: [x, 10.0.0.0/8, y]\n")
                .map { String($0.prefix(12)) } == ["c.yaml:2:3: ", "c.yaml:4:3: ", "c.yaml:5:17:", "c.yaml:5:32:"]
        )
    }

    @Test(arguments: [
        "nats://[x", "nats://a:99999", "nats://a:", "nats://u:p@", "nats://a?b", "nats://u:p@[x", "http://a",
        "nats://a:4222,",
    ])
    func `what is no URL of a NATS server is refused`(text: String) {
        #expect(NATSServers(argument: text) == nil)
    }

    @Test(arguments: [
        "nats://a", "tls://a.example:4443", "nats://u:p#?[@10.0.0.1:4222, nats://[::1]:4222", "nats://token@a",
    ])
    func `URLs of NATS servers are taken as they are written`(text: String) {
        #expect(NATSServers(argument: text)?.urls.count == text.split(separator: ",").count)
    }

    @Test func `of a secret only the place is told`() {
        let found = problems("cluster: nats://ann:s3cret@localhost/\n")
        #expect(found == ["c.yaml:1:10: \"cluster\" has a wrong value. \(NATSServers.rule)"])
    }

    @Test func `options that do not go together are told with their place`() throws {
        let file = ConfigurationFile("host: a\ndurable: true\ntls: {cert: a.pem}\n", path: "c.yaml")
        let environment = Environment(
            EnvironmentVariablesProvider(environmentVariables: ["BROADCAST_SERVER_MAX_LAG": "0"]),
            file: file,
            collectsProblems: true
        )
        _ = try StartSettings(flags: try StartFlags.parse([]), environment: environment)
        let found = environment.ledger.problems
        #expect(found.map { $0.message.prefix(12) } == ["c.yaml:3:7: ", "--max-lag mu", "c.yaml:2:1: "])
        #expect(found.map(\.code) == [.badConfiguration, .usage, .badConfiguration])
    }

    @Test(arguments: [
        ("a:\n\tb: 1\n", "2:1"), ("port: [1\nhost: b\n", "2:5"), ("port: 1\nport: 2\n", "2:1"),
        ("{port: 1, port: 2}\n", "1:2"),
        ("port: 1\n---\nhost: a\n", "2:1"), ("- port\n", "1:1"), ("port\n", "1:1"), ("\"port: 1\n", "2:1"),
        ("port: *a\n", "1:7"), ("port: *\n", "1:7"), ("port: &a 1\nhost: *a\n", "1:7"), ("port: !!int 1\n", "1:7"),
        ("? [port]\n: 1\n", "1:3"),
        ("port:\n", "1:6"), ("port: ~\n", "1:7"), ("host: ''\n", "1:7"), ("port: [1]\n", "1:1"),
        ("host: {a: b}\n", "1:7"),
        ("log: debug\n", "1:1"), ("log:\n", "1:1"), ("allow-origin: []\n", "1:15"), ("allow-origin: [[a]]\n", "1:16"),
        ("config: a.yaml\n", "1:1"), ("<<: {port: 1}\n", "1:1"), ("host: |\n  a\n  b\n", "1:7"),
        ("host: \"a\\0\"\n", "1:7"),
        ("port: 70000\n", "1:7"), ("port: 1.0\n", "1:7"), ("port: 0x1F90\n", "1:7"), ("echo: perhaps\n", "1:7"),
    ])
    func `what cannot be understood is told once, with its place`(text: String, place: String) {
        let found = problems(text)
        #expect(found.count == 1)
        #expect(found.first?.hasPrefix("c.yaml:\(place): ") == true, "\(found)")
    }

    @Test func `what stands for more than is written is refused at once`() {
        // Each line is ten times the one before: as keys they would be compared whole.
        var bomb = "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
        for (one, other) in zip("bcdefghij", "abcdefghi") {
            bomb += "\(one): &\(one) [" + Array(repeating: "*\(other)", count: 10).joined(separator: ", ") + "]\n"
        }
        let clock = ContinuousClock()
        let time = clock.measure { #expect(problems(bomb + "? *j\n: 1\n").count == 1) }
        #expect(time < .seconds(5))
        #expect(problems(String(repeating: "[", count: 100_000)).count == 1)
    }

    @Test func `whatever is written is understood or told, with a place`() {
        let pieces = [
            "port", "history", "messages", "allow-origin", "echo", ": ", ":", "\n", "\n  ", "\n\t", "- ", "[", "]", "{",
            "}",
            ", ", "\"", "'", "|\n", ">-\n", "#", "&a ", "*a", "!!str ", "!x ", "? ", "---\n", "...\n", "%YAML 1.2\n",
            "<<",
            "1", "https://a.example", "true", "~", "\\x00", "\\uD800", "\r\n", "\u{85}", "\u{2028}", "é", "👋", " ", "@",
            "`",
        ]
        var random = SystemRandomNumberGenerator()
        for _ in 0..<3_000 {
            let text = (0..<Int.random(in: 1...30, using: &random)).map { _ in
                pieces.randomElement(using: &random) ?? ""
            }
            .joined()
            for problem in problems(text) {
                let place = problem.split(separator: ":", maxSplits: 3)
                #expect(place.count == 4 && Int(place[1]) ?? 0 > 0 && Int(place[2]) ?? 0 > 0, "\(text): \(problem)")
            }
        }
    }

    @Test func `few words with a star in comments and quotes are no aliases`() throws {
        let comment = String(repeating: "# *this* is *important*\n", count: 100)
        #expect(try settings(comment + "allow-origin: \"*\" # *all*\n").network.doors.origins.exceptions == [.all])
    }
}
