import Foundation
import Glibc
import Testing

@testable import broadcast_server

/// The built `broadcast-server` as a process of its own, in a directory of its own, with pipes at its three ends.
final class RunningProgram: Sendable {
    private struct State: Sendable {
        var output = ""
        var error = ""
        var openStreams = 2
        var exitCode: Int32?
    }

    /// Longer than anything takes on a machine under load.
    static let patience = Duration.seconds(30)

    let directory: String
    private let state = Monitor(State())
    private let process: ChildProcess

    /// Starts the program.
    ///
    /// - Parameter input: what it reads from its standard input, to the end; nil leaves the input open for ``type(_:)``.
    convenience init(_ arguments: [String], input text: String? = nil, environment: [String: String] = [:]) throws {
        try self.init("exec \"$@\"", [Self.executable] + arguments, text, environment)
    }

    /// Starts the program with its standard output sent to a file.
    convenience init(_ arguments: [String], outputTo path: String) throws {
        try self.init("exec \"$@\" > \(path)", [Self.executable] + arguments, nil, [:])
    }

    /// Starts the program in a directory that a command has prepared.
    convenience init(_ arguments: [String], behind command: String) throws {
        try self.init("\(command) && exec \"$@\"", [Self.executable] + arguments, "", [:])
    }

    /// Starts the program with a signal ignored, as `nohup` does.
    convenience init(_ arguments: [String], ignoring signal: String, input text: String? = nil) throws {
        try self.init("trap '' \(signal) && exec \"$@\"", [Self.executable] + arguments, text, [:])
    }

    /// Starts the program with a standard output that nobody reads, and that has no room any more.
    convenience init(withFullOutput arguments: [String]) throws {
        let fill = "dd if=/dev/zero of=pipe oflag=nonblock bs=64k count=4 2>dd"
        let line = "mkfifo pipe && exec 3<>pipe && \(fill); exec \"$@\" >&3"
        try self.init(line, [Self.executable] + arguments, nil, [:])
    }

    /// Starts the program with so few descriptors, its standard ones among them.
    convenience init(_ arguments: [String], descriptors: Int) throws {
        try self.init("ulimit -n \(descriptors) && exec \"$@\"", [Self.executable] + arguments, "", [:])
    }

    /// Runs a line for the shell, whose `$@` are `arguments`: the shell goes to the directory first.
    private init(_ line: String, _ arguments: [String], _ text: String?, _ environment: [String: String]) throws {
        directory = try makeTemporaryDirectory()
        let own = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("BROADCAST_SERVER_") }
        process = try ChildProcess(
            ["/bin/sh", "-c", "cd \"$0\" && \(line)", directory] + arguments,
            environment: own.merging(environment) { _, new in new }
        )
        try collect(process.output, \.output)
        try collect(process.error, \.error)
        try BackgroundThread.start { [state, process] in
            let code = process.waitForEnd()
            state.update { $0.exitCode = code }
        }
        guard let text else { return }
        // A pipe holds 64 KiB: the rest waits for the program to read on.
        try BackgroundThread.start { [self] in
            type(text)
            endInput()
        }
    }

    deinit {
        if isRunning { process.signal(SIGKILL) }
        process.closeInput()
        try? FileManager.default.removeItem(atPath: directory)
    }

    /// The program stands beside the test bundle in the build directory, unless the environment names another build.
    private static var executable: String {
        if let path = ProcessInfo.processInfo.environment["TESTED_BROADCAST_SERVER"] { return path }
        let own = Bundle.main.executablePath ?? CommandLine.arguments[0]
        return own.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
            + "/broadcast-server"
    }

    private func collect(_ pipe: Descriptor, _ stream: any WritableKeyPath<State, String> & Sendable) throws {
        try BackgroundThread.start { [state] in
            var bytes: [UInt8] = []
            while let next = try? pipe.read(atMost: 1 << 16), !next.isEmpty {
                bytes += next
                let text = String(decoding: bytes, as: UTF8.self)
                state.update { $0[keyPath: stream] = text }
            }
            pipe.close()
            state.update { $0.openStreams -= 1 }
        }
    }

    // MARK: Talking to it

    /// Writes to its standard input; in vain when it has ended.
    func type(_ text: String) {
        try? process.input.write(Array(text.utf8))
    }

    func endInput() {
        process.closeInput()
    }

    /// Closes the reading end of its standard output, which takes effect once the read that is under way has returned.
    func closeOutput() {
        process.output.replaceByNothing()
    }

    func signal(_ number: Int32) {
        process.signal(number)
    }

    var output: String { state.withLock { $0.output } }
    var error: String { state.withLock { $0.error } }
    var isRunning: Bool { exitCodeSoFar == nil }
    private var exitCodeSoFar: Int32? { state.withLock { $0.exitCode } }

    func file(_ name: String) throws -> String {
        try contents(of: "\(directory)/\(name)")
    }

    /// Waits until the standard output contains a text, so many times.
    func waitForOutput(
        _ text: String,
        times count: Int = 1,
        _ location: SourceLocation = #_sourceLocation
    ) async throws {
        try await wait("output \"\(text)\"", location) { $0.output.ranges(of: text).count >= count ? true : nil }
    }

    /// Waits until the standard error contains a text.
    func waitForError(_ text: String, _ location: SourceLocation = #_sourceLocation) async throws {
        try await wait("error \"\(text)\"", location) { $0.error.contains(text) ? true : nil }
    }

    /// Waits until the standard output contains a text, or the program has ended.
    func waitForOutputOrEnd(_ text: String, _ location: SourceLocation = #_sourceLocation) async throws {
        try await wait("output \"\(text)\" or the end", location) {
            $0.output.contains(text) || $0.exitCode != nil ? true : nil
        }
    }

    /// Waits for the program's end and for the last of what it wrote.
    func exitCode(_ location: SourceLocation = #_sourceLocation) async throws -> Int32 {
        try await wait("the end", location) { $0.openStreams == 0 ? $0.exitCode : nil }
    }

    /// Waits until the log file `name` contains `text`: the program writes it soon after the console.
    func waitForFile(_ name: String, _ text: String, _ location: SourceLocation = #_sourceLocation) async throws {
        let deadline = ContinuousClock.now + Self.patience
        while try !file(name).contains(text) {
            let isInTime = ContinuousClock.now < deadline
            try #require(isInTime, "\"\(text)\" did not come to \(name)", sourceLocation: location)
            await Task.yield()
        }
    }

    @discardableResult
    private func wait<Result: Sendable>(
        _ what: String,
        _ location: SourceLocation,
        until body: @escaping @Sendable (State) -> Result?
    ) async throws -> Result {
        let result = await onThread { [state] in state.wait(atMost: Self.patience) { body($0) } }
        return try #require(
            result,
            "\(what) did not come; output: \(output) error: \(error)",
            sourceLocation: location
        )
    }
}

extension RunningProgram {
    /// A server on a free port that is ready for clients.
    static func server(_ arguments: [String] = [], environment: [String: String] = [:]) async throws -> RunningProgram {
        let host = arguments.contains("--host") ? [] : ["--host", "127.0.0.1"]
        let program = try RunningProgram(["start", "--port", "0"] + host + arguments, environment: environment)
        try await program.waitForOutput("Server started at ws://")
        return program
    }

    /// A client of `server` that is connected.
    static func client(of server: RunningProgram, _ arguments: [String] = []) async throws -> RunningProgram {
        let program = try RunningProgram(["connect", server.url] + arguments)
        try await program.waitForError("✅ Connected to chat server!")
        return program
    }

    /// The URL a server has printed.
    var url: String {
        let line = output.split(separator: "\n").first { $0.contains("Server started at ") } ?? ""
        return String(line.split(separator: " ").last ?? "")
    }

    /// The port a server has printed.
    var port: Int { Int(url.split(separator: ":").last ?? "") ?? 0 }
}
