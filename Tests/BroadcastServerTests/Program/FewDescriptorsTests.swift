import Glibc
import Testing

/// A process that may open few files: it works, or says what is missing.
@Suite(.timeLimit(.minutes(3))) struct FewDescriptorsTests {
    /// With fewer, and one that the tests hand down, the dynamic loader cannot open a library.
    static let counts = 6...50
    static let clients = [["connect", "ws://127.0.0.1:1", "--send", "x"], ["publish", "ws://127.0.0.1:1", "x"]]

    @Test(arguments: clients)
    func `a client either tries to connect or says that descriptors are missing`(arguments: [String]) async throws {
        for count in Self.counts {
            let program = try RunningProgram(arguments, descriptors: count)
            let code = try await program.exitCode()
            if code == 71 {
                #expect(Self.isOneLineAboutDescriptors(program.error), "\(count): \(program.error)")
            } else {
                #expect(code == 69, "\(count): \(program.error)")
                #expect(program.error.contains("No server listens at"), "\(count): \(program.error)")
            }
            #expect(code == 71 || count > 24)
        }
    }

    @Test(arguments: [1, 2])
    func `a server either starts and stops or says that descriptors are missing`(threads: Int) async throws {
        for count in Self.counts {
            let arguments = ["start", "--host", "127.0.0.1", "--port", "0", "--threads", "\(threads)"]
            let program = try RunningProgram(arguments, descriptors: count)
            try await program.waitForOutputOrEnd("Server started")
            program.signal(SIGTERM)
            let code = try await program.exitCode()
            if code == 71 {
                #expect(Self.isOneLineAboutDescriptors(program.error), "\(count): \(program.error)")
            } else {
                #expect(code == 0, "\(count): \(program.error)")
                #expect(program.output.contains("Server started"), "\(count)")
            }
            #expect(code == 71 || count > 24)
        }
    }

    private static func isOneLineAboutDescriptors(_ text: String) -> Bool {
        text.hasPrefix("Error: ") && text.contains("file descriptors") && text.split(separator: "\n").count == 1
    }
}
