/// The TLS contexts of this process' clients: one a configuration, so that authorities are read once and sessions resume.
/// At most 16, the latest. May be used on any thread, but not on a loop's: a new one reads files.
final class TLSClientContexts: Sendable {
    private struct Entry {
        let configuration: TLSClientConfiguration
        /// A file that has been replaced since makes another context.
        let stamps: [FileStamp?]
        let context: TLSContext
    }

    static let shared = TLSClientContexts()
    private static let maximumCount = 16

    private let entries = Lock<[Entry]>([])

    func context(for configuration: TLSClientConfiguration) throws(WebSocketError) -> TLSContext {
        let stamps = configuration.sources.map(\.stamp)
        let known = entries.withLock { entries in
            entries.first { $0.configuration == configuration && $0.stamps == stamps }?.context
        }
        if let known { return known }
        // Not under the lock: others need not wait for these files.
        let context = try TLSContext.client(configuration)
        entries.withLock { entries in
            entries.removeAll { $0.configuration == configuration }
            if entries.count == Self.maximumCount { entries.removeFirst() }
            entries.append(Entry(configuration: configuration, stamps: stamps, context: context))
        }
        return context
    }
}

extension TLSClientConfiguration {
    fileprivate var sources: [PEMSource] {
        var sources: [PEMSource] = []
        if case .authorities(let source) = trust { sources.append(source) }
        if let identity { sources += [identity.certificateChain, identity.privateKey] }
        return sources
    }
}
