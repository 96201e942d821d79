/// The words that turn something on or off.
enum SwitchWord {
    /// nil for any other word.
    static func read(_ text: String) -> Bool? {
        switch text.lowercased() {
        case "true", "yes", "on", "1": true
        case "false", "no", "off", "0": false
        default: nil
        }
    }
}
