import ArgumentParser
import FoundationEssentials

/// The servers of a cluster, as `--cluster` and its variable have them: URLs with commas between them.
struct NATSServers: OptionValue, Equatable, CustomStringConvertible {
    static let valueName = "urls"
    static let rule = "Use the URLs of NATS servers, as in nats://10.0.0.1:4222,nats://10.0.0.2:4222; tls:// for TLS."
    static let takesList = true

    /// As libnats takes them.
    let urls: [String]

    init?(argument text: String) {
        let urls = text.split(separator: ",", omittingEmptySubsequences: false).map { part in
            part.trimmingPrefix { $0 == " " }.description
        }
        guard urls.allSatisfy(Self.isURL) else { return nil }
        self.urls = urls
    }

    private static func isURL(_ text: String) -> Bool {
        let rest = ["nats://", "tls://"].first(where: text.hasPrefix).map { text.dropFirst($0.count) }
        guard let rest, rest.utf8.allSatisfy({ 0x21...0x7E ~= $0 }), !rest.contains("/") else { return false }
        // What stands before it is a secret, and may be anything.
        let place = rest.lastIndex(of: "@").map { rest[rest.index(after: $0)...] } ?? rest
        guard let url = URLComponents(string: "nats://\(place)"), let host = url.host, !host.isEmpty,
            url.user == nil, url.query == nil, url.fragment == nil
        else { return false }
        return url.port.map { 1...65_535 ~= $0 } ?? !place.hasSuffix(":")
    }

    /// As they would be written, whatever they hold.
    var defaultValueDescription: String { urls.joined(separator: ",") }

    /// Whether they say who comes, which everybody could read on a command line.
    var holdSecrets: Bool { urls.contains { $0.contains("@") } }

    /// They without what nobody should read.
    var description: String {
        urls.map(Self.withoutSecrets).joined(separator: ", ")
    }

    /// A URL without what stands in it before `@`.
    static func withoutSecrets(_ url: String) -> String {
        guard let at = url.lastIndex(of: "@"), let colon = url.firstIndex(of: ":") else { return url }
        return url[...colon] + "//" + url[url.index(after: at)...]
    }
}

extension OptionForm<String> {
    /// What is fit for the name of a stream and for a token of a subject.
    static var natsName: OptionForm {
        OptionForm(rule: "Use 1 to 32 letters, digits, - and _, not beginning with KV_.") { text in
            let isFit = text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
            // So JetStream calls the streams of its buckets.
            return isFit && 1...32 ~= text.utf8.count && !text.lowercased().hasPrefix("kv_") ? text : nil
        }
    }
}
