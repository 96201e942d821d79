internal import CLibWebSockets

/// A version of libwebsockets: that of the headers this was compiled with, or that of the library it runs with.
struct LibraryVersion: Comparable, CustomStringConvertible {
    let major: Int
    let minor: Int
    let patch: Int

    init(_ major: Int, _ minor: Int, _ patch: Int) {
        self.major = major
        self.minor = minor
        self.patch = patch
    }

    /// From `LWS_LIBRARY_VERSION_NUMBER`: 4003005 is 4.3.5.
    init(number: Int) {
        self.init(number / 1_000_000, number / 1_000 % 1_000, number % 1_000)
    }

    /// From what lws says of itself, such as `4.3.5-v4.3.5`; nil when that does not begin with three numbers.
    init?(text: String) {
        let parts = text.split(separator: ".", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, let major = Int(parts[0]), let minor = Int(parts[1]),
            let patch = Int(parts[2].prefix { $0.isASCII && $0.isNumber })
        else { return nil }
        self.init(major, minor, patch)
    }

    var description: String { "\(major).\(minor).\(patch)" }

    static func < (one: LibraryVersion, other: LibraryVersion) -> Bool {
        (one.major, one.minor, one.patch) < (other.major, other.minor, other.patch)
    }
}

extension LibraryVersion {
    static let oldestSupported = LibraryVersion(4, 1, 6)
    static let headers = LibraryVersion(number: clws_version_number)
    /// The library that this process has loaded. 0.0.0 when it does not tell, which is too old.
    static let loaded: LibraryVersion = {
        guard let text = unsafe lws_get_library_version() else { return LibraryVersion(0, 0, 0) }
        return LibraryVersion(text: unsafe String(cString: text)) ?? LibraryVersion(0, 0, 0)
    }()

    /// Why a program compiled with these headers cannot run with this library, and what to do; nil when it can.
    ///
    /// The layout of what is handed to lws is the same within a minor version (4.3.3, which has what this uses, up to
    /// 4.3.10; 4.4.0 to 4.4.5; 4.5.0 to 4.5.8) and differs between them: lws then reads settings that nobody made, and hangs.
    static func refusal(headers: LibraryVersion, library: LibraryVersion) -> String? {
        guard library >= oldestSupported else {
            return "libwebsockets \(oldestSupported) or newer is needed, and \(library) is what was loaded."
        }
        guard (headers.major, headers.minor) == (library.major, library.minor) else {
            return """
                This program was built with the headers of libwebsockets \(headers), and \(library) is what was loaded: \
                install headers and library of one version (libwebsockets-dev on Debian and Ubuntu), remove the build \
                folder, and build again; `ldd` tells which library a program loads.
                """
        }
        return nil
    }
}
