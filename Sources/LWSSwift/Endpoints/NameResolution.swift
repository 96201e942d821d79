internal import CLibWebSockets
internal import Glibc

/// One address a name stands for.
struct ResolvedAddress: Sendable {
    private var storage: sockaddr_storage
    private let length: socklen_t

    init(_ address: UnsafePointer<sockaddr>, length: socklen_t) {
        storage = sockaddr_storage()
        self.length = length
        unsafe withUnsafeMutableBytes(of: &storage) {
            unsafe $0.copyMemory(from: UnsafeRawBufferPointer(start: address, count: Int(length)))
        }
    }

    init(unixPath path: String) throws(WebSocketError) {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        // The path ends with a zero.
        guard path.utf8.count < MemoryLayout.size(ofValue: address.sun_path) else {
            throw WebSocketError(.invalidURL, "The path of the socket, \(path), is too long.")
        }
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: path.utf8) }
        self = unsafe withUnsafeBytes(of: address) { bytes in
            let start = unsafe bytes.assumingMemoryBound(to: sockaddr.self).baseAddress!
            return unsafe ResolvedAddress(start, length: socklen_t(bytes.count))
        }
    }

    var family: Int32 { Int32(storage.ss_family) }
    var socketAddress: SocketAddress? { SocketAddress(storage) }
    var host: String { socketAddress?.host ?? "" }
    var port: Int { socketAddress?.port ?? 0 }
    var isWildcard: Bool { host == "::" || host == "0.0.0.0" }

    func with(port: Int) -> ResolvedAddress {
        var copy = self
        // The port lies at the same place in both families.
        unsafe withUnsafeMutableBytes(of: &copy.storage) {
            unsafe $0.storeBytes(of: UInt16(port).bigEndian, toByteOffset: 2, as: UInt16.self)
        }
        return copy
    }

    func withSockaddr<R>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> R) -> R {
        unsafe withUnsafeBytes(of: storage) {
            unsafe body($0.assumingMemoryBound(to: sockaddr.self).baseAddress!, length)
        }
    }
}

extension ResolvedAddress: CustomStringConvertible {
    var description: String { socketAddress?.description ?? "unknown address" }
}

/// Looks up host names with the system's resolver, which blocks: lws would do it on the loop's thread.
enum NameResolution {
    /// All addresses of a name, in the order in which to try them: as the system sorts them (RFC 6724), the families taking
    /// turns (RFC 8305 section 4).
    ///
    /// Blocks until the resolver answers: call it off the loop.
    static func resolve(host: String, port: Int, isPassive: Bool) throws(WebSocketError) -> [ResolvedAddress] {
        var hints = unsafe addrinfo()
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        unsafe hints.ai_flags = AI_NUMERICSERV | (isPassive ? AI_PASSIVE : AI_ADDRCONFIG)
        var list: UnsafeMutablePointer<addrinfo>?
        let name = host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
        var result = unsafe getaddrinfo(name, "\(port)", &hints, &list)
        if result != 0, !isPassive {
            // AI_ADDRCONFIG hides loopback addresses on a machine without network.
            unsafe hints.ai_flags = AI_NUMERICSERV
            result = unsafe getaddrinfo(name, "\(port)", &hints, &list)
        }
        guard result == 0 else {
            let reason = unsafe gai_strerror(result).map { unsafe String(cString: $0) } ?? "error \(result)"
            throw WebSocketError(.nameNotFound, "The host name \"\(host)\" cannot be resolved: \(reason).")
        }
        defer { unsafe freeaddrinfo(list) }
        var addresses: [ResolvedAddress] = []
        var next = unsafe list
        while let info = unsafe next {
            if let address = unsafe info.pointee.ai_addr {
                let resolved = unsafe ResolvedAddress(address, length: info.pointee.ai_addrlen)
                if !addresses.contains(where: { $0.description == resolved.description }) { addresses.append(resolved) }
            }
            unsafe next = unsafe info.pointee.ai_next
        }
        return interleaved(addresses)
    }

    /// Lets the two families take turns, beginning with that of the first address.
    static func interleaved(_ addresses: [ResolvedAddress]) -> [ResolvedAddress] {
        guard let first = addresses.first else { return [] }
        let preferred = addresses.filter { $0.family == first.family }
        let others = addresses.filter { $0.family != first.family }
        var result: [ResolvedAddress] = []
        for index in 0..<max(preferred.count, others.count) {
            if index < preferred.count { result.append(preferred[index]) }
            if index < others.count { result.append(others[index]) }
        }
        return result
    }
}
