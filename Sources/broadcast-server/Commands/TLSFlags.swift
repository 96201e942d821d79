import ArgumentParser
import LWSSwift

/// The flags that say how to make sure who the server is, and who shows what: those of every command that connects.
struct TLSFlags: ParsableArguments {
    @Option(
        help: ArgumentHelp("Trust the certificate authorities in this PEM file, and no others.", valueName: "file"),
        completion: .file()
    )
    var ca: String?

    @Option(
        help: ArgumentHelp("The client's own certificate, a PEM file; needs --key.", valueName: "file"),
        completion: .file()
    )
    var cert: String?

    @Option(help: ArgumentHelp("The private key of --cert, a PEM file.", valueName: "file"), completion: .file())
    var key: String?

    @Flag(help: "Take any certificate. Whoever is in between can read and change everything.")
    var insecure = false

    func validate() throws {
        guard (cert == nil) == (key == nil) else {
            throw ValidationError("--cert and --key need each other. Give both.")
        }
        guard !insecure || ca == nil else {
            throw ValidationError("--insecure and --ca exclude each other. Use one of them.")
        }
    }

    var configuration: TLSClientConfiguration {
        TLSClientConfiguration(
            trust: ca.map { .file($0) } ?? .system,
            verification: insecure ? .none : .full,
            identity: identity
        )
    }

    /// The client's own certificate; ``validate()`` has seen that there are both files or none.
    private var identity: TLSIdentity? {
        guard let cert, let key else { return nil }
        return TLSIdentity(certificateChainFile: cert, privateKeyFile: key)
    }
}
