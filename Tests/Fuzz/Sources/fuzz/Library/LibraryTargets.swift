extension FuzzTarget {
    /// Those of LWSSwift.
    static let library = [
        utf8, closePayload, frames, frameEncoder, extensions, deflate, clientURL, proxy, proxyHeader, requests,
        responses, events,
        frameLog, textLines,
    ]
}
