import Testing

@testable import broadcast_server

@Suite struct NameRegisterTests {
    private var register = NameRegister()

    private mutating func claim(_ text: String, _ number: UInt64) throws -> String? {
        register.claim(try MemberName(text), for: ClientID(number: number))
    }

    @Test mutating func `those who want the same are told apart`() throws {
        #expect(try claim("ann", 1) == "ann")
        #expect(try claim("ann", 2) == "ann (2)")
        #expect(try claim("ann", 3) == "ann (3)")
        register.release("ann (2)")
        #expect(try claim("ann", 4) == "ann (2)")
    }

    @Test(arguments: [
        ("ann", "Ann"), ("ÉTÉ", "été"), ("\u{E9}", "e\u{301}"), ("❤", "❤️"), ("1", "1\u{FE0F}"), ("ann", "ａｎｎ"),
        ("ann", "𝓐𝓷𝓷"),
    ])
    mutating func `what looks the same is the same`(one: String, other: String) throws {
        #expect(try claim(one, 1) == one)
        #expect(try claim(other, 2) == "\(other) (2)")
        register.release(one)
        #expect(try claim(other, 3) == other)
    }

    @Test mutating func `who has a name gets it again`() throws {
        #expect(try claim("ann", 1) == "ann")
        #expect(try claim("Ann", 1) == "Ann")
        #expect(try claim("ann", 2) == "ann (2)")
        #expect(try claim("ann", 2) == "ann (2)")
    }

    @Test mutating func `a name has at most 99 of its kind`() throws {
        for number in 1...99 { #expect(try claim("ann", UInt64(number)) != nil) }
        #expect(try claim("ann", 100) == nil)
        register.release("ann (50)")
        #expect(try claim("ann", 101) == "ann (50)")
    }

    @Test mutating func `releasing what nobody has does nothing`() throws {
        register.release("ann")
        #expect(try claim("ann", 1) == "ann")
    }

    @Test func `what a member is called is known as what it wanted, with a number or without`() {
        for name in ["Ann", "ANN", "ann (2)", "Ann (99)"] { #expect(NameRegister.gives(name, for: "Ann")) }
        for name in ["Anna", "Ann (1)", "Ann (100)", "Ann (2) ", "Bob"] {
            #expect(!NameRegister.gives(name, for: "Ann"))
        }
    }
}
