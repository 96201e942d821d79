import ArgumentParser

extension AddressNetwork: OptionValue {
    static let valueName = "network"
    static let rule = "Use an address or a network, such as 127.0.0.1, 10.0.0.0/8 or fd00::/8."

    init?(argument text: String) {
        self.init(text)
    }

    var defaultValueDescription: String { description }
}
