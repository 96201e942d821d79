import ArgumentParser
import Configuration
import Testing

@testable import broadcast_server

@Suite struct PrintedConfigurationTests {
    private func environment(_ variables: [String: String], _ file: ConfigurationFile?) -> Environment {
        Environment(EnvironmentVariablesProvider(environmentVariables: variables), file: file)
    }

    private func printed(_ flags: [String], _ variables: [String: String] = [:], _ text: String = "") throws -> String {
        let environment = environment(variables, ConfigurationFile(text, path: "c.yaml"))
        _ = try StartSettings(flags: try StartFlags.parse(flags), environment: environment)
        return PrintedConfiguration.text(environment.ledger.readings)
    }

    private func line(_ name: String, of text: String) -> String {
        let line = text.split(separator: "\n").first { $0.hasPrefix("\(name):") || $0.hasPrefix("# \(name):") } ?? ""
        return line.split(separator: " ").joined(separator: " ")
    }

    @Test func `each value is shown with who has said it`() throws {
        let variables = ["BROADCAST_SERVER_HOST": "0.0.0.0", "BROADCAST_SERVER_PORT": "1"]
        let text = try printed(["--port", "9000"], variables, "# mine\nhistory:\n  age: 90m\n")
        #expect(line("port", of: text) == "port: 9000 # flag")
        #expect(line("host", of: text) == "host: 0.0.0.0 # BROADCAST_SERVER_HOST")
        #expect(line("history-age", of: text) == "history-age: 90m # c.yaml:3")
        #expect(line("max-message", of: text) == "max-message: 1M # default")
        #expect(line("tls-cert", of: text) == "# tls-cert: # not set")
        #expect(line("log-file", of: text) == "# log-file: # default: server.log")
        #expect(text.split(separator: "\n").count == ServerOptions.descriptions.count(where: \.isForFile))
    }

    @Test func `of a secret only its source is shown`() throws {
        let text = try printed([], ["BROADCAST_SERVER_CLUSTER": "nats://ann:s3cret@localhost:4222"])
        #expect(line("cluster", of: text) == "# cluster: # not shown, BROADCAST_SERVER_CLUSTER")
        #expect(!text.contains("s3cret"))
        let open = try printed(["--cluster", "nats://localhost:4222,tls://b"])
        #expect(line("cluster", of: open) == "cluster: \"nats://localhost:4222,tls://b\" # flag")
    }

    @Test func `what is printed says the same as a file`() throws {
        let flags = [
            "--host=::", "--port=1", "--allow-origin=*", "--allow-origin=http://A.example:81", "--tls-cert=a #b.pem",
            "--tls-key=\"\\'é.pem", "--ping-interval=1500ms", "--comment-interval=0", "--threads=auto", "--echo",
            "--envelope=none", "--max-message=1234567", "--slow-client=drop-oldest", "--max-backlog=1G",
            "--max-lag=0.5s",
            "--compression=off", "--history-messages=7", "--history-bytes=1000", "--history-age=1h",
            "--history-total=1M",
            "--session-grace=0", "--state-dir=null", "--durable", "--cluster-name=x", "--cluster-wait",
            "--cluster-patience=1m", "--cluster-queue=2M", "--log-level=trace",
            "--server-name=a.example", "--server-name=*.b.example", "--anonymous=news=subscribe,history",
            "--anonymous=team.*", "--token-file=t", "--token-key=a.pem", "--token-key=b.pem", "--token-secret=s",
            "--token-algorithm=ES256", "--token-algorithm=EdDSA", "--token-issuer=https://a.example",
            "--token-audience=me", "--token-leeway=1m", "--token-allow=team", "--token-forever", "--token-cookie=c",
            "--revoked=r", "--admin-socket=/run/a.socket", "--log-file=- a: b",
            "--log-messages=off",
        ]
        let expected = try StartSettings(flags: try StartFlags.parse(flags), environment: environment([:], nil))
        let file = ConfigurationFile(try printed(flags), path: "c.yaml")
        #expect(file.problems == [])
        let settings = try StartSettings(flags: try StartFlags.parse([]), environment: environment([:], file))
        #expect(settings == expected)
    }
}
