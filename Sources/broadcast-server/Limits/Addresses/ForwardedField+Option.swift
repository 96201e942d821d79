import ArgumentParser
import HTTPTypes

extension ForwardedField: OptionValue {
    static let valueName = "field"

    var name: HTTPField.Name { self == .forwarded ? .forwarded : .xForwardedFor }
}

extension HTTPField.Name {
    fileprivate static let forwarded = known("Forwarded")
    fileprivate static let xForwardedFor = known("X-Forwarded-For")

    private static func known(_ text: String) -> HTTPField.Name {
        guard let name = HTTPField.Name(text) else { preconditionFailure("\(text) is the name of a field.") }
        return name
    }
}
