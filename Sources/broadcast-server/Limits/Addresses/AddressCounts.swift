/// How many there are of something, by the address that they belong to. Pure.
struct AddressCounts: Sendable {
    private var counts: [AddressShare: Int] = [:]
    private(set) var total = 0

    subscript(share: AddressShare) -> Int { counts[share] ?? 0 }

    mutating func add(_ share: AddressShare) {
        counts[share, default: 0] += 1
        total += 1
    }

    mutating func remove(_ share: AddressShare) {
        guard let count = counts[share] else { return }
        counts[share] = count == 1 ? nil : count - 1
        total -= 1
    }
}
