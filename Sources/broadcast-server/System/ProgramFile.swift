import Glibc

/// The file that this process was started from.
enum ProgramFile {
    /// Its path when it is asked for first, which is to be at the start: a file that is put in its place has the same path,
    /// and the system then tells another one.
    static let path: String = {
        var bytes = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
        let count = unsafe readlink("/proc/self/exe", &bytes, Int(PATH_MAX))
        guard count > 0 else { return CommandLine.arguments.first ?? "" }
        return String(decoding: bytes.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }()
}
