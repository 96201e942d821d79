/// Why bytes are not the head of a request that is understood.
struct HeadFault: Error, Equatable {
    enum Kind {
        /// It breaks the grammar (RFC 9112).
        case malformed
        /// It has the major version of another protocol.
        case unsupportedVersion
        /// Its request line has not ended within the limit of the whole.
        case requestLineTooLong
        /// It has not ended within the limit.
        case tooLong
        case tooManyFields
    }

    var kind: Kind
    /// A sentence for whoever sent it.
    var explanation: String

    static func malformed(_ explanation: String) -> HeadFault {
        HeadFault(kind: .malformed, explanation: explanation)
    }
}
