/// What ``AccessPolicy`` says of a token, for people or for programs.
struct TokenReport: Encodable, Equatable {
    var accepted: Bool
    /// Why it is not accepted, for programs and for people.
    var code, detail: String?
    var subject, name, id: String?
    /// When it ends, in milliseconds since 1970-01-01 00:00 UTC.
    var expires: Int64?
    /// The words of the rights by pattern.
    var channels: [String: [String]]?

    init(_ grant: Grant) {
        accepted = true
        subject = grant.subject
        name = grant.name?.text
        if case .signed(let id) = grant.source { self.id = id }
        expires = grant.expiry?.milliseconds
        channels = Dictionary(grant.rights.list.map { ($0.pattern.description, $0.rights.words) }) { _, last in last }
    }

    init(_ fault: TokenFault) {
        accepted = false
        code = fault.code
        detail = fault.description
    }

    /// Some lines.
    var text: String {
        var lines = [accepted ? "accepted" : "refused (\(code ?? "")): \(detail ?? "")"]
        if let subject { lines.append("subject: \(subject)") }
        if let name { lines.append("name: \(name)") }
        if let id { lines.append("id: \(id)") }
        if let expires { lines.append("expires: in \((expires - NumericDate.now.milliseconds) / 1_000) s") }
        for (pattern, words) in (channels ?? [:]).sorted(by: { $0.key < $1.key }) {
            lines.append("\(pattern): \(words.joined(separator: ", "))")
        }
        return lines.map { EscapedText.escape($0) + "\n" }.joined()
    }
}
