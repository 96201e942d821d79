/// A set of keys as JSON has it (RFC 7517 section 5), or one key alone.
struct JSONWebKeySet: Decodable {
    let keys: [JSONWebKey]

    private enum Field: String, CodingKey {
        case keys
    }

    init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: Field.self)
        keys =
            fields.contains(.keys)
            ? try fields.decode([JSONWebKey].self, forKey: .keys) : [try JSONWebKey(from: decoder)]
    }

    static func keys(_ bytes: [UInt8], _ path: String) throws(FileFaults) -> [VerificationKey] {
        let unreadable = FileFaults(path, "It is not a set of keys in JSON, or says something twice.")
        let set = try StrictJSON.decode(Self.self, from: bytes, otherwise: unreadable)
        var keys: [VerificationKey] = []
        for (index, key) in set.keys.enumerated() {
            do throws(PublicKey.Unusable) {
                if let key = try key.key() { keys.append(key) }
            } catch {
                throw FileFaults(
                    path,
                    "Key \(index + 1)\(key.kid.map { ", \"\($0)\"," } ?? "") cannot be used: \(error.reason)."
                )
            }
        }
        guard !keys.isEmpty else { throw FileFaults(path, "It has no key that signatures can be verified with.") }
        return keys
    }
}
