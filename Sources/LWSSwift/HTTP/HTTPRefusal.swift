internal import HTTPTypes

/// The answer to a request that is not served, behind which the connection ends.
struct HTTPRefusal: Error, Equatable {
    var status: HTTPResponse.Status
    var headerFields: HTTPFields = [:]
    /// A sentence for whoever sent the request.
    var body: String

    static func badRequest(_ body: String) -> HTTPRefusal {
        HTTPRefusal(status: .badRequest, body: body)
    }
}

extension HTTPRefusal {
    init(_ fault: HeadFault) {
        let status: HTTPResponse.Status =
            switch fault.kind {
            case .malformed: .badRequest
            case .unsupportedVersion: .httpVersionNotSupported
            case .requestLineTooLong: .uriTooLong
            case .tooLong, .tooManyFields: .requestHeaderFieldsTooLarge
            }
        self.init(status: status, body: fault.explanation)
    }

    /// The whole answer, as it is sent.
    ///
    /// - Parameter isHead: the request was one for the head alone.
    func bytes(isHead: Bool) -> [UInt8] {
        let framing = ResponseFraming(
            status: status,
            count: body.utf8.count,
            isHead: isHead,
            isHTTP11: true,
            keepsConnection: false
        )
        var fields = headerFields
        if !fields.contains(where: { $0.name == .contentType }) {
            fields.append(HTTPField(name: .contentType, value: "text/plain; charset=utf-8"))
        }
        return framing.head(status, fields) + framing.framed(Array(body.utf8))
    }
}
