/// Positions of an order that has numbers only.
extension PositionText {
    init(number: UInt64) {
        self.init(rawValue: "0.\(number)")
    }
}
