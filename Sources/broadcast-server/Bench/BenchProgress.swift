/// A bar on the terminal, while there is one: what is shown there is not part of the output.
struct BenchProgress: Sendable {
    private let terminal: Descriptor?
    private static let width = 30

    init(isShown: Bool) {
        terminal = isShown && Descriptor.standardError.isTerminal ? .standardError : nil
    }

    func show(_ text: String, _ done: Int, of total: Int) {
        let filled = total == 0 ? Self.width : min(Self.width, done * Self.width / total)
        let bar = String(repeating: "█", count: filled) + String(repeating: "·", count: Self.width - filled)
        write("\r\(bar) \(text)\u{1B}[K")
    }

    func end() {
        write("\r\u{1B}[K")
    }

    private func write(_ text: String) {
        // It only decorates.
        try? terminal?.write(Array(text.utf8))
    }
}
