import FoundationEssentials

// In the fuzzer the files of the rights belong to its own module.
#if canImport(broadcast_server)
    @testable import broadcast_server
#endif

extension FuzzTarget {
    /// What is read of rights is written as it was read, and a pattern is for the channels that its bytes say.
    static let rights = FuzzTarget("rights") { bytes throws(Violation) in
        let halves = bytes.split(separator: 0x0A, maxSplits: 1, omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
        if let entry = try? RightsEntry(halves[0]) {
            let again = try? RightsEntry(entry.description)
            try require(again == entry, "\"\(entry)\" is read as another one")
            try require(entry.rights != [], "\"\(entry)\" gives nothing")
        }
        guard let pattern = ChannelPattern(halves[0]), halves.count == 2,
            let channel = ChannelName(checking: halves[1]), (halves[0] + halves[1]).utf8.allSatisfy({ $0 < 0x80 })
        else { return }
        let (form, name) = (Array(halves[0].utf8), Array(channel.text.utf8))
        let isMeant =
            switch halves[0] {
            case "*": true
            case "/": name.isEmpty
            default:
                form.last == UInt8(ascii: "*")
                    ? name.starts(with: form.dropLast()) && name.count >= form.count : name == form
            }
        try require(pattern.matches(channel) == isMeant, "\(pattern) and \(channel)")
    }

    /// Base64url has one form for each sequence of bytes, and an object of JSON that is made up names a member twice or not.
    static let tokenParts = FuzzTarget("token-parts") { bytes throws(Violation) in
        let text = Base64URL.encode(bytes)
        try require(Base64URL.decode(text.utf8) == bytes, "\"\(text)\" stands for other bytes")
        if let decoded = Base64URL.decode(bytes) {
            try require(Array(Base64URL.encode(decoded).utf8) == bytes, "\(bytes) has another form")
        }
        _ = UniqueMembers.hold(in: bytes)
        var object = MadeUpObject(bytes)
        let json = Array(object.text(depth: 0).utf8)
        try require(
            (try? JSONDecoder().decode(AnyMembers.self, from: Data(json))) != nil,
            "\(String(decoding: json, as: UTF8.self)) is none"
        )
        try require(
            UniqueMembers.hold(in: json) != object.hasDuplicates,
            "\(object.hasDuplicates) for \(String(decoding: json, as: UTF8.self))"
        )
    }

    /// Whatever is an object.
    private struct AnyMembers: Decodable {
        private enum Field: String, CodingKey { case none }

        init(from decoder: any Decoder) throws {
            _ = try decoder.container(keyedBy: Field.self)
        }
    }
}

/// Writes an object of JSON that bytes determine, and remembers whether it names a member twice.
private struct MadeUpObject {
    private var choices: Choices
    private(set) var hasDuplicates = false

    init(_ bytes: [UInt8]) {
        choices = Choices(bytes)
    }

    mutating func text(depth: Int) -> String {
        var names: Set<Int> = []
        var members: [String] = []
        while choices.isTrue() {
            let name = choices.below(4)
            if !names.insert(name).inserted { hasDuplicates = true }
            members.append("\(spelled(name))\(space()):\(space())\(value(depth: depth + 1))\(space())")
        }
        return "{\(space())\(members.joined(separator: ","))}"
    }

    private mutating func value(depth: Int) -> String {
        switch depth < 8 ? choices.below(6) : choices.below(4) {
        case 0: return "-1.5e+3"
        case 1: return "null"
        case 2: return #""\"{\\""#
        case 3: return "[]"
        case 4: return text(depth: depth)
        default: return "[\(value(depth: depth + 1)),\(value(depth: depth + 1))]"
        }
    }

    /// One of four names, in one of its ways to be written.
    private mutating func spelled(_ name: Int) -> String {
        let ways = [["\"a\"", #""\u0061""#], ["\"\"", "\"\""], [#""\"""#, #""\u0022""#], ["\"é\"", #""\u00E9""#]]
        return ways[name][choices.below(2)]
    }

    private mutating func space() -> String { choices.isTrue() ? " \n" : "" }
}
