import Glibc

/// The file that `--state` names: what is in it belongs to one channel of one server, and one client at a time has it.
struct StateFile: Sendable {
    /// More than the largest state has: an outbox of the largest messages, each byte of which may take six.
    static let maximumBytes = 512 << 20

    let path: String
    /// What was in it when it was opened.
    let initial: SavedState
    private let file: LockedFile

    /// Opens the file of a channel, or makes one. Nothing in it changes if that fails.
    init(_ path: String, for channel: ChannelAddress) throws(Failure) {
        self.path = path
        let shown = "the state file \(EscapedText.escape(path))"
        let bytes: [UInt8]?
        do throws(LockedFile.Problem) {
            file = try LockedFile(path)
            bytes = try file.read(atMost: Self.maximumBytes)
        } catch {
            switch error {
            case .locked: throw Failure(.unavailable, "Another client uses \(shown). End it, or name another file.")
            case .noFile: throw Failure(.cannotCreateFile, "Cannot use \(shown): it is no regular file. Name another.")
            case .system(let error): throw Failure(.cannotCreateFile, "Cannot use \(shown): \(error). Name another.")
            }
        }
        if bytes?.isEmpty == true {
            initial = SavedState(channel: channel)
        } else {
            do throws(SavedState.DecodingFailure) {
                guard let bytes else { throw .damaged }
                initial = try SavedState(decoding: bytes)
            } catch {
                let what = error == .later ? "is of a later version of this program" : "is damaged, or none"
                throw Failure(.badInput, "Cannot read \(shown): it \(what). It stays as it is: name another file.")
            }
        }
        guard initial.channel == channel else {
            let other = EscapedText.escape(initial.channel.description)
            throw Failure(.usage, "Cannot use \(shown) here: it is of \(other). Name another file.")
        }
        do throws(SystemError) {
            // Better now than when there is something to lose.
            try file.replace(with: initial.encoded())
        } catch {
            throw Failure(.cannotCreateFile, "Cannot write \(shown): \(error). Name another.")
        }
    }

    /// Replaces what is in the file. Returns once the disk has it, without blocking the calling thread.
    func save(_ state: SavedState) async throws(SystemError) {
        let result = await withCheckedContinuation { continuation in
            do throws(Failure) {
                try BackgroundThread.start { [file] in
                    continuation.resume(
                        returning: Result { () throws(SystemError) in try file.replace(with: state.encoded()) }
                    )
                }
            } catch {
                continuation.resume(returning: .failure(SystemError(EAGAIN)))
            }
        }
        try result.get()
    }
}
