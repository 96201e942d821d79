import Glibc

/// What the system knows of this process, under the names that every Prometheus client uses.
enum ProcessFigures {
    static func families() -> [MetricFamily] {
        let memory = memory()
        return [
            MetricFamily(.counter, "process_cpu_seconds", unit: .seconds, cpuSeconds, "User and system CPU time."),
            MetricFamily(.gauge, "process_resident_memory_bytes", unit: .bytes, memory.resident, "Resident memory."),
            MetricFamily(.gauge, "process_virtual_memory_bytes", unit: .bytes, memory.virtual, "Virtual memory."),
            MetricFamily(.gauge, "process_open_fds", openDescriptors, "Open file descriptors."),
            MetricFamily(.gauge, "process_max_fds", maximumDescriptors, "The most file descriptors that may be open."),
            MetricFamily(
                .gauge,
                "process_start_time_seconds",
                unit: .seconds,
                startTime,
                "When the process began, in seconds since 1970-01-01 00:00 UTC."
            ),
        ]
    }

    private static var cpuSeconds: Double {
        var time = timespec()
        unsafe clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return time.seconds
    }

    /// proc_pid_statm(5).
    private static func memory() -> (virtual: Int, resident: Int) {
        let pages = (read("/proc/self/statm") ?? "").split(separator: " ").compactMap { Int($0) }
        guard pages.count > 1 else { return (0, 0) }
        let size = sysconf(Int32(_SC_PAGESIZE))
        return (pages[0] * size, pages[1] * size)
    }

    /// Without the one that reads them.
    private static var openDescriptors: Int {
        guard let folder = unsafe opendir("/proc/self/fd") else { return 0 }
        defer { unsafe closedir(folder) }
        var count = 0
        while unsafe readdir(folder) != nil { count += 1 }
        // Two of the names are the folder and the one above.
        return max(count - 3, 0)
    }

    private static var maximumDescriptors: Double {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 0 }
        return limit.rlim_cur == .max ? .infinity : Double(limit.rlim_cur)
    }

    /// The 22nd word of proc_pid_stat(5), of which the second may hold anything between brackets, counts from the start of
    /// the system.
    private static let startTime: Double = {
        var (wall, boot) = (timespec(), timespec())
        unsafe clock_gettime(CLOCK_REALTIME, &wall)
        unsafe clock_gettime(CLOCK_BOOTTIME, &boot)
        let words = (read("/proc/self/stat") ?? "").split(separator: ")").last?.split(separator: " ") ?? []
        let ticks = words.count > 19 ? Double(words[19]) ?? 0 : 0
        let start = wall.seconds - boot.seconds + ticks / Double(sysconf(Int32(_SC_CLK_TCK)))
        return (start * 100).rounded() / 100
    }()

    /// The first 4 KiB of a file of the system's.
    private static func read(_ path: String) -> String? {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 4_096)
        let count = unsafe Glibc.read(descriptor, &bytes, 4_096)
        return count > 0 ? String(decoding: bytes[..<count], as: UTF8.self) : nil
    }
}

extension timespec {
    fileprivate var seconds: Double { Double(tv_sec) + Double(tv_nsec) / 1e9 }
}
