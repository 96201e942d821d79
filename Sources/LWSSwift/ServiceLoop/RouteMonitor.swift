internal import CLibWebSockets
internal import Glibc

/// The socket on which newer versions of lws hear of the system's routes (``LibraryVersion/watchesRoutes``): made deaf.
///
/// lws closes a connection when none of the routes it knows leads to the peer, and what it knows is not what the system
/// does: it takes no note of rules and tables, nor of an IPv4 peer that has an IPv6 address because the listening socket
/// takes both. What becomes of a connection is for the system to say, and for pings. lws has no setting for it.
enum RouteMonitor {
    /// Puts in its place a socket that nobody sends to. Called before the loop's first turn, since libuv waits for a
    /// descriptor from its first turn on.
    ///
    /// - Parameter candidates: descriptors of the context, and others.
    static func silence(among candidates: some Sequence<Int32>) {
        for number in candidates where isMonitor(number) {
            let deaf = socket(AF_NETLINK, Int32(SOCK_RAW.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
            guard deaf >= 0 else { return }
            // lws closes what it takes for its own.
            _ = dup3(deaf, number, O_CLOEXEC)
            close(deaf)
        }
    }

    /// Whether it hears what lws asks for (lib/roles/netlink/ops-netlink.c, `rops_pt_init_destroy_netlink`).
    static func isMonitor(_ number: Int32) -> Bool {
        let groups = UInt32(RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV4_ROUTE)
        var address = sockaddr_nl()
        var length = socklen_t(MemoryLayout<sockaddr_nl>.size)
        let result = unsafe withUnsafeMutableBytes(of: &address) {
            unsafe getsockname(number, $0.assumingMemoryBound(to: sockaddr.self).baseAddress, &length)
        }
        return result == 0 && Int32(address.nl_family) == AF_NETLINK && address.nl_groups & groups == groups
    }
}
