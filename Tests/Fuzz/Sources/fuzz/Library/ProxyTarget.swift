@testable import LWSSwift

extension FuzzTarget {
    /// Nothing of a proxy's URL can break out of the request to it, and any list of exceptions can be read.
    static let proxy = FuzzTarget("proxy") { bytes throws(Violation) in
        let text = String(decoding: bytes, as: UTF8.self)
        let exceptions = ProxyExceptions(text)
        for host in ["a.example", "10.1.2.3", "2001:db8::1"] { _ = exceptions.contain(host: host, port: 80) }
        guard let route = try? ProxyRoute(text) else { return }
        try require((1...65_535).contains(route.port), "port \(route.port)")
        try require(!route.host.isEmpty && !route.host.utf8.contains(0), "host \"\(route.host)\"")
        let request = String(decoding: ProxyTunnel(route, host: "a.example", port: 80).request, as: UTF8.self)
        let lines = request.split(separator: "\r\n", omittingEmptySubsequences: false)
        try require(lines.count == (route.authorization == nil ? 4 : 5), "the request is \(request)")
        try require(lines.joined().utf8.allSatisfy { (0x20...0x7E).contains($0) }, "the request is \(request)")
    }
}
