import Glibc

/// How a node shows NATS who it is, and knows whom it speaks with.
struct NATSAccess: Equatable, Sendable {
    /// A file that `nsc` has made: a token and a key.
    var credentialsFile: String?
    var token: String?
    var user: String?
    var password: String?
    /// What signs the server's certificate; nil for what the system trusts.
    var authorityFile: String?
    var certificateFile: String?
    var keyFile: String?

    /// Whether TLS is wanted whatever the URLs say.
    var isEncrypted: Bool { authorityFile != nil || certificateFile != nil }

    init() {}

    /// - Throws: a failure when files are missing, or one without the other.
    init(flags: StartFlags, environment: Environment) throws(Failure) {
        let options = ServerOptions.table
        authorityFile = try environment.value(\.clusterCA, flags.clusterCA)
        certificateFile = try environment.value(\.clusterCert, flags.clusterCert)
        keyFile = try environment.value(\.clusterKey, flags.clusterKey)
        if (certificateFile == nil) != (keyFile == nil) {
            let message = "--cluster-cert and --cluster-key need each other, however they are said. Give both."
            try environment.refuse(message, about: options.clusterCert, options.clusterKey)
        }
        let files = [
            (options.clusterCA, authorityFile), (options.clusterCert, certificateFile), (options.clusterKey, keyFile),
        ]
        for (option, file) in files {
            if let file {
                try environment.attempt(about: option) { () throws(Failure) in
                    _ = try Self.contents(of: file, option.name)
                }
            }
        }
        if let file = try environment.value(\.clusterCredentials, flags.clusterCredentials) {
            try environment.attempt(about: options.clusterCredentials) { () throws(Failure) in
                try take(credentials: file)
            }
        }
    }

    /// A file of three kinds.
    private mutating func take(credentials file: String) throws(Failure) {
        let text = try Self.contents(of: file, "cluster-credentials")
        if text.contains("-----BEGIN NATS USER JWT-----") { return credentialsFile = file }
        let line = text.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
        guard !line.isEmpty else { throw Failure(.badInput, "The file of --cluster-credentials is empty, \(file).") }
        if let colon = line.firstIndex(of: ":") {
            user = String(line[..<colon])
            password = String(line[line.index(after: colon)...])
        } else {
            token = line
        }
    }

    /// The beginning of a file, which is all of one that is meant.
    private static func contents(of path: String, _ option: String) throws(Failure) -> String {
        do throws(SystemError) {
            let number = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY)
            guard number >= 0 else { throw SystemError() }
            let file = Descriptor(number: number)
            defer { file.close() }
            return try String(decoding: file.read(atMost: 64 << 10), as: UTF8.self)
        } catch {
            throw Failure(.badInput, "The file of --\(option) cannot be read, \(path): \(error).")
        }
    }
}
