import ArgumentParser

/// Whose connections are meant.
struct WhoseFlags: ParsableArguments {
    @Option(help: ArgumentHelp("Those of this channel; '' for the one without a name.", valueName: "name"))
    var channel: String?

    @Option(help: ArgumentHelp("Those of this subject of tokens.", valueName: "subject"))
    var subject: String?

    @Option(
        help: ArgumentHelp(
            "Those from this address, with its port or without, or from this network, such as 192.0.2.0/24.",
            valueName: "address"
        )
    )
    var address: String?

    func validate() throws {
        do throws(Problem) {
            _ = try ConnectionFilter(channel: channel, subject: subject, address: address)
        } catch {
            throw ValidationError(error.message)
        }
    }

    /// As parameters of a query.
    var parameters: [(name: String, value: String)] {
        [("channel", channel), ("subject", subject), ("address", address)].compactMap { name, value in
            value.map { (name, $0) }
        }
    }
}
