/// Reads the files of keys, each as a whole or not at all.
enum KeyFile {
    static let maximumBytes = 1 << 20

    /// Reads public keys: a PEM file with one or several, or a JSON Web Key Set (RFC 7517), which may have secrets as well.
    static func keys(_ path: String) throws(FileFaults) -> [VerificationKey] {
        let bytes = try WholeFile.read(path, atMost: maximumBytes)
        let first = bytes.first { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }
        return first == UInt8(ascii: "{")
            ? try JSONWebKeySet.keys(bytes, path) : try PEMKeys.keys(bytes, path)
    }

    /// Reads a secret: all bytes of a file, but for one line break at its end.
    static func secret(_ path: String) throws(FileFaults) -> VerificationKey {
        var bytes = try WholeFile.read(path, atMost: maximumBytes)
        if bytes.last == 0x0A { bytes.removeLast() }
        if bytes.last == 0x0D { bytes.removeLast() }
        // What everybody may know must never serve as a secret.
        guard !PEMKeys.isLikely(bytes) else {
            throw FileFaults(path, "It has a key in PEM form: give it as a key, not as a secret.")
        }
        do throws(PublicKey.Unusable) {
            return try VerificationKey(SecretKey(bytes))
        } catch {
            throw FileFaults(path, "It cannot be used: \(error.reason). `openssl rand -base64 48` makes one.")
        }
    }
}
