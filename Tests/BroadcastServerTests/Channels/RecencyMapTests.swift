import Testing

@testable import broadcast_server

@Suite struct RecencyMapTests {
    private var map = RecencyMap<String, Int>()
    private var keys: [String] { map.map(\.key) }

    init() {
        for (index, key) in ["a", "b", "c"].enumerated() { map[key] = index }
    }

    @Test func `keys come in the order in which they were put in`() {
        #expect(keys == ["a", "b", "c"])
        #expect(map.first?.key == "a")
        #expect(map["b"] == 1)
        #expect(map["d"] == nil)
    }

    @Test mutating func `one that is touched is the newest`() {
        map.touch("a")
        map.touch("d")
        #expect(keys == ["b", "c", "a"])
        #expect(map["a"] == 0)
    }

    @Test mutating func `another value does not make one newer`() {
        map["a"] = 7
        #expect(keys == ["a", "b", "c"])
        #expect(map["a"] == 7)
    }

    @Test(arguments: ["a", "b", "c"])
    func `any can be taken out`(key: String) {
        var map = map
        map[key] = nil
        map[key] = nil
        #expect(map.map(\.key) == ["a", "b", "c"].filter { $0 != key })
        map["d"] = 3
        #expect(map.map(\.key).last == "d")
        #expect(map.count == 3)
    }

    @Test mutating func `it does what an array does that is searched`() {
        var plain: [String] = []
        var map = RecencyMap<String, Int>()
        var generator = SystemRandomNumberGenerator()
        for step in 0..<5_000 {
            let key = "\(UInt8.random(in: 0..<12, using: &generator))"
            switch UInt8.random(in: 0..<4, using: &generator) {
            case 0:
                map[key] = nil
                plain.removeAll { $0 == key }
            case 1:
                map.touch(key)
                if let index = plain.firstIndex(of: key) { plain.append(plain.remove(at: index)) }
            case 2:
                #expect(map.removeFirst()?.key == plain.first)
                plain = Array(plain.dropFirst())
            default:
                map[key] = step
                if !plain.contains(key) { plain.append(key) }
            }
            #expect(map.map(\.key) == plain)
            #expect(map.count == plain.count)
        }
    }
}
