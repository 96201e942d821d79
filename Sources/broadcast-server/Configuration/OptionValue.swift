import ArgumentParser

/// A value that an option takes, on the command line and in a variable alike.
protocol OptionValue: ExpressibleByArgument, Sendable {
    /// What help calls a value.
    static var valueName: String { get }
    /// How it is written, for those who have written it otherwise.
    static var rule: String { get }
    /// Whether it is written with commas between its parts, for which the configuration file may have a list.
    static var takesList: Bool { get }
}

extension OptionValue {
    static var takesList: Bool { false }
}

/// A value that may have to lie within bounds.
protocol BoundedOptionValue: OptionValue, Comparable {
    static func rule(within bounds: ClosedRange<Self>) -> String
}

extension OptionValue where Self: CaseIterable {
    static var rule: String { "Use one of: \(allValueStrings.joined(separator: ", "))." }
}

extension String: OptionValue {
    static var valueName: String { "text" }
    /// Every text is one.
    static var rule: String { "" }
}

extension Int: BoundedOptionValue {
    static var valueName: String { "number" }
    static var rule: String { "Use a number." }

    static func rule(within bounds: ClosedRange<Int>) -> String {
        "Use a number from \(bounds.lowerBound) to \(bounds.upperBound)."
    }
}

extension Envelope: OptionValue {
    static var valueName: String { "form" }
}
