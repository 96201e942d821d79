/// Writes pieces to one socket, small ones together, until it is full.
@safe
struct TurnWriter {
    private let outlet: Outlet
    private let buffer: GatherBuffer
    /// What became of the last write; nil before the first.
    private(set) var outcome: WriteOutcome?
    /// How long that write was.
    private(set) var byteCount = 0

    init(_ outlet: Outlet, _ buffer: GatherBuffer) {
        self.outlet = outlet
        self.buffer = buffer
    }

    /// Nothing more can be written now.
    var isStopped: Bool { outcome == .held || outcome == .broken }

    /// Writes whole frames, now or with those that follow. False when it was not taken, because the socket is full.
    mutating func take(_ piece: UnsafeRawBufferPointer) -> Bool {
        if !buffer.hasRoom(for: piece.count) || piece.count >= GatherBuffer.directBytes { flush() }
        guard !isStopped else { return false }
        if piece.count >= GatherBuffer.directBytes {
            unsafe write(piece)
        } else {
            unsafe buffer.append(piece)
        }
        return true
    }

    /// Writes what was put together.
    mutating func flush() {
        guard buffer.count > 0 else { return }
        unsafe write(buffer.take())
    }

    private mutating func write(_ piece: UnsafeRawBufferPointer) {
        outcome = unsafe outlet.write(piece.baseAddress, piece.count)
        byteCount = piece.count
    }
}
