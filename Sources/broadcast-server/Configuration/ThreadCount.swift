import Glibc

/// How many threads serve connections: a number, or one for each processor.
enum ThreadCount: Equatable, Sendable {
    case number(Int)
    case auto

    static let most = 64
    static let rule = "Use a number from 1 to \(most), or auto for one for each processor."

    static func parse(_ text: String) -> ThreadCount? {
        if text == "auto" { return .auto }
        guard let number = Int(text), 1...most ~= number else { return nil }
        return .number(number)
    }

    var value: Int {
        switch self {
        case .number(let number): number
        case .auto: min(max(Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))), 1), Self.most)
        }
    }
}
