import Foundation
import HTTPTypes
import Testing

@testable import broadcast_server

@Suite struct TokenSourceTests {
    /// A file in a directory of its own.
    private final class File {
        let path: String

        init(_ text: String) throws {
            path = try makeTemporaryDirectory() + "/token"
            try write(text)
        }

        func write(_ text: String) throws {
            try Data(text.utf8).write(to: URL(filePath: path), options: .atomic)
        }

        deinit {
            try? FileManager.default.removeItem(atPath: URL(filePath: path).deletingLastPathComponent().path)
        }
    }

    private func fault(_ source: TokenSource) -> Failure? {
        do throws(Failure) {
            _ = try source.read()
            return nil
        } catch {
            return error
        }
    }

    @Test(arguments: ["a.b-c_d~+/=", "  a.b-c_d~+/=\t\r\nmore\n", "a.b-c_d~+/=\n"])
    func `the first line of a file is the token`(text: String) throws {
        let file = try File(text)
        // The file lasts no longer than that.
        let token = try withExtendedLifetime(file) { try TokenSource.file(file.path).read() }
        #expect(token.text == "a.b-c_d~+/=")
        #expect(try TokenSource.variable("\(text.prefix { $0 != "\n" && $0 != "\r\n" })").read().text == "a.b-c_d~+/=")
    }

    @Test(arguments: [
        "", "\n", " \t\r\n", "\nabc\n", "secret words", "sécret", "secret\u{1B}", String(repeating: "x", count: 8_193),
    ])
    func `anything else is none, and is not told`(text: String) throws {
        let file = try File(text)
        let found = try #require(fault(.file(file.path)))
        #expect(found.code == .badInput && found.message.contains(file.path))
        #expect(!found.message.contains("secret") && !found.message.contains("xx"))
    }

    @Test func `a file that is none, or not there, is told`() throws {
        let directory = try makeTemporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: directory) }
        #expect(fault(.file(directory))?.message.contains("no regular file") == true)
        #expect(fault(.file("/dev/zero"))?.message.contains("no regular file") == true)
        #expect(fault(.file("\(directory)/none"))?.message.contains("No such file") == true)
    }

    @Test func `a file is read anew for each connection`() throws {
        let file = try File("one\n")
        let token = try ShownToken(.file(file.path))
        #expect(!token.isAnother && token.takeNew() == nil)
        #expect(token.forConnection()?.text == "one")
        try file.write("two\n")
        #expect(token.isAnother && token.forConnection()?.text == "two")
        #expect(!token.isAnother && token.takeNew() == nil)
    }

    @Test func `what was shown and not taken may do for another connection`() throws {
        let file = try File("one\n")
        let token = try ShownToken(.file(file.path))
        try file.write("two\n")
        #expect(token.takeNew()?.text == "two")
        #expect(token.takeNew() == nil && token.isAnother && token.secrets == ["two", "one"])
        token.noteTaken()
        #expect(!token.isAnother && token.secrets == ["two", "two"])
    }

    @Test func `while a file is being replaced the token is the one before`() throws {
        let file = try File("one")
        let token = try ShownToken(.file(file.path))
        try file.write("")
        #expect(!token.isAnother && token.forConnection()?.text == "one")
        try FileManager.default.removeItem(atPath: file.path)
        #expect(!token.isAnother && token.forConnection()?.text == "one")
    }

    @Test func `what does not change is never another one`() throws {
        #expect(try !ShownToken(nil).isAnother && ShownToken(nil).forConnection() == nil)
        #expect(try !ShownToken(.variable("one")).isAnother)
        #expect(throws: Failure.self) { try ShownToken(.variable("two words")) }
    }

    @Test func `a token is in nothing that is printed`() throws {
        let token = try #require(BearerToken("secret"))
        #expect("\(token)" == "…" && token.field.value == "Bearer secret")
    }

    @Test func `another token is looked for from when the one before expires until it is taken`() async throws {
        let file = try File("one")
        let renewal = TokenRenewal(try ShownToken(.file(file.path)))
        #expect(await !renewal.end())
        #expect(
            await renewal.begin(60) == "The token expires in 60 s: another one in \(file.path) would take its place."
        )
        try file.write("two")
        #expect(await renewal.next()?.text == "two")
        #expect(await renewal.end())
        #expect(await !renewal.end())
        try file.write("three")
        #expect(await renewal.begin(-1).hasPrefix("The token expires in 0 s: the one that is in "))
        #expect(await renewal.next()?.text == "three")
    }

    @Test func `without a file somebody has to come back`() async throws {
        let notice = await TokenRenewal(try ShownToken(.variable("one"))).begin(9)
        #expect(notice == "The token expires in 9 s. Come back with another one before.")
    }
}
