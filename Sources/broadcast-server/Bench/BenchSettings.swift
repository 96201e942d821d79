import LWSSwift

/// What load to put on a server.
struct BenchSettings: Sendable {
    let url: ChannelURL
    var connections = 100
    var channels = 1
    var publishers = 1
    /// Messages a second, of all publishers together.
    var rate = 1_000
    /// Bytes of a message, without what the server puts before it.
    var size = 64
    var warmUp = Duration.seconds(1)
    var duration = Duration.seconds(10)
    var threads = 1
    /// What the connections show; nil for nothing.
    var token: BearerToken?
    var tls = TLSClientConfiguration()

    /// How many messages are measured, and how many are sent before them.
    var measuredMessages: Int { Self.count(duration, rate) }
    var warmUpMessages: Int { Self.count(warmUp, rate) }

    /// To how many members each publisher speaks, besides itself.
    func listeners(ofPublisher publisher: Int) -> Int {
        let channel = publisher % channels
        return (connections - channel + channels - 1) / channels - 1
    }

    /// How often the measured messages are to be delivered: each to all in its channel but its author.
    var expectedDeliveries: Int {
        let first = warmUpMessages
        let (rounds, rest) = measuredMessages.quotientAndRemainder(dividingBy: publishers)
        return (0..<publishers).reduce(0) { sum, publisher in
            // The publishers take turns; the first measured message is that of whoever is next.
            let position = (publisher - first % publishers + publishers) % publishers
            return sum + (rounds + (position < rest ? 1 : 0)) * listeners(ofPublisher: publisher)
        }
    }

    private static func count(_ duration: Duration, _ rate: Int) -> Int {
        Int((duration / .seconds(1) * Double(rate)).rounded())
    }

    /// The URL of a member: that which was given; with several channels the channel is called like it, with a number.
    func url(ofMember member: Int) -> String {
        guard channels > 1 else { return url.target }
        let path = url.target.prefix { $0 != "?" }
        return "\(path)\(path.hasSuffix("/") ? "bench" : "")-\(member % channels)\(url.target.dropFirst(path.count))"
    }
}
