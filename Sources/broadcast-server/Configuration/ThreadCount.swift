import ArgumentParser
import Glibc

/// How many threads serve connections: a number, or one for each processor.
enum ThreadCount: OptionValue, Equatable {
    case number(Int)
    case auto

    static let most = 64
    static let valueName = "threads"
    static let rule = "Use a number from 1 to \(most), or auto for one for each processor."

    init?(argument text: String) {
        if text == "auto" {
            self = .auto
        } else if let number = Int(text), 1...Self.most ~= number {
            self = .number(number)
        } else {
            return nil
        }
    }

    var defaultValueDescription: String {
        switch self {
        case .number(let number): "\(number)"
        case .auto: "auto"
        }
    }

    var value: Int {
        switch self {
        case .number(let number): number
        case .auto: min(max(Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))), 1), Self.most)
        }
    }
}
