@testable import LWSSwift

extension FuzzTarget {
    /// An answer becomes the same head and beginning of a body, or the same fault, in whatever pieces it comes.
    static let responses = FuzzTarget("responses") { bytes throws(Violation) in
        var first: ResponseOutcome?
        for pieces in Splits.of(bytes) {
            let outcome = try ResponseOutcome(of: pieces)
            if let first {
                try require(
                    outcome == first,
                    "in pieces of \(pieces.prefix(20).map(\.count)): \(outcome), in one: \(first)"
                )
            }
            first = outcome
        }
    }
}

/// What a client makes of an answer.
private struct ResponseOutcome: Equatable {
    var head: ResponseHead?
    /// How many bytes of the stream are the head and what came before it.
    var headBytes = 0
    var fault: MalformedResponse?
    var body: [UInt8] = []
    var isComplete = false

    init(of pieces: [[UInt8]]) throws(Violation) {
        var parser = ResponseParser()
        var reader: ResponseBody?
        for piece in pieces {
            var rest = piece
            if reader == nil {
                let read: (head: ResponseHead, count: Int)?
                do throws(MalformedResponse) {
                    read = try unsafe piece.span.bytes.withUnsafeBytes { bytes throws(MalformedResponse) in
                        try unsafe parser.read(bytes)
                    }
                } catch {
                    // How much came before it is told by nobody.
                    headBytes = 0
                    fault = error
                    return
                }
                guard let read else {
                    headBytes += piece.count
                    continue
                }
                try require(0...piece.count ~= read.count, "\(read.count) of \(piece.count) bytes were taken")
                headBytes += read.count
                head = read.head
                try require(read.head.fields.count <= ResponseParser.maximumFields, "\(read.head.fields.count) fields")
                try require(read.head.status == 101 || 200...599 ~= read.head.status, "status \(read.head.status)")
                reader = ResponseBody(of: read.head)
                rest = Array(piece.dropFirst(read.count))
            }
            unsafe rest.withUnsafeBytes { unsafe reader?.append($0) }
        }
        body = reader?.beginning ?? []
        isComplete = reader?.isComplete ?? false
        try require(body.count <= ResponseBody.maximumBytes, "\(body.count) bytes are kept")
    }
}
