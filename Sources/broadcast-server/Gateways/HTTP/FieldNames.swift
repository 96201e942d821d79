import HTTPTypes

/// Fields that are used here, and that the package of types has no names for.
extension HTTPField.Name {
    /// What a request to publish is known by when it comes again.
    static let idempotencyKey = known("Idempotency-Key")
    /// Where a client that comes back for events has come to (HTML section 9.2.4).
    static let lastEventID = known("Last-Event-ID")
    /// Where the next page is (RFC 8288).
    static let link = known("Link")

    /// What a request belongs to (W3C Trace Context).
    static let traceParent = known("traceparent")

    private static func known(_ text: String) -> HTTPField.Name {
        guard let name = HTTPField.Name(text) else { preconditionFailure("\(text) is the name of a field.") }
        return name
    }
}
