@testable import LWSSwift

extension FuzzTarget {
    /// A PROXY header is read the same however it comes, is judged for good as soon as it is wrong, and leaves alone what stands
    /// behind it.
    static let proxyHeader = FuzzTarget("proxy-header") { bytes throws(Violation) in
        let whole = Result { () throws(ProxyHeader.Fault) in try ProxyHeader.read(bytes) }
        var early: Result<ProxyHeader?, ProxyHeader.Fault> = .success(nil)
        for count in 0...min(bytes.count, ProxyHeader.maximumBytes) {
            early = Result { () throws(ProxyHeader.Fault) in try ProxyHeader.read(Array(bytes.prefix(count))) }
            guard case .success(nil) = early else { break }
        }
        try require(early == whole, "in pieces it is \(early), and as a whole \(whole)")
        switch whole {
        case .success(let header?):
            try require(16...ProxyHeader.maximumBytes ~= header.byteCount, "it has \(header.byteCount) bytes")
            try require(header.byteCount <= bytes.count, "it is longer than what came")
            let alone = Array(bytes.prefix(header.byteCount))
            try require((try? ProxyHeader.read(alone)) == header, "alone it is another one")
            guard let source = header.source else { return }
            try require(source.port != nil && SocketAddress(host: source.host, port: 1) != nil, "\(source) is none")
        case .success(nil):
            try require(bytes.count < ProxyHeader.maximumBytes, "\(bytes.count) bytes are not enough")
        case .failure: break
        }
    }
}
