/// The public keys of a file in PEM form (RFC 7468).
enum PEMKeys {
    private static let begin = "-----BEGIN "
    private static let end = "-----END "
    private static let label = "PUBLIC KEY"

    /// Whether these are keys in PEM form, or were meant to be.
    static func isLikely(_ bytes: [UInt8]) -> Bool {
        String(decoding: bytes, as: UTF8.self).contains("--BEGIN")
    }

    static func keys(_ bytes: [UInt8], _ path: String) throws(FileFaults) -> [VerificationKey] {
        var keys: [VerificationKey] = []
        var block: (line: Int, text: String)?
        let lines = String(decoding: bytes, as: UTF8.self)
            .split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        for (index, line) in lines.enumerated() {
            if line.hasPrefix(begin) {
                guard line.hasPrefix("\(begin)\(label)-----") else {
                    throw FileFaults(path, line: index + 1, advice(on: line))
                }
                block = (index + 1, "")
            }
            block?.text += "\(line)\n"
            guard line.hasPrefix(end), let (start, text) = block else { continue }
            block = nil
            do throws(PublicKey.Unusable) {
                keys.append(VerificationKey(try PublicKey.read(Array(text.utf8))))
            } catch {
                throw FileFaults(path, line: start, "This key cannot be used: \(error.reason).")
            }
        }
        if let block { throw FileFaults(path, line: block.line, "This key has no end.") }
        guard !keys.isEmpty else {
            throw FileFaults(path, "It has no public key in PEM form, and is no set of keys in JSON.")
        }
        return keys
    }

    /// What to do about a block that is no public key.
    private static func advice(on line: Substring) -> String {
        if line.contains("PRIVATE") {
            "This is a private key, which the server should not have: `openssl pkey -pubout` makes the public one of it."
        } else if line.contains("CERTIFICATE") {
            "This is a certificate: `openssl x509 -noout -pubkey` says its public key."
        } else if line.contains("RSA") {
            "This is a key of the old form: `openssl rsa -RSAPublicKey_in -pubout` makes the common one of it."
        } else {
            "This is not a \(label)."
        }
    }
}
