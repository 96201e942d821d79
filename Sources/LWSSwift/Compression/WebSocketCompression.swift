/// Settings for the compression of messages: permessage-deflate (RFC 7692).
///
/// A client offers it, a server takes the first offer that it can keep. Either way no message refers back to an earlier
/// one (`server_no_context_takeover` and `client_no_context_takeover`), so that connections hold no state of zlib: an idle
/// one costs what it does without compression. The state belongs to the loop: at most 48 KiB to receive, and 150 KiB to
/// send for each size of window that peers have asked for, with a buffer for the message that was compressed last.
///
/// A server that insists on context takeover for what it sends, as Tornado and Mojolicious do, is served all the same: that
/// connection alone keeps 48 KiB, and ``NegotiatedCompression/peerKeepsContext`` tells so. What is sent to it stands for
/// itself, as to any other.
///
/// A message is compressed on its loop, which serves nobody else meanwhile. What arrives is inflated when it is complete,
/// under ``ConnectionLimits/maximumMessageBytes``, which counts inflated bytes: a message that would grow beyond it fails
/// its connection with 1009.
///
/// What travels compressed tells an eavesdropper its length, and with it something of its content, even under TLS:
/// do not put secrets into one message with text that an attacker can choose, or switch compression off.
public struct WebSocketCompression: Sendable, Hashable {
    /// Messages of fewer bytes are sent as they are: small ones hardly shrink. So is a message that does not get shorter.
    /// Default: 256 bytes, which save about a third of a JSON text; 128 save a tenth, 64 nothing.
    public var minimumBytes: Int
    /// How hard zlib looks for repetitions, 1 to 9. Default: 1, which takes a quarter to two thirds of the time of
    /// zlib's own default, 6, on texts of 4 KiB and more, and leaves them 5 to 25 percent longer.
    public var level: Int

    public init(minimumBytes: Int = 256, level: Int = 1) {
        self.minimumBytes = minimumBytes
        self.level = level
    }

    func validate() throws(WebSocketError) {
        try SettingRules.require(minimumBytes >= 0, "compression.minimumBytes must not be negative.")
        try SettingRules.require(1...9 ~= level, "compression.level must be from 1 to 9.")
    }
}
