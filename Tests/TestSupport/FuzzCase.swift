import Foundation

/// Bytes that are kept in `Tests/Fuzz`: to begin with, or because something was found with them.
public struct FuzzCase: Sendable, CustomStringConvertible {
    /// Their file, seen from `Tests/Fuzz`.
    public let description: String
    public let bytes: [UInt8]

    /// All of a target.
    public static func all(of target: String) -> [FuzzCase] {
        let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Fuzz")
        return ["seeds", "found"].flatMap { kind in
            let folder = root.appending(path: "\(kind)/\(target)")
            let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path())) ?? []
            return names.sorted().compactMap { name -> FuzzCase? in
                guard let data = try? Data(contentsOf: folder.appending(path: name)) else { return nil }
                return FuzzCase(description: "\(kind)/\(target)/\(name)", bytes: Array(data))
            }
        }
    }
}
