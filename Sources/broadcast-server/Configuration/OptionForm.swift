import ArgumentParser

/// How the value of an option is read, and what it must be when it cannot.
struct OptionForm<Value: OptionValue>: Sendable {
    let rule: String
    let read: @Sendable (String) -> Value?

    /// Whatever the type takes.
    static var any: OptionForm {
        OptionForm(rule: Value.rule) { Value(argument: $0) }
    }
}

extension OptionForm where Value: BoundedOptionValue {
    /// What lies within bounds.
    static func within(_ bounds: ClosedRange<Value>) -> OptionForm {
        OptionForm(rule: Value.rule(within: bounds)) { text in
            Value(argument: text).flatMap { bounds.contains($0) ? $0 : nil }
        }
    }
}
