internal import Glibc

/// What the system tells of the process' open descriptors, in /proc/self.
enum OpenDescriptors {
    /// The numbers of all; none where /proc is not mounted.
    static func all() -> Set<Int32> {
        guard let folder = unsafe opendir("/proc/self/fd") else { return [] }
        defer { unsafe closedir(folder) }
        var numbers: Set<Int32> = []
        while let entry = unsafe readdir(folder) {
            let number = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { name in
                Int32(unsafe String(decoding: name.prefix { $0 != 0 }, as: UTF8.self))
            }
            if let number { numbers.insert(number) }
        }
        // The folder itself is one of them.
        numbers.remove(unsafe dirfd(folder))
        return numbers
    }

    /// What an eventfd has counted since it was last read; nil for another kind of descriptor, and for none.
    static func eventCount(of number: Int32) -> UInt64? {
        let file = unsafe open("/proc/self/fdinfo/\(number)", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 1_024)
        let count = unsafe read(file, &bytes, bytes.count)
        guard count > 0 else { return nil }
        let label = "eventfd-count:"
        return String(decoding: bytes.prefix(count), as: UTF8.self).split(separator: "\n")
            .first { $0.hasPrefix(label) }
            .flatMap { UInt64($0.dropFirst(label.count).drop { $0 == " " || $0 == "\t" }, radix: 16) }
    }
}
