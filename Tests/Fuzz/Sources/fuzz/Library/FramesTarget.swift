@testable import LWSSwift

extension FuzzTarget {
    /// A stream of frames becomes the same messages, or the same failure, in whatever pieces it comes, and those that the
    /// text of the RFC gives. The first byte says in which role it is read, under which limit, and whether compression was
    /// agreed on.
    static let frames = FuzzTarget("frames") { bytes throws(Violation) in
        guard let options = bytes.first else { return }
        let reading = FrameReading(options)
        let stream = Array(bytes.dropFirst())
        let expected = reading.expected(stream)
        for pieces in Splits.of(stream) {
            let outcome = reading.read(pieces)
            try require(
                outcome == expected,
                "in pieces of \(pieces.prefix(20).map(\.count)): \(outcome), not \(expected)"
            )
        }
    }
}

/// A stream of frames, read by the real code and by plain code.
private struct FrameReading {
    enum Outcome: Equatable {
        case message(WebSocketMessage)
        case control(opcode: UInt8, [UInt8])
        case failure(WebSocketCloseCode)
    }

    private let role: WebSocketRole
    private let maximumBytes: Int
    private let inflater: Inflater?

    init(_ options: UInt8) {
        role = options & 1 == 0 ? .server : .client
        inflater = options & 2 == 0 ? nil : Inflater()
        maximumBytes = [100, 1_000, 20_000, 0][Int(options >> 2 & 3)]
    }

    // MARK: The real code

    func read(_ pieces: [[UInt8]]) -> [Outcome] {
        var reader = FrameReader(role: role)
        var assembler = MessageAssembler(maximumBytes: maximumBytes, inflater: inflater)
        var outcomes: [Outcome] = []
        for var piece in pieces {
            let failure: ConnectionFailure? = unsafe piece.withUnsafeMutableBytes { buffer in
                var input = unsafe buffer
                do throws(ConnectionFailure) {
                    while let event = try unsafe reader.next(&input) {
                        if let outcome = try Self.outcome(of: event, &assembler) { outcomes.append(outcome) }
                    }
                } catch {
                    return error
                }
                precondition(unsafe input.isEmpty, "Input was left though there is no event.")
                return nil
            }
            if let failure { return outcomes + [.failure(failure.code)] }
        }
        return outcomes
    }

    private static func outcome(
        of event: FrameReader.Event,
        _ assembler: inout MessageAssembler
    ) throws(ConnectionFailure) -> Outcome? {
        switch event {
        case .close(let payload): return .control(opcode: 8, payload)
        case .ping(let payload): return .control(opcode: 9, payload)
        case .pong(let payload): return .control(opcode: 10, payload)
        case .data(let bytes, let piece):
            switch try unsafe assembler.append(bytes, piece) {
            case .none: return nil
            case .piece(let kind): return unsafe .message(WebSocketMessage(uncheckedKind: kind, bytes: Array(bytes)))
            case .message(let message): return .message(message)
            }
        }
    }

    // MARK: Plain code

    func expected(_ stream: [UInt8]) -> [Outcome] {
        var rest = stream[...]
        var outcomes: [Outcome] = []
        var message: (kind: WebSocketMessage.Kind, isCompressed: Bool, bytes: [UInt8])?
        func failing(_ code: WebSocketCloseCode) -> [Outcome] { outcomes + [.failure(code)] }
        while let frame = PlainFrame(from: &rest) {
            guard frame.isMasked == (role == .server), frame.isCountShortest, frame.count >> 63 == 0 else {
                return failing(.protocolError)
            }
            switch frame.opcode {
            case 8, 9, 10:
                guard frame.isFinal, frame.reservedBits == 0, frame.count < 126 else { return failing(.protocolError) }
                if frame.isComplete { outcomes.append(.control(opcode: frame.opcode, frame.payload)) }
                continue
            case 1, 2:
                let isCompressed = frame.reservedBits == 0x40 && inflater != nil
                guard message == nil, isCompressed || frame.reservedBits == 0 else { return failing(.protocolError) }
                message = (frame.opcode == 1 ? .text : .binary, isCompressed, [])
            default:
                guard frame.opcode == 0, message != nil, frame.reservedBits == 0 else { return failing(.protocolError) }
            }
            guard var current = message else { break }
            let limit = current.isCompressed ? maximumBytes + maximumBytes / 16 + 64 : maximumBytes
            guard UInt64(current.bytes.count) + frame.count <= UInt64(limit) else { return failing(.messageTooBig) }
            current.bytes += frame.payload
            message = current
            guard frame.isFinal, frame.isComplete else { continue }
            message = nil
            if let inflater, current.isCompressed {
                do throws(Inflater.Failure) {
                    current.bytes = try unsafe current.bytes.span.bytes.withUnsafeBytes {
                        bytes throws(Inflater.Failure) in
                        try unsafe inflater.inflate(bytes, maximumBytes: maximumBytes)
                    }
                } catch {
                    return failing(error == .tooBig ? .messageTooBig : .invalidPayload)
                }
            }
            if current.kind == .text, String(validating: current.bytes, as: UTF8.self) == nil {
                return failing(.invalidPayload)
            }
            outcomes.append(.message(WebSocketMessage(uncheckedKind: current.kind, bytes: current.bytes)))
        }
        return outcomes
    }
}
