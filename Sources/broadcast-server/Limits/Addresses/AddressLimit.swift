/// How many of something one address may have.
enum AddressLimit: Sendable, Equatable {
    /// Half of all, so that one alone keeps nobody out; but for this machine itself, where a proxy may stand for everybody.
    case half
    case number(Int)
    case none

    /// - Parameters:
    ///   - all: how many all together may have.
    ///   - isExempt: the address stands for many, as that of a proxy does.
    /// - Returns: nil for no limit.
    func most(of all: Int, for share: AddressShare, isExempt: Bool) -> Int? {
        switch self {
        case .half: isExempt || share.isLocal ? nil : max(1, all / 2)
        case .number(let number): isExempt ? nil : number
        case .none: nil
        }
    }

    /// - Parameter number: as it was set; 0 for no limit, nil for nothing said.
    init(_ number: Int?) {
        self =
            switch number {
            case nil: .half
            case 0: .none
            case let number?: .number(number)
            }
    }
}
