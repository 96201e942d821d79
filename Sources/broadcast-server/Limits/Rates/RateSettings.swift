/// How fast messages may come, by whom and where. Nothing is limited unless it is asked for.
struct RateSettings: Sendable, Equatable {
    /// Of each connection, and of each address that publishes without one.
    var client = MessageRates()
    /// Of each subject of a token, over all its connections.
    var subject = MessageRates()
    /// Of each channel, by whomever.
    var channel = MessageRates()

    /// How much may be sent before it is looked up what is left: little beside the rates, yet so much that the looking costs
    /// nothing beside the sending. Without a rate, too, since one may be brought in while the server runs.
    var portion: MessageAmount {
        MessageAmount(
            messages: Self.portion(client.messages, [subject.messages, channel.messages], most: 64),
            bytes: Self.portion(client.bytes, [subject.bytes, channel.bytes], most: 256 << 10)
        )
    }

    /// Of what is shared, each of many has a portion under way.
    private static func portion(_ own: Rate, _ shared: [Rate], most: Int) -> Int {
        let portions = [own.isLimit ? own.perSecond / 20 : most] + shared.map { $0.isLimit ? $0.perSecond / 256 : most }
        return max(min(portions.min() ?? most, most), 1)
    }
}
