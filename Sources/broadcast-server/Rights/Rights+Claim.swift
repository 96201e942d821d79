/// The claim `channels` of a token:
///
///     "channels": ["team", "team.*"]                                      all that members do
///     "channels": {"team.*": ["subscribe", "publish"], "news": ["subscribe"]}
///
/// It is read as rights and nothing else: nobody is made a member by it. An entry that cannot be understood spoils the whole,
/// since whoever made it means something else than what would be left.
extension Rights: Decodable {
    init(from decoder: any Decoder) throws {
        if let names = try? decoder.singleValueContainer().decode([String].self) {
            guard names.count <= Self.maximumPatterns else { throw RightsFault.tooMany }
            self.init(
                try names.map { name throws(RightsFault) in
                    guard let pattern = ChannelPattern(name) else { throw .badPattern(name) }
                    return (pattern, .member)
                }
            )
        } else if let entries = try? decoder.singleValueContainer().decode([String: [String]].self) {
            guard entries.count <= Self.maximumPatterns else { throw RightsFault.tooMany }
            self.init(
                try entries.map { name, words throws(RightsFault) in
                    guard let pattern = ChannelPattern(name) else { throw .badPattern(name) }
                    return (pattern, try ChannelRights(words: words, for: name))
                }
            )
        } else {
            throw RightsFault.badForm
        }
    }
}
