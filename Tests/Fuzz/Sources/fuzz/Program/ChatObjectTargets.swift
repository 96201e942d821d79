internal import LWSSwift

// In the fuzzer the files of the protocol belong to its own module.
#if canImport(broadcast_server)
    @testable import broadcast_server
#endif

extension FuzzTarget {
    /// What a client sends is an object or a problem that can be sent back, and survives being written again.
    static let clientObject = FuzzTarget("client-object") { bytes throws(Violation) in
        try checkObject(ClientObject.self, bytes)
    }

    static let serverObject = FuzzTarget("server-object") { bytes throws(Violation) in
        try checkObject(ServerObject.self, bytes)
    }

    private static func checkObject<Object: Codable & Equatable>(_ type: Object.Type, _ bytes: [UInt8])
        throws(Violation)
    {
        let object: Object
        do throws(Problem) {
            object = try ChatProtocol.decode(type, from: bytes)
        } catch {
            try require(
                reading(ServerObject.self, ChatProtocol.encode(ServerObject.error(error)).bytes) == .error(error),
                "the problem \(error)"
            )
            return
        }
        try require(reading(type, ChatProtocol.encode(object).bytes) == object, "\(object) has become another one")
    }

    private static func reading<Object: Decodable>(_ type: Object.Type, _ bytes: [UInt8]) -> Object? {
        try? ChatProtocol.decode(type, from: bytes)
    }
}
