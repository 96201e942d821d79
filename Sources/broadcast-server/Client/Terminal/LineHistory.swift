import Glibc
import Synchronization

/// The lines that were entered at a terminal, in a file for the next run.
///
/// Only the owner may read it. It has the last ``maximumLines`` lines, ``maximumBytes`` in all; longer lines than
/// ``maximumLineBytes`` and those that begin with a space are not kept. Several clients may share it: each adds its own lines at
/// its end. One that cannot be read or written is no reason not to chat.
final class LineHistory: Sendable {
    static let maximumLines = 500
    static let maximumLineBytes = 4 << 10
    static let maximumBytes = 256 << 10
    /// How long to wait for another client that is at its end, too.
    private static let patience = 20

    let path: String
    private let entered = Mutex<[String]>([])

    init(path: String) {
        self.path = path
    }

    /// The user's own, in the folder for what programs keep (XDG Base Directory Specification, `XDG_STATE_HOME`); nil when
    /// there is no such place.
    static func own(_ variable: (String) -> String? = variable) -> LineHistory? {
        let state = variable("XDG_STATE_HOME").flatMap { $0.hasPrefix("/") ? $0 : nil }
        let home = variable("HOME").flatMap { $0.hasPrefix("/") ? $0 + "/.local/state" : nil }
        return (state ?? home).map { LineHistory(path: "\($0)/broadcast-server/history") }
    }

    private static func variable(_ name: String) -> String? {
        unsafe getenv(name).map { unsafe String(cString: $0) }
    }

    /// What earlier runs have left, the oldest first.
    func lines() -> [String] {
        open().flatMap(Self.lines) ?? []
    }

    /// Keeps a line until ``save()``.
    func add(_ line: String) {
        guard !line.hasPrefix(" "), 1...Self.maximumLineBytes ~= line.utf8.count else { return }
        entered.withLock { entered in
            entered.append(line)
            if entered.count > Self.maximumLines { entered.removeFirst() }
        }
    }

    /// Adds what was entered to what is in the file by now. Blocks until the disk has it.
    func save() {
        let entered = entered.withLock { lines in
            defer { lines = [] }
            return lines
        }
        // A larger file is not of this program, and is left as it is.
        guard !entered.isEmpty, let file = open(), let lines = Self.lines(of: file) else { return }
        try? file.replace(with: Array(Self.merged(lines, entered).utf8))
    }

    /// nil for a file that cannot be read, or has more than ``maximumBytes``.
    private static func lines(of file: LockedFile) -> [String]? {
        guard let bytes = try? file.read(atMost: maximumBytes) else { return nil }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    /// The content of the file: the last of all lines, each once, where it was entered last.
    private static func merged(_ old: [String], _ new: [String]) -> String {
        var seen: Set<String> = []
        var kept: [String] = []
        var byteCount = 0
        for line in (old + new).reversed() where seen.insert(line).inserted {
            byteCount += line.utf8.count + 1
            guard kept.count < maximumLines, byteCount <= maximumBytes else { break }
            kept.append(line)
        }
        return kept.reversed().map { "\($0)\n" }.joined()
    }

    /// Opens the file, making it and the folders that lead there when there are none.
    private func open() -> LockedFile? {
        Self.makeDirectories(leadingTo: path)
        for _ in 0..<Self.patience {
            do throws(LockedFile.Problem) {
                return try LockedFile(path)
            } catch {
                guard error == .locked else { return nil }
                usleep(10_000)
            }
        }
        return nil
    }

    private static func makeDirectories(leadingTo path: String) {
        for (index, character) in zip(path.indices, path) where character == "/" && index > path.startIndex {
            unsafe mkdir(String(path[..<index]), 0o700)
        }
    }
}
