import Testing

@testable import broadcast_server

@Suite struct RightsTests {
    private func decoded(_ json: String) throws(RightsFault) -> Rights {
        struct Claims: Decodable { let channels: Rights }
        return try StrictJSON.decode(
            Claims.self,
            from: Array("{\"channels\":\(json)}".utf8),
            otherwise: RightsFault.badForm
        ).channels
    }

    private func channel(_ name: String) throws -> ChannelName { try #require(ChannelName(checking: name)) }

    @Test func `rights of all patterns that match add up`() throws {
        let rights = try decoded(#"{"*":["subscribe"],"team.*":["publish"],"team.a":["admin"],"news":["history"]}"#)
        #expect(rights.in(try channel("team.a")) == [.subscribe, .publish, .admin])
        #expect(rights.in(try channel("team.b")) == [.subscribe, .publish])
        #expect(rights.in(try channel("news")) == [.subscribe, .history])
        #expect(rights.in(.default) == .subscribe)
    }

    @Test func `a list of names gives what members do`() throws {
        let rights = try decoded(#"["team","/"]"#)
        #expect(rights.in(try channel("team")) == [.subscribe, .publish, .presence, .history])
        #expect(rights.in(.default) == .member)
        #expect(rights.in(try channel("other")).isEmpty)
    }

    @Test(arguments: ["[]", "{}"])
    func `an empty claim gives nothing`(json: String) throws {
        #expect(try decoded(json) == .none)
    }

    @Test(
        arguments: [
            (#"["team","te*m"]"#, .badPattern("te*m")),
            (#"[""]"#, .badPattern("")),
            (#"{"":["publish"]}"#, .badPattern("")),
            (#"{"a/b":["publish"]}"#, .badPattern("a/b")),
            (#"{"team":["write"]}"#, .badRight("write")),
            (#"{"team":["Publish"]}"#, .badRight("Publish")),
            (#"{"team":["publish",""]}"#, .badRight("")),
            (#"{"team":["*"]}"#, .badRight("*")),
            (#"{"team":[]}"#, .noRight("team")),
            (#"{"team":"publish"}"#, .badForm),
            (#"{"team":null}"#, .badForm),
            (#"{"team":{"publish":true}}"#, .badForm),
            (#"{"team":["publish",1]}"#, .badForm),
            (#"["team",1]"#, .badForm),
            (#"["team",null]"#, .badForm),
            (#"["team",["publish"]]"#, .badForm),
            (#""team""#, .badForm),
            ("null", .badForm), ("1", .badForm), ("true", .badForm),
            (#"{"team":["publish"],"team":["admin"]}"#, .badForm),
        ] as [(String, RightsFault)]
    )
    func `one entry that cannot be understood spoils the whole`(json: String, fault: RightsFault) {
        #expect(throws: fault) { try decoded(json) }
    }

    @Test func `there is a bound for how many channels are named`() throws {
        let names = (0...Rights.maximumPatterns).map { "\"c\($0)\"" }
        #expect(try decoded("[\(names.dropLast().joined(separator: ","))]").list.count == Rights.maximumPatterns)
        #expect(throws: RightsFault.tooMany) { try decoded("[\(names.joined(separator: ","))]") }
        #expect(throws: RightsFault.tooMany) {
            try decoded("{\(names.map { "\($0):[\"publish\"]" }.joined(separator: ","))}")
        }
    }

    @Test func `none is nothing, and open is what members do everywhere`() throws {
        #expect(Rights.none.in(try channel("team")).isEmpty)
        #expect(Rights.none.isEmpty)
        #expect(Rights.open.in(try channel("team")) == .member)
        #expect(!Rights.open.in(.default).contains(.admin))
    }

    @Test(
        arguments: [
            ("team", "team", .member), ("team.*=publish", "team.*", .publish),
            ("*=admin,subscribe", "*", [.subscribe, .admin]),
            ("/=history", "/", .history), ("a=b=presence", "a=b", .presence), ("a,b", "a,b", .member),
        ] as [(String, String, ChannelRights)]
    )
    func `an entry is read`(text: String, pattern: String, rights: ChannelRights) throws {
        let entry = try RightsEntry(text)
        #expect(entry.pattern.description == pattern)
        #expect(entry.rights == rights)
        #expect(try RightsEntry(entry.description) == entry)
    }

    @Test(
        arguments: [
            ("", .badPattern("")), ("=publish", .badPattern("")), ("team=", .badRight("")),
            ("team=all", .badRight("all")),
            ("team=publish,", .badRight("")), ("team=publish, history", .badRight(" history")),
            ("te*=publish", .badPattern("te*")),
            ("a=b", .badRight("b")),
        ] as [(String, RightsFault)]
    )
    func `what is no entry says why`(text: String, fault: RightsFault) {
        #expect(throws: fault) { try RightsEntry(text) }
    }

    @Test func `a fault shows only the beginning of a long text`() {
        #expect(RightsFault.badPattern(String(repeating: "x", count: 5_000)).description.count < 300)
    }
}
