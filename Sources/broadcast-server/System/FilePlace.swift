import Glibc

/// Looks whether a path could be used for something, without making anything there.
enum FilePlace {
    /// - Returns: what keeps a file from being written to at a path, or made there; nil when nothing does.
    static func obstacle(toFileAt path: String) -> SystemError? {
        switch kind(of: path) {
        case nil: obstacle(toMakingIn: path)
        case S_IFDIR: SystemError(EISDIR)
        default: unsafe access(path, W_OK) == 0 ? nil : SystemError()
        }
    }

    /// - Returns: what keeps a folder from being used, or made; nil when nothing does.
    static func obstacle(toFolderAt path: String) -> SystemError? {
        switch kind(of: path) {
        case nil: obstacle(toMakingIn: path)
        case S_IFDIR: unsafe access(path, R_OK | W_OK | X_OK) == 0 ? nil : SystemError()
        default: SystemError(ENOTDIR)
        }
    }

    /// - Returns: what keeps a socket from being made, or from taking the place of one that was left; nil when nothing does.
    static func obstacle(toSocketAt path: String) -> SystemError? {
        let capacity = MemoryLayout.size(ofValue: sockaddr_un().sun_path)
        guard path.utf8.count < capacity else { return SystemError(ENAMETOOLONG) }
        switch kind(of: path) {
        case nil, S_IFSOCK: return obstacle(toMakingIn: path)
        default: return SystemError(EEXIST)
        }
    }

    /// Whether everybody on the system may read a file.
    static func isReadableByAll(_ path: String) -> Bool {
        var status = stat()
        return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG && status.st_mode & S_IROTH != 0
    }

    private static func kind(of path: String) -> mode_t? {
        var status = stat()
        return unsafe stat(path, &status) == 0 ? status.st_mode & S_IFMT : nil
    }

    private static func obstacle(toMakingIn path: String) -> SystemError? {
        guard !path.isEmpty else { return SystemError(ENOENT) }
        let parent = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        return unsafe access(parent, W_OK | X_OK) == 0 ? nil : SystemError()
    }
}
