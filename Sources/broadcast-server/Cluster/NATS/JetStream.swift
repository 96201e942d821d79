internal import CNATS

/// What a node asks JetStream for besides publishing. Every call blocks until the answer has come, two seconds at most: not
/// to be made on a service loop, nor where libnats calls.
@safe
final class JetStream: Sendable {
    let connection: NATSConnection
    // Not isolated: libnats locks what it points at, and it lives as long as this object.
    private nonisolated(unsafe) let pointer: OpaquePointer

    private static let wait: Int64 = 2_000

    init(_ connection: NATSConnection) throws(NATSFault) {
        self.connection = connection
        var options = unsafe jsOptions()
        unsafe jsOptions_Init(&options)
        unsafe options.Wait = Self.wait
        var context: OpaquePointer?
        try unsafe NATSFault.check(natsConnection_JetStream(&context, connection.pointer, &options))
        guard let context = unsafe context else { throw NATSFault(NATS_ERR) }
        unsafe pointer = context
    }

    deinit {
        unsafe jsCtx_Destroy(pointer)
    }

    // MARK: Streams

    /// A stream as it is.
    struct StreamState: Sendable {
        let settings: StreamSettings
        /// What it says of itself.
        let description: String
        /// When it was made, in nanoseconds since 1970, by what one of its servers knows: of nodes that asked for it at the
        /// same moment each server may have kept another's, and a server that was started anew another one than before.
        let created: Int64
        let firstSequence: UInt64
        let lastSequence: UInt64
    }

    /// - Throws: a fault that says so when there is none of this name.
    func stream(_ name: String) throws(NATSFault) -> StreamState {
        var info: UnsafeMutablePointer<jsStreamInfo>?
        var code = jsErrCode(0)
        let status = unsafe js_GetStreamInfo(&info, pointer, name, nil, &code)
        defer { unsafe jsStreamInfo_Destroy(info) }
        return try unsafe Self.state(info, status, code)
    }

    /// Makes a stream that says this of itself.
    ///
    /// - Throws: a fault that says so when there is one of this name that is otherwise, or says something else.
    func makeStream(_ settings: StreamSettings, description: String) throws(NATSFault) -> StreamState {
        var configuration = unsafe jsStreamConfig()
        try unsafe NATSFault.check(jsStreamConfig_Init(&configuration))
        unsafe configuration.Storage = settings.isOnDisk ? js_FileStorage : js_MemoryStorage
        unsafe configuration.Discard = settings.dropsOldest ? js_DiscardOld : js_DiscardNew
        unsafe configuration.Replicas = settings.replicas
        unsafe configuration.MaxMsgsPerSubject = settings.maximumMessagesPerSubject
        unsafe configuration.MaxBytes = settings.maximumBytes
        unsafe configuration.MaxAge = Int64(settings.maximumAge / .nanoseconds(1))
        unsafe configuration.Duplicates = Int64(settings.duplicateWindow / .nanoseconds(1))
        var info: UnsafeMutablePointer<jsStreamInfo>?
        var code = jsErrCode(0)
        let status = unsafe Self.withStrings([settings.name, description] + settings.subjects) { strings in
            var subjects = unsafe Array(strings.dropFirst(2))
            return unsafe subjects.withUnsafeMutableBufferPointer { subjects in
                unsafe configuration.Name = strings[0]
                unsafe configuration.Description = strings[1]
                unsafe configuration.Subjects = subjects.baseAddress
                unsafe configuration.SubjectsLen = Int32(subjects.count)
                return unsafe js_AddStream(&info, pointer, &configuration, nil, &code)
            }
        }
        defer { unsafe jsStreamInfo_Destroy(info) }
        return try unsafe Self.state(info, status, code)
    }

    /// Takes a stream away, with all that it holds.
    func deleteStream(_ name: String) throws(NATSFault) {
        var code = jsErrCode(0)
        let status = unsafe js_DeleteStream(pointer, name, nil, &code)
        try NATSFault.check(status, code)
    }

    private static func state(
        _ info: UnsafeMutablePointer<jsStreamInfo>?,
        _ status: natsStatus,
        _ code: jsErrCode
    ) throws(NATSFault) -> StreamState {
        try NATSFault.check(status, code)
        guard let info = unsafe info?.pointee, let configuration = unsafe info.Config?.pointee else {
            throw NATSFault(NATS_ERR)
        }
        let subjects = unsafe (0..<Int(configuration.SubjectsLen)).map { index in
            unsafe configuration.Subjects[index].map { unsafe String(cString: $0) } ?? ""
        }
        let settings = unsafe StreamSettings(
            name: configuration.Name.map { unsafe String(cString: $0) } ?? "",
            subjects: subjects,
            replicas: configuration.Replicas,
            maximumMessagesPerSubject: configuration.MaxMsgsPerSubject,
            maximumBytes: configuration.MaxBytes,
            maximumAge: .nanoseconds(configuration.MaxAge),
            duplicateWindow: .nanoseconds(configuration.Duplicates),
            isOnDisk: configuration.Storage == js_FileStorage,
            dropsOldest: configuration.Discard == js_DiscardOld && configuration.Retention == js_LimitsPolicy
        )
        return unsafe StreamState(
            settings: settings,
            description: configuration.Description.map { unsafe String(cString: $0) } ?? "",
            created: info.Created,
            firstSequence: info.State.FirstSeq,
            lastSequence: info.State.LastSeq
        )
    }

    /// Lends texts as C has them, for a call.
    private static func withStrings<Result>(
        _ texts: [String],
        _ body: ([UnsafePointer<CChar>?]) -> Result
    ) -> Result {
        let copies = unsafe texts.map { text in
            let bytes = Array(text.utf8CString)
            let copy = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count)
            unsafe copy.initialize(from: bytes, count: bytes.count)
            return unsafe copy
        }
        defer { unsafe copies.forEach { unsafe $0.deallocate() } }
        return unsafe body(copies.map { unsafe UnsafePointer($0) })
    }

    // MARK: Consumers

    /// Has the server send everything of a stream from a sequence on, in order, to a subject that somebody listens to; it
    /// forgets that five seconds after nobody does. What else comes there is a ``ConsumerSignal``.
    ///
    /// What libnats calls an ordered consumer is not used: that of 3.4.1 asks for a new one only after ten silent seconds when
    /// its first try is not answered, and drops what its queue does not hold.
    func consume(_ stream: String, from sequence: UInt64, to subject: String) throws(NATSFault) {
        var configuration = unsafe jsConsumerConfig()
        try unsafe NATSFault.check(jsConsumerConfig_Init(&configuration))
        unsafe configuration.DeliverPolicy = js_DeliverByStartSequence
        unsafe configuration.OptStartSeq = max(sequence, 1)
        unsafe configuration.AckPolicy = js_AckNone
        unsafe configuration.MaxDeliver = 1
        unsafe configuration.FlowControl = true
        unsafe configuration.Heartbeat = Int64(ConsumerSignal.interval / .nanoseconds(1))
        var code = jsErrCode(0)
        let status = unsafe Self.withStrings([subject]) { strings in
            unsafe configuration.DeliverSubject = strings[0]
            return unsafe js_AddConsumer(nil, pointer, stream, &configuration, nil, &code)
        }
        try NATSFault.check(status, code)
    }

    // MARK: Key-value buckets

    /// Adds to a number that all nodes share, and that outlives them.
    ///
    /// - Returns: what it was before.
    func advance(_ key: String, in bucket: String, by step: UInt64, replicas: Int64) throws(NATSFault) -> UInt64 {
        let store = try unsafe store(bucket, replicas: replicas)
        defer { unsafe kvStore_Destroy(store) }
        while true {
            let (value, revision) = try unsafe Self.number(key, in: store)
            let next = String(value + step)
            let status =
                if let revision {
                    unsafe kvStore_UpdateString(nil, store, key, next, revision)
                } else {
                    unsafe kvStore_CreateString(nil, store, key, next)
                }
            if status == NATS_OK { return value }
            let fault = NATSFault(status)
            // Another node was faster.
            guard !fault.isTemporary, try unsafe Self.number(key, in: store).revision != revision else { throw fault }
        }
    }

    private func store(_ bucket: String, replicas: Int64) throws(NATSFault) -> OpaquePointer {
        var store: OpaquePointer?
        var status = unsafe js_KeyValue(&store, pointer, bucket)
        if status == NATS_NOT_FOUND {
            var configuration = unsafe kvConfig()
            try unsafe NATSFault.check(kvConfig_Init(&configuration))
            unsafe configuration.Replicas = Int32(replicas)
            unsafe configuration.StorageType = js_FileStorage
            status = unsafe Self.withStrings([bucket]) { strings in
                unsafe configuration.Bucket = strings[0]
                return unsafe js_CreateKeyValue(&store, pointer, &configuration)
            }
        }
        try NATSFault.check(status)
        guard let store = unsafe store else { throw NATSFault(NATS_ERR) }
        return unsafe store
    }

    private static func number(
        _ key: String,
        in store: OpaquePointer
    ) throws(NATSFault) -> (value: UInt64, revision: UInt64?) {
        var entry: OpaquePointer?
        let status = unsafe kvStore_Get(&entry, store, key)
        defer { unsafe kvEntry_Destroy(entry) }
        if status == NATS_NOT_FOUND { return (0, nil) }
        try NATSFault.check(status)
        let text = unsafe kvEntry_ValueString(entry).map { unsafe String(cString: $0) } ?? ""
        guard let value = UInt64(text) else { throw NATSFault(NATS_INVALID_ARG) }
        return unsafe (value, kvEntry_Revision(entry))
    }
}
