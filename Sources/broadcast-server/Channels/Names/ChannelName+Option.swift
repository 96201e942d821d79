import ArgumentParser

extension ChannelName: OptionValue {
    static let valueName = "channel"
    /// Each is a label with numbers of its own in whatever reads metrics.
    static let mostShown = 100

    init?(argument text: String) {
        self.init(checking: text)
    }

    var defaultValueDescription: String { text }
}
