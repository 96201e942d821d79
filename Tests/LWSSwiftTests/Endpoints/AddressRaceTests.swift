import Testing

@testable import LWSSwift

/// RFC 8305 section 5.
@Suite struct AddressRaceTests {
    private func all(_ race: inout AddressRace<String>, _ now: UInt64) -> [String] {
        var addresses: [String] = []
        while let address = race.next(now) { addresses.append(address) }
        return addresses
    }

    @Test func `the next address begins when the one before has not answered for a while`() {
        var race = AddressRace(["a", "b", "c"])
        #expect(all(&race, 1_000) == ["a"])
        #expect(race.nextDue == 1_250)
        #expect(all(&race, 1_249) == [])
        #expect(all(&race, 1_250) == ["b"])
        #expect(all(&race, 1_700) == ["c"])
        #expect(race.nextDue == nil && !race.isLost)
    }

    @Test func `the next address begins at once when one has failed, and the race is lost when all have`() {
        var race = AddressRace(["a", "b", "c"])
        #expect(all(&race, 0) == ["a"])
        race.failed(1)
        #expect(all(&race, 10) == ["b"])
        #expect(all(&race, 260) == ["c"])
        race.failed(2)
        #expect(!race.isLost)
        race.failed(3)
        #expect(race.isLost && race.failures == [1, 2, 3])
    }

    @Test func `an address that is not ready is tried again later, first`() {
        var race = AddressRace(["a", "b"])
        #expect(race.next(0) == "a")
        race.postpone("a", until: 100)
        #expect(race.next(99) == nil && race.nextDue == 100 && !race.isLost)
        #expect(race.next(100) == "a")
        race.failed(1)
        #expect(race.next(100) == "b")
    }

    @Test func `no addresses are a race that is lost, and too many are not all tried`() {
        var none = AddressRace<Int>([])
        #expect(none.isLost && none.next(0) == nil)
        var race = AddressRace(Array(0..<100))
        var count = 0
        while race.next(.max - 1_000) != nil {
            race.failed(1)
            count += 1
        }
        #expect(count == 32 && race.isLost)
    }
}
