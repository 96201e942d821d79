import Dispatch
import Foundation
import Glibc

@testable import broadcast_server

/// Runs blocking work on a thread that no task waits for.
func onThread<Result: Sendable>(_ body: @escaping @Sendable () -> Result) async -> Result {
    await withCheckedContinuation { continuation in
        DispatchQueue.global().async { continuation.resume(returning: body()) }
    }
}

/// Runs `body` with the path of a fresh directory that is removed afterwards.
func withTemporaryDirectory<Result>(_ body: (String) throws -> Result) throws -> Result {
    let directory = try makeTemporaryDirectory()
    defer { try? FileManager.default.removeItem(atPath: directory) }
    return try body(directory)
}

/// The text of a file.
func contents(of path: String) throws(SystemError) -> String {
    let number = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard number >= 0 else { throw SystemError() }
    let file = Descriptor(number: number)
    defer { file.close() }
    var bytes: [UInt8] = []
    while true {
        let next = try file.read(atMost: 1 << 16)
        guard !next.isEmpty else { return String(decoding: bytes, as: UTF8.self) }
        bytes += next
    }
}

/// The path of a fresh, empty directory.
func makeTemporaryDirectory() throws -> String {
    let path = NSTemporaryDirectory() + "broadcast-server-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    return path
}
