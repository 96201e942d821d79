import LWSSwift

extension Posting {
    /// What it counts for where there may be only so much.
    var amount: MessageAmount {
        parcels.flatMap(\.messages).reduce(MessageAmount()) { amount, message in
            amount + MessageAmount(messages: 1, bytes: message.content.bytes.count)
        }
    }
}
