/// Writes whole lines to a descriptor. A full disk may take only a part of one: what comes next then begins a line of its own, and
/// is not mistaken for the end of that one.
struct LineWriter: Sendable {
    private(set) var descriptor: Descriptor
    private var endsWithinLine = false

    init(_ descriptor: Descriptor) {
        self.descriptor = descriptor
    }

    /// Goes on with another one, which may be the same file.
    mutating func move(to descriptor: Descriptor) {
        self.descriptor = descriptor
    }

    mutating func write(_ lines: ArraySlice<UInt8>) throws(SystemError) {
        var bytes = lines
        if endsWithinLine { bytes = [UInt8(ascii: "\n")] + lines }
        var rest = bytes
        do throws(SystemError) {
            try descriptor.write(from: &rest)
            endsWithinLine = false
        } catch {
            if let last = bytes.dropLast(rest.count).last { endsWithinLine = last != UInt8(ascii: "\n") }
            throw error
        }
    }
}
