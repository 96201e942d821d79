/// One element of a `Sec-WebSocket-Extensions` field: an extension with its parameters (RFC 6455 section 9.1).
struct ExtensionElement: Equatable {
    struct Parameter: Equatable {
        var name: String
        /// Without the quotes it may have come in.
        var value: String?
    }

    var name: String
    var parameters: [Parameter] = []
}

/// The elements of a `Sec-WebSocket-Extensions` field, whose grammar RFC 6455 section 9.1 gives:
///
/// ```
/// extension-list  = 1#extension
/// extension       = token *( ";" extension-param )
/// extension-param = token [ "=" (token | quoted-string) ]      ; the string's content must be a token
/// ```
struct ExtensionList {
    /// The elements in order, which is that of preference; nil when the field breaks the grammar.
    static func parse(_ field: String) -> [ExtensionElement]? {
        var list = ExtensionList(rest: field.utf8[...])
        var elements: [ExtensionElement] = []
        repeat {
            // Empty elements do not count (RFC 9110 section 5.6.1).
            if list.rest.isEmpty || list.rest.first == UInt8(ascii: ",") { continue }
            guard let element = list.element() else { return nil }
            elements.append(element)
        } while list.skip(",")
        return list.rest.isEmpty && !elements.isEmpty ? elements : nil
    }

    /// What has not been read yet, without leading white space.
    private var rest: Substring.UTF8View

    private init(rest: Substring.UTF8View) {
        self.rest = rest
        skipSpace()
    }

    private mutating func element() -> ExtensionElement? {
        guard let name = token() else { return nil }
        var element = ExtensionElement(name: name)
        while skip(";") {
            guard let name = token() else { return nil }
            var parameter = ExtensionElement.Parameter(name: name)
            if skip("=") {
                guard let value = rest.first == UInt8(ascii: "\"") ? quotedToken() : token() else { return nil }
                parameter.value = value
            }
            element.parameters.append(parameter)
        }
        return element
    }

    private mutating func token() -> String? {
        let token = String(rest.prefix { !",;=\" \t".utf8.contains($0) }) ?? ""
        guard FieldSyntax.isToken(token) else { return nil }
        rest = rest.dropFirst(token.utf8.count)
        skipSpace()
        return token
    }

    /// A quoted string, in which a backslash stands before any character (RFC 9110 section 5.6.4).
    private mutating func quotedToken() -> String? {
        rest = rest.dropFirst()
        var bytes: [UInt8] = []
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "\""):
                skipSpace()
                let token = String(decoding: bytes, as: UTF8.self)
                return FieldSyntax.isToken(token) ? token : nil
            case UInt8(ascii: "\\"):
                guard let escaped = rest.popFirst() else { return nil }
                bytes.append(escaped)
            default:
                bytes.append(byte)
            }
        }
        return nil
    }

    /// Takes a delimiter, with the white space behind it.
    private mutating func skip(_ delimiter: Unicode.Scalar) -> Bool {
        guard rest.first == UInt8(ascii: delimiter) else { return false }
        rest = rest.dropFirst()
        skipSpace()
        return true
    }

    private mutating func skipSpace() {
        rest = rest.drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
    }
}
