import Foundation

@testable import broadcast_server

/// A fresh directory for the files of several runs; it goes with its last reference.
final class TestDirectory {
    let path: String

    init() throws {
        path = try makeTemporaryDirectory()
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    /// The path of a new file with this text.
    func file(_ name: String, _ text: String) throws -> String {
        let file = try Descriptor.append(to: "\(path)/\(name)")
        defer { file.close() }
        try file.write(Array(text.utf8))
        return "\(path)/\(name)"
    }
}
