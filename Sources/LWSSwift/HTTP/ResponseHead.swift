internal import HTTPTypes

/// The head of an answer (RFC 9112 section 4).
struct ResponseHead: Equatable {
    /// The minor version of HTTP/1; a server with 0 cannot switch protocols (RFC 9110 section 7.8).
    var minorVersion: Int
    var status: Int
    var fields: HTTPFields = [:]
}

/// Why an answer cannot be read, as the end of a sentence such as "it is not HTTP".
struct MalformedResponse: Error, Equatable {
    var reason: String
}
