/// The whole of the standard input as one binary message.
struct InputBytes: Sendable {
    private let reader: BlockingReader<[UInt8]>

    init(_ input: Descriptor) throws(Failure) {
        reader = try BlockingReader(from: ()) { _ throws(SystemError) in
            let bytes = try input.readInForeground(atMost: InputLines.pieceBytes)
            return bytes.isEmpty ? nil : bytes
        }
    }

    /// Reads to the end; nil when there are more than `limit` bytes, of which the rest is not read.
    func all(atMost limit: Int) async throws(SystemError) -> [UInt8]? {
        var all: [UInt8] = []
        while let piece = try await reader.next() {
            guard all.count + piece.count <= limit else { return nil }
            all += piece
        }
        return all
    }
}
