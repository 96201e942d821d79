import FoundationEssentials

/// What JetStream answers to a message for a stream.
enum PublishAcknowledgement: Equatable {
    /// It is stored, there.
    case stored(UInt64)
    /// Nobody answers for the stream just now, or it cannot take anything: the same may succeed later.
    case later(String)
    /// It will never be taken.
    case refused(String)

    private struct Answer: Decodable {
        struct Fault: Decodable {
            let code: Int?
            let err_code: Int?
            let description: String?
        }

        let seq: UInt64?
        let error: Fault?
    }

    /// Of a message that is larger than the stream takes, and of one that another stream would have got.
    private static let hopeless: Set = [10_054, 10_060]

    init(_ message: NATSMessage) {
        if let status = message.status {
            self = .later(status == "503" ? "no server leads the stream" : "status \(status)")
            return
        }
        guard let answer = try? JSONDecoder().decode(Answer.self, from: Data(message.bytes)) else {
            self = .later("an answer that is none")
            return
        }
        if let error = answer.error {
            let text = error.description ?? "error \(error.code ?? 0)"
            self = Self.hopeless.contains(error.err_code ?? 0) ? .refused(text) : .later(text)
        } else if let sequence = answer.seq, sequence > 0 {
            self = .stored(sequence)
        } else {
            // Servers from 2.10.20 to 2.10.27 say so of a duplicate of something that they have not stored.
            self = .later("an answer without a sequence")
        }
    }
}
