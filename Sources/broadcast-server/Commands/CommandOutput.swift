import Glibc
import LWSSwift

/// What a command prints that does one thing and ends.
enum CommandOutput {
    /// - Throws: an ``ExitCode`` when nobody reads it, or a ``Failure``.
    static func print(_ text: String, to descriptor: Descriptor = .standardOutput) throws {
        do throws(SystemError) {
            try descriptor.write(Array(text.utf8))
        } catch {
            if error == SystemError(EPIPE) { throw ExitCode.brokenPipe }
            throw Failure(.inputOutput, "The output cannot be written: \(error).")
        }
    }

    /// Prints an object of JSON on a line.
    static func print(_ object: some Encodable) throws {
        let json = String(decoding: ChatProtocol.encodeByFoundation(object).bytes, as: UTF8.self)
        try print("\(EscapedText.escapeJSON(json))\n")
    }
}
