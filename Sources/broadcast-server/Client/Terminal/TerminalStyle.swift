/// The colors of the console (ECMA-48 SGR).
enum TerminalStyle {
    static let dim = "\u{1B}[2m"
    static let bold = "\u{1B}[1m"
    static let reset = "\u{1B}[0m"

    /// Colors of the palette of 256 that can be read on a dark and on a light ground.
    private static let nameColors = [160, 166, 136, 70, 29, 37, 32, 62, 99, 133, 168, 130]

    /// The color of a name: the same one each time the program runs, which Swift's own hashes would not give.
    static func color(ofName name: String) -> String {
        // FNV-1a, 32 bits.
        let hash = name.utf8.reduce(UInt32(2_166_136_261)) { ($0 ^ UInt32($1)) &* 16_777_619 }
        return "\u{1B}[38;5;\(nameColors[Int(hash % UInt32(nameColors.count))])m"
    }
}
