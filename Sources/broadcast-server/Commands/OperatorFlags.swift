import ArgumentParser
import FoundationEssentials

/// How `publish` and `tail` come to a channel of a server that runs on this machine past its rights, instead of by a URL.
struct OperatorFlags: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Go by the server's admin socket, with all rights, in place of a URL; the channel is what --channel says.",
            valueName: "path"
        ),
        completion: .file()
    )
    var adminSocket: String?

    @Option(
        help: ArgumentHelp("With --admin-socket: the channel. Without, the one that has no name.", valueName: "name")
    )
    var channel: String?

    func validate() throws {
        guard let channel else { return }
        guard adminSocket != nil else {
            throw ValidationError("--channel is for --admin-socket. Otherwise the URL names the channel.")
        }
        guard ChannelName(checking: channel) != nil else { throw ValidationError(ChannelName.rule) }
    }

    /// nil for a server by its URL.
    var client: AdminClient? { adminSocket.map { AdminClient(path: $0) } }

    /// Where the events of the channel are.
    ///
    /// - Parameter url: without an admin socket.
    func tailURL(otherwise url: String) throws(Failure) -> ChannelURL {
        guard let adminSocket else { return try ChannelURL(url) }
        let folder = FileManager.default.currentDirectoryPath
        let path = adminSocket.hasPrefix("/") ? adminSocket : "\(folder)/\(adminSocket)"
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        let socket = parts.map { PercentEncoding.encode(String($0)) }.joined(separator: "/")
        return try ChannelURL("http+unix://\(socket):/tail").adding([(name: "channel", value: channel ?? "")])
    }
}
