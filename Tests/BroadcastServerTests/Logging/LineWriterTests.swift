import Foundation
import Glibc
import Testing

@testable import broadcast_server

@Suite struct LineWriterTests {
    /// Everything that is in a pipe, which does not wait for more.
    private func taken(from reading: Descriptor) -> String {
        var bytes: [UInt8] = []
        while let part = try? reading.read(atMost: 1 << 16), !part.isEmpty { bytes += part }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// A pipe of which neither end waits: what has no room fails, as on a full disk.
    private func makeEnd(_ handle: FileHandle) -> Descriptor {
        let number = handle.fileDescriptor
        _ = fcntl(number, F_SETFL, fcntl(number, F_GETFL) | O_NONBLOCK)
        return Descriptor(number: number, hasTimeLimit: true)
    }

    @Test func `what comes behind half a line begins a line of its own`() throws {
        let pipe = Pipe()
        let reading = makeEnd(pipe.fileHandleForReading)
        var writer = LineWriter(makeEnd(pipe.fileHandleForWriting))
        let long = [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 21) + [UInt8(ascii: "\n")]
        var failure: SystemError?
        do throws(SystemError) { try writer.write(long[...]) } catch { failure = error }
        #expect(failure == SystemError(EAGAIN))
        let half = taken(from: reading)
        #expect(half.hasPrefix("x") && half.last == "x")
        try writer.write(Array("one\n".utf8)[...])
        try writer.write(Array("two\n".utf8)[...])
        #expect(taken(from: reading) == "\none\ntwo\n")
        withExtendedLifetime(pipe) {}
    }
}
