import Glibc
import LWSSwift

/// Asks a server at its admin socket: one request a connection, in HTTP/1.1. Blocks.
///
/// An answer has at most ``maximumBytes``, and the server has ``patience`` for each part of it.
struct AdminClient: Sendable {
    static let maximumBytes = 64 << 20

    let path: String
    /// In seconds.
    var patience = 10

    struct Answer: Sendable {
        let status: Int
        let body: [UInt8]
    }

    /// Where the server of the Debian package has it.
    static let defaultPath = "/run/broadcast-server/admin.sock"

    /// - Parameters:
    ///   - target: path and query, percent-encoded.
    ///   - body: nil for a GET, otherwise it is a POST.
    /// - Throws: why there is no answer, or why it is not the one that was asked for.
    func ask(_ target: String, body: [UInt8]? = nil, type: String = "application/json") throws(Failure) -> [UInt8] {
        let answer = try exchange(target, body, type)
        guard answer.status != 200 else { return answer.body }
        throw Self.failure(answer, target)
    }

    /// The same with an object of JSON as the body.
    func ask(_ target: String, object: some Encodable) throws(Failure) -> [UInt8] {
        try ask(target, body: ChatProtocol.encode(object).bytes)
    }

    private func exchange(_ target: String, _ body: [UInt8]?, _ type: String) throws(Failure) -> Answer {
        let socket = try connect()
        defer { socket.close() }
        var head = "\(body == nil ? "GET" : "POST") \(target) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        if let body { head += "Content-Type: \(type)\r\nContent-Length: \(body.count)\r\n" }
        let answer: Answer?
        do throws(SystemError) {
            try socket.write(Array("\(head)\r\n".utf8) + (body ?? []))
            var bytes: [UInt8] = []
            while case let part = try socket.read(atMost: 64 << 10), !part.isEmpty {
                bytes += part
                guard bytes.count <= Self.maximumBytes else {
                    throw SystemError(EFBIG)
                }
            }
            answer = Self.parse(bytes)
        } catch {
            throw failure(error)
        }
        guard let answer else {
            throw Failure(.protocolError, "What answers at \(shownPath) is no server of this program.")
        }
        return answer
    }

    // MARK: Connecting

    private var shownPath: String { EscapedText.escape(path) }

    private func connect() throws(Failure) -> Descriptor {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        let room = MemoryLayout.size(ofValue: address.sun_path) - 1
        guard !bytes.isEmpty, bytes.count <= room, !bytes.contains(0) else {
            throw Failure(.usage, "The path of a socket has 1 to \(room) bytes: \"\(shownPath)\"")
        }
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: bytes) }
        let number = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard number >= 0 else { throw failure(SystemError()) }
        var limit = timeval(tv_sec: patience, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            unsafe setsockopt(number, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size))
        }
        let result = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                unsafe Glibc.connect(number, pointer, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else {
            let error = SystemError()
            Glibc.close(number)
            throw failure(error)
        }
        return Descriptor(number: number, hasTimeLimit: true)
    }

    /// What went wrong, and what to do about it.
    private func failure(_ error: SystemError) -> Failure {
        switch error.code {
        case ENOENT, ENOTDIR:
            Failure(
                .unavailable,
                "There is no socket \(shownPath). Start the server with --admin-socket, or say which."
            )
        case ECONNREFUSED, ENOTSOCK:
            Failure(.unavailable, "No server listens at \(shownPath): it has ended.")
        case EACCES, EPERM:
            Failure(.noPermission, "\(shownPath) may not be used. Run it as the user of the server, or as root.")
        case EAGAIN: Failure(.unavailable, "The server at \(shownPath) does not answer.")
        case EFBIG: Failure(.protocolError, "The answer of the server at \(shownPath) is too large. Ask for less.")
        default: Failure(.unavailable, "The server at \(shownPath) cannot be asked: \(error).")
        }
    }

    // MARK: Answers

    /// nil for what is no whole answer of a server of ours, which says how long its bodies are.
    static func parse(_ bytes: [UInt8]) -> Answer? {
        let end = Array("\r\n\r\n".utf8)
        guard let head = bytes.indices.first(where: { bytes[$0...].starts(with: end) }) else { return nil }
        let lines = String(decoding: bytes[..<head], as: UTF8.self).split(separator: "\r\n")
        guard let line = lines.first, line.hasPrefix("HTTP/1.1 "), let status = Int(line.dropFirst(9).prefix(3)) else {
            return nil
        }
        let body = Array(bytes[(head + end.count)...])
        let length = lines.dropFirst().first { $0.lowercased().hasPrefix("content-length:") }
        guard let length, Int(length.dropFirst(15).drop { $0 == " " }) == body.count else { return nil }
        return Answer(status: status, body: body)
    }

    private static func failure(_ answer: Answer, _ target: String) -> Failure {
        let problem = ToldProblem(body: answer.body)
        let detail = problem.map { EscapedText.escape($0.detail) } ?? "It answers with \(answer.status)."
        switch answer.status {
        case 404 where problem == nil || problem?.detail.hasPrefix("There is ") == true:
            let path = target.prefix { $0 != "?" }
            return Failure(.rejected, "The server does not know \(path): it is older than this program.")
        case 400...499 where answer.status != 429: return Failure(.usage, detail)
        default: return Failure(.rejected, detail)
        }
    }
}
