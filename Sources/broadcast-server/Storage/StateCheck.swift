import LWSSwift

/// What is in a state file, and whether it is what was written.
struct StateCheck: Sendable {
    struct Channel: Sendable {
        let head: StoredChannelHead
        var messages = 0
        var bytes = 0
        var sessions = 0
        var keys = 0
        var oldest: UInt64?
        var problems: [String] = []
    }

    let server: StateWriter.Server
    /// In the order of their names.
    let channels: [Channel]

    /// Whether everything is what was written.
    var isSound: Bool { channels.allSatisfy(\.problems.isEmpty) }
    var messages: Int { channels.reduce(0) { $0 + $1.messages } }
    var bytes: Int { channels.reduce(0) { $0 + $1.bytes } }
    var sessions: Int { channels.reduce(0) { $0 + $1.sessions } }
    var keys: Int { channels.reduce(0) { $0 + $1.keys } }

    /// Looks at everything in the state of a directory, which a server may have in use. Changes nothing.
    init(_ directory: StateDirectory) throws(Failure) {
        let database = try Self.open(directory)
        server = database.server
        channels = database.heads.sorted { $0.name.text < $1.name.text }.map { head in
            let contents = database.reader.contents(of: head.epoch)
            return Channel(
                head: head,
                messages: contents.records.count,
                bytes: contents.records.reduce(0) { $0 + $1.message.bytes.count },
                sessions: contents.sessions.count,
                keys: contents.keys.reduce(0) { $0 + min($1.value.count, KeyMemory.capacity(of: $1.key)) },
                oldest: contents.records.first?.number,
                problems: contents.problems
            )
        }
    }

    private static func open(_ directory: StateDirectory) throws(Failure) -> StateDatabase {
        guard directory.hasFile else {
            throw Failure(.badInput, "There is no state in \(directory.shown): state.sqlite is not there.")
        }
        do throws(StateDatabase.Problem) {
            do throws(StateDatabase.Problem) {
                return try StateDatabase(directory.file, .readOnly)
            } catch {
                // In a folder that cannot be written, SQLite cannot read beside a log; without one it need not.
                guard case .sqlite(let problem) = error, problem.isForbidden, !directory.hasLog else { throw error }
                return try StateDatabase(directory.file, .immutable)
            }
        } catch {
            throw error.failure(directory.file)
        }
    }
}
