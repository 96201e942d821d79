// In the fuzzer the files of the names belong to its own module.
#if canImport(broadcast_server)
    @testable import broadcast_server
#endif

extension FuzzTarget {
    /// A name that is taken keeps to the rules whatever characters its scalars make up together, and is taken again as it
    /// is, as is a channel by its path.
    static let names = FuzzTarget("names") { bytes throws(Violation) in
        let raw = String(decoding: bytes, as: UTF8.self)
        if let name = try? MemberName(raw) {
            let scalars = name.text.unicodeScalars
            try require(!scalars.contains(":"), "there is a colon in \"\(name.text)\"")
            try require(scalars.first != " " && scalars.last != " ", "\"\(name.text)\" is not trimmed")
            try require(1...32 ~= name.text.count && scalars.count <= 128, "the length of \"\(name.text)\"")
            try require((try? MemberName(name.text)) == name, "\"\(name.text)\" is not taken again")
        }
        if let channel = ChannelName(path: raw) {
            let scalars = channel.text.unicodeScalars
            try require(!scalars.contains { $0 == "/" || $0.value <= 0x20 }, "the channel \"\(channel)\"")
            try require(channel.text.utf8.count <= ChannelName.maximumBytes, "the length of \"\(channel)\"")
            let path = "/" + PercentEncoding.encode(channel.text)
            try require(ChannelName(path: path) == channel, "\(path) is another channel than \"\(channel)\"")
        }
    }
}
