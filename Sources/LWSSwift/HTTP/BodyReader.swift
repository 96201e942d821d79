/// Reads the body of a request out of bytes that come in pieces of any size. Pure.
///
/// It holds what has come of the body, never room for what was announced.
struct BodyReader: Sendable {
    private enum Mode {
        case length(remaining: Int)
        case chunked(ChunkedDecoder)
    }
    private var mode: Mode
    private(set) var body: [UInt8] = []

    /// - Parameter maximumBytes: of the body of one in chunks, without their framing.
    init(_ framing: BodyFraming, maximumBytes: Int) {
        mode =
            switch framing {
            case .none: .length(remaining: 0)
            case .length(let count): .length(remaining: count)
            case .chunked: .chunked(ChunkedDecoder(maximumBytes: maximumBytes))
            }
    }

    /// Takes what has come.
    ///
    /// - Returns: how much of `piece` belongs to the body, once it is complete; nil when all of `piece` was taken and more is
    ///   needed.
    mutating func feed(_ piece: UnsafeRawBufferPointer) throws(HTTPRefusal) -> Int? {
        switch mode {
        case .length(let remaining):
            let count = min(remaining, piece.count)
            unsafe body.append(contentsOf: piece.prefix(count))
            mode = .length(remaining: remaining - count)
            return count == remaining ? count : nil
        case .chunked(var decoder):
            // Only one of them may refer to what it has collected, or that would be copied.
            mode = .length(remaining: 0)
            let consumed = unsafe try decoder.feed(piece, into: &body)
            mode = .chunked(decoder)
            return consumed
        }
    }
}
