@testable import LWSSwift

extension FuzzTarget {
    /// Nothing of a URL that is taken, from a user or from a server's `Location` field, can break out of the request that it
    /// is written into, and it names something to connect to.
    static let clientURL = FuzzTarget("client-url") { bytes throws(Violation) in
        let text = String(decoding: bytes, as: UTF8.self)
        if let encoded = URLText.encoded(text) {
            try require(URLText.encoded(encoded) == encoded, "\(encoded) is encoded again")
        }
        if let url = try? ClientURL(text) { try check(url) }
        for address in ["ws://a.example:81/x/y?z", "wss://a.example/", "ws+unix:/tmp/socket:/x"] {
            guard let origin = try? ClientURL(address) else {
                throw Violation(description: "\(address) is refused")
            }
            guard let target = try? Redirect.target(from: origin, location: text) else { continue }
            try check(target)
            try require(target.isSecure || !origin.isSecure, "it leads from wss to ws")
            if case .unix = origin.destination {
                try require(target.destination == origin.destination, "it leads to another socket")
            }
        }
    }

    private static func check(_ url: ClientURL) throws(Violation) {
        try require(url.resource.utf8.allSatisfy { (0x21...0x7E).contains($0) }, "request for \"\(url.resource)\"")
        try require(url.resource.hasPrefix("/"), "\"\(url.resource)\" is no path")
        try require(!url.resource.contains("#"), "a fragment is sent")
        try require(url.authority.utf8.allSatisfy { (0x21...0x7E).contains($0) }, "Host: \"\(url.authority)\"")
        switch url.destination {
        case .tcp(let host, let port):
            try require((1...65_535).contains(port), "port \(port)")
            try require(!host.isEmpty && !host.utf8.contains(0), "host \"\(host)\"")
        case .unix(let path):
            try require(!path.isEmpty && !path.utf8.contains(0), "path \"\(path)\"")
        }
        try require((try? ClientURL(url.description)) == url, "written again as \(url) it is another one")
    }
}
