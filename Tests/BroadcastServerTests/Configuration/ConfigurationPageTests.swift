import ArgumentParser
import Configuration
import FoundationEssentials
import Testing

@testable import broadcast_server

/// The examples of docs/configuration.md, held against the code.
@Suite struct ConfigurationPageTests {
    @Test func `the file that is shown is one`() throws {
        let root = #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
        let page = String(
            decoding: try Data(contentsOf: URL(filePath: "/\(root)/docs/configuration.md")),
            as: UTF8.self
        )
        let examples = page.split(separator: "```yaml\n").dropFirst().map { $0.split(separator: "```")[0] }
        #expect(examples.count == 1)
        let file = ConfigurationFile(String(try #require(examples.first)), path: "c.yaml")
        #expect(file.problems == [])
        let environment = Environment(EnvironmentVariablesProvider(environmentVariables: [:]), file: file)
        let settings = try StartSettings(flags: try StartFlags.parse([]), environment: environment)
        #expect(settings.network.tls != nil && settings.chat.isDurable && !settings.log.keepsMessages)
        #expect(settings.network.doors.origins.exceptions.count == 2)
        #expect(settings.chat.history?.maximumAge == .seconds(72 * 3_600))
    }

    @Test func `the errors that are shown are told`() throws {
        let file = ConfigurationFile("# mine\nhistory: {mesages: 1}\nlog:\n  level: loud\n", path: "c.yaml")
        #expect(file.problems.map { $0.message.split(separator: " ")[0] } == ["c.yaml:2:11:", "c.yaml:4:10:"])
    }
}
