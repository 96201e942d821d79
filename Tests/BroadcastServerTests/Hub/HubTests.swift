import Testing

@testable import broadcast_server

@Suite struct HubTests {
    @Test func `ids are counted from 1 and never used again`() {
        var hub = Hub<String>()
        let first = hub.join("a")
        hub.leave(first)
        let second = hub.join("b")
        #expect(first.number == 1)
        #expect(second.number == 2)
    }

    @Test func `everybody but the sender gets a message`() {
        var hub = Hub<String>()
        let ids = ["a", "b", "c"].map { hub.join($0) }
        for (id, others) in zip(ids, [["b", "c"], ["a", "c"], ["a", "b"]]) {
            #expect(Array(hub.recipients(of: id)) == others)
        }
    }

    @Test func `the only member speaks to nobody`() {
        var hub = Hub<String>()
        let id = hub.join("a")
        #expect(Array(hub.recipients(of: id)).isEmpty)
    }

    @Test func `the total follows who comes and goes`() {
        var hub = Hub<String>()
        let ids = (0..<10).map { hub.join("\($0)") }
        #expect(hub.count == 10)
        for (left, id) in ids.enumerated() {
            hub.leave(id)
            #expect(hub.count == 9 - left)
        }
    }

    @Test func `who has left cannot leave again`() {
        var hub = Hub<String>()
        let id = hub.join("a")
        _ = hub.join("b")
        let wasMember = [hub.leave(id), hub.leave(id)]
        #expect(wasMember == [true, false])
        #expect(hub.count == 1)
    }

    @Test(arguments: 0..<5)
    func `whoever leaves, the others stay reachable`(leaver: Int) {
        var hub = Hub<Int>()
        let ids = (0..<5).map { hub.join($0) }
        hub.leave(ids[leaver])
        #expect(Set(hub.recipients(of: ids[leaver])) == Set(0..<5).subtracting([leaver]))
        for member in 0..<5 where member != leaver {
            #expect(Set(hub.recipients(of: ids[member])) == Set(0..<5).subtracting([leaver, member]))
        }
    }

    @Test func `leaving while a message goes out does not disturb it`() {
        var hub = Hub<Int>()
        let ids = (0..<5).map { hub.join($0) }
        var reached: Set<Int> = []
        for member in hub.recipients(of: ids[0]) {
            reached.insert(member)
            hub.leave(ids[member])
        }
        #expect(reached == [1, 2, 3, 4])
        #expect(hub.count == 1)
    }
}
