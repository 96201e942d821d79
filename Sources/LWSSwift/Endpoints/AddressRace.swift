/// In which order, and when, the addresses of a name are tried (RFC 8305 section 5): one after the other, the next when the
/// one before has failed or has not answered for a while, and all of them side by side from then on. The first that answers
/// wins. Pure: it reads no clock.
struct AddressRace<Address> {
    /// How long an address is waited for before the next is tried as well, in milliseconds.
    static var delay: UInt64 { 250 }
    /// How many addresses of a name are tried at most.
    static var maximumCount: Int { 32 }

    private var untried: ArraySlice<Address>
    private var underWay = 0
    /// When the next may begin, in milliseconds of the clock that `now` comes from.
    private var nextStart: UInt64 = 0
    /// Why addresses have failed, in that order.
    private(set) var failures: [Int32] = []

    /// - Parameter addresses: in the order in which to try them.
    init(_ addresses: [Address]) {
        untried = addresses.prefix(Self.maximumCount)
    }

    /// The address to begin with now; nil when it is not yet time, or none is left.
    mutating func next(_ now: UInt64) -> Address? {
        guard now >= nextStart, let address = untried.popFirst() else { return nil }
        underWay += 1
        nextStart = now + Self.delay
        return address
    }

    /// When to ask again; nil when there is nothing to wait for but what is under way.
    var nextDue: UInt64? { untried.isEmpty ? nil : nextStart }

    /// An address has failed, with this errno: the next need not wait.
    mutating func failed(_ number: Int32) {
        underWay -= 1
        failures.append(number)
        nextStart = 0
    }

    /// An address cannot be tried at this moment (a Unix-domain socket whose queue is full): it is tried again.
    mutating func postpone(_ address: Address, until time: UInt64) {
        underWay -= 1
        untried.insert(address, at: untried.startIndex)
        nextStart = time
    }

    /// Every address has failed.
    var isLost: Bool { untried.isEmpty && underWay == 0 }
}
