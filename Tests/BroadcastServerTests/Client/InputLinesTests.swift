import Foundation
import Testing

@testable import broadcast_server

@Suite(.timeLimit(.minutes(1))) struct InputLinesTests {
    private func open(_ pipe: Pipe, maximumLineBytes: Int = 100) throws -> InputLines {
        try InputLines(Descriptor(number: pipe.fileHandleForReading.fileDescriptor), maximumLineBytes: maximumLineBytes)
    }

    @Test func `lines come until the input ends, the last one without a line feed too`() async throws {
        let pipe = Pipe()
        try pipe.fileHandleForWriting.write(contentsOf: Data("one\ntwo\nthree".utf8))
        try pipe.fileHandleForWriting.close()
        let input = try open(pipe)
        var lines: [LineSplitter.Line] = []
        while let next = try await input.next() { lines += next }
        #expect(lines == [.text("one"), .text("two"), .text("three")])
    }

    @Test func `nothing is read before it is asked for`() async throws {
        let pipe = Pipe()
        let input = try open(pipe)
        try pipe.fileHandleForWriting.write(contentsOf: Data("one\n".utf8))
        #expect(try await input.next() == [.text("one")])
        // The thread has handed over one piece and was not asked for another: this one stays in the pipe.
        try pipe.fileHandleForWriting.write(contentsOf: Data("two\n".utf8))
        #expect(unreadBytes(pipe) == 4)
        #expect(try await input.next() == [.text("two")])
    }

    /// Stays open: the thread may read from it behind the end of the test, when its number must not be another pipe's.
    private static let unfinished = Pipe()

    @Test func `waiting for a line can be cancelled`() async throws {
        let input = try open(Self.unfinished)
        let reader = Task { try await input.next() }
        reader.cancel()
        #expect(try await reader.value == nil)
    }

    @Test func `an input that cannot be read is an error`() async throws {
        let input = try InputLines(Descriptor.append(to: "/dev/null"), maximumLineBytes: 10)
        await #expect(throws: SystemError(EBADF)) { try await input.next() }
    }

    private func unreadBytes(_ pipe: Pipe) -> Int {
        var count: Int32 = 0
        _ = unsafe ioctl(pipe.fileHandleForReading.fileDescriptor, UInt(FIONREAD), &count)
        return Int(count)
    }
}
