import ArgumentParser
import Configuration
import FoundationEssentials
import Testing

@testable import broadcast_server

/// The configuration file of the package, held against the table of options.
@Suite struct PackagedConfigurationTests {
    private let text: String

    init() throws {
        let root = #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
        let url = URL(filePath: "/\(root)/packaging/broadcast-server.yaml")
        text = String(decoding: try Data(contentsOf: url), as: UTF8.self)
    }

    private func settings(_ text: String) throws -> StartSettings {
        let file = ConfigurationFile(text, path: "c.yaml")
        #expect(file.problems == [])
        let environment = Environment(EnvironmentVariablesProvider(environmentVariables: [:]), file: file)
        return try StartSettings(flags: try StartFlags.parse([]), environment: environment)
    }

    /// The lines with an option, in effect or not.
    private var options: [Substring] {
        text.split(separator: "\n").filter { !$0.hasPrefix("# ") && $0.contains(": ") }
    }

    @Test func `each option is there`() {
        let names = options.map { $0.drop { $0 == "#" }.prefix { $0 != ":" } }.map(String.init)
        #expect(names == ServerOptions.descriptions.filter(\.isForFile).map(\.name))
    }

    @Test func `only what the unit has directories for differs from the defaults`() throws {
        let changed = options.filter { !$0.hasPrefix("#") }.map { String($0.prefix { $0 != ":" }) }
        #expect(changed == ["admin-socket", "state-dir", "no-log-file", "log-messages"])
        _ = try settings(text)
    }

    @Test func `the defaults that are shown are the defaults`() throws {
        let shown = options.filter { line in
            let value = line.drop { $0 != ":" }.dropFirst(2)
            // Where there is none, words in capitals say what may stand there.
            let isPlaceholder = value.hasPrefix("[") || value.count > 1 && value.allSatisfy(\.isUppercase)
            return line.hasPrefix("#") && !isPlaceholder
        }
        #expect(shown.count > 30)
        // A file that is named has to be there, other than the default.
        let uncommented = shown.map { $0.dropFirst() }.filter { !$0.hasPrefix("log-file:") }.joined(separator: "\n")
        #expect(try settings(uncommented) == settings(""))
    }
}
