internal import HTTPTypes
internal import Logging

/// An opening handshake that is right: what the handshake hook sees of it, and what becomes of the hook's decision. Pure.
struct UpgradeExchange: Sendable {
    let request: HandshakeRequest
    private let opening: OpeningHandshake
    private let deflate: DeflateNegotiation.Acceptance?

    /// - Throws: why the handshake is refused.
    init(
        _ head: RequestHead,
        remoteAddress: SocketAddress?,
        peerCertificate: [UInt8]? = nil,
        compresses: Bool
    ) throws(HTTPRefusal) {
        opening = try OpeningHandshake(head)
        deflate = compresses && !opening.extensions.isEmpty ? DeflateNegotiation.accept(opening.extensions) : nil
        request = HandshakeRequest(
            head,
            subprotocols: opening.subprotocols,
            remoteAddress: remoteAddress,
            peerCertificate: peerCertificate
        )
    }

    /// The answer that opens the connection, and what it settles.
    ///
    /// - Throws: the answer that does not.
    func answer(
        to response: HandshakeResponse,
        logger: Logger
    ) throws(HTTPRefusal) -> (bytes: [UInt8], handshake: Handshake) {
        switch response.content {
        case .deferred: preconditionFailure("A decision is awaited before it is answered with.")
        case .reject(let status, let fields, let body):
            throw HTTPRefusal(status: status, headerFields: fields, body: body)
        case .accept(let subprotocol, let fields, let userInfo):
            if let subprotocol, !request.subprotocols.contains(subprotocol) {
                logger.error("the handshake hook chose the subprotocol \(subprotocol), which the client does not offer")
                throw HTTPRefusal(status: .internalServerError, body: "The server chose an unknown subprotocol.")
            }
            let bytes = UpgradeAnswer.bytes(
                key: opening.key,
                subprotocol: subprotocol,
                extensions: deflate?.answer,
                fields: fields
            )
            let handshake = Handshake(
                path: request.path,
                query: request.query,
                subprotocol: subprotocol,
                compression: deflate?.agreement,
                remoteAddress: request.remoteAddress,
                peerCertificate: request.peerCertificateBytes,
                userInfo: userInfo
            )
            return (bytes, handshake)
        }
    }
}
