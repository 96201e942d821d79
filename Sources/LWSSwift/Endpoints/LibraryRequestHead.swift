internal import CLibWebSockets
internal import Glibc
internal import HTTPTypes

/// The head of the request a socket has just received, read out of lws' header table (lws-http.h).
///
/// The table exists until the request was answered or the connection opened; this must not be kept longer.
@safe
struct LibraryRequestHead {
    private let wsi: OpaquePointer

    init(_ wsi: OpaquePointer) {
        unsafe self.wsi = wsi
    }

    /// lws keeps the URI under another token for each method.
    private static let methods: [(lws_token_indexes, HTTPRequest.Method)] = [
        (WSI_TOKEN_GET_URI, .get), (WSI_TOKEN_POST_URI, .post), (WSI_TOKEN_HEAD_URI, .head), (WSI_TOKEN_PUT_URI, .put),
        (WSI_TOKEN_DELETE_URI, .delete), (WSI_TOKEN_PATCH_URI, .patch), (WSI_TOKEN_OPTIONS_URI, .options),
        (WSI_TOKEN_CONNECT, .connect),
    ]

    /// The header fields lws knows, by their names in lower case without colon; made once.
    private static let knownFields: [(token: lws_token_indexes, name: HTTPField.Name)] = {
        var fields: [(lws_token_indexes, HTTPField.Name)] = []
        for index in 0..<WSI_TOKEN_COUNT.rawValue {
            let token = lws_token_indexes(rawValue: index)
            guard let text = unsafe lws_token_to_string(token) else { continue }
            let label = unsafe String(cString: UnsafeRawPointer(text).assumingMemoryBound(to: CChar.self))
            // Pseudo-headers of HTTP/2 and the request line stand in the same table.
            guard label.hasSuffix(":"), !label.hasPrefix(":"), let name = HTTPField.Name(String(label.dropLast()))
            else {
                continue
            }
            fields.append((token, name))
        }
        return fields
    }()

    private static let tokens = Dictionary(
        knownFields.map { ($0.name, $0.token) },
        uniquingKeysWith: { first, _ in first }
    )

    var method: HTTPRequest.Method? {
        Self.methods.first { unsafe lws_hdr_total_length(wsi, $0.0) > 0 }?.1
    }

    /// The path, percent-decoded by lws where that cannot change its structure.
    var path: String {
        for (token, _) in Self.methods {
            if let path = self[token] { return path }
        }
        return "/"
    }

    /// The version in the request line, such as `HTTP/1.1`.
    var version: String { self[WSI_TOKEN_HTTP] ?? "" }

    /// The value of a header field.
    subscript(name: HTTPField.Name) -> String? {
        if let token = Self.tokens[name], let value = self[token] { return value }
        let label = name.canonicalName + ":"
        let length = unsafe lws_hdr_custom_length(wsi, label, Int32(label.utf8.count))
        guard length >= 0 else { return nil }
        var buffer = [CChar](repeating: 0, count: Int(length) + 1)
        let count = unsafe lws_hdr_custom_copy(wsi, &buffer, Int32(buffer.count), label, Int32(label.utf8.count))
        return count < 0 ? nil : Self.string(buffer, Int(count))
    }

    /// All header fields that can be enumerated.
    var fields: HTTPFields {
        var fields = HTTPFields()
        for (token, name) in Self.knownFields {
            if let value = self[token] { fields[name] = value }
        }
        return fields
    }

    /// Fields that lws knows, a repeated one counted as often as it came.
    var fieldCount: Int {
        var count = 0
        for (token, _) in Self.knownFields {
            var fragment: Int32 = 0
            while unsafe lws_hdr_fragment_length(wsi, token, fragment) > 0 {
                count += 1
                fragment += 1
            }
        }
        return count
    }

    subscript(token: lws_token_indexes) -> String? {
        let length = unsafe lws_hdr_total_length(wsi, token)
        guard length > 0 else { return nil }
        // Room for the separators that lws puts between the values of a repeated field.
        var buffer = [CChar](repeating: 0, count: Int(length) + 64)
        let count = unsafe lws_hdr_copy(wsi, &buffer, Int32(buffer.count), token)
        return count < 0 ? nil : Self.string(buffer, Int(count))
    }

    private static func string(_ buffer: [CChar], _ count: Int) -> String {
        String(decoding: buffer.prefix(count).lazy.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
