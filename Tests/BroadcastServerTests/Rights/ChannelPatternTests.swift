import Testing

@testable import broadcast_server

@Suite struct ChannelPatternTests {
    struct Match: Sendable {
        let pattern: String
        let matches: [String]
        let others: [String]
    }

    @Test(arguments: [
        Match(pattern: "team", matches: ["team"], others: ["", "Team", "team.", "team.a", "tea", "teams", "a.team"]),
        Match(
            pattern: "team.*",
            matches: ["team.a", "team.a.b", "team.*", "team..", "team.é"],
            others: ["", "team", "team.", "teams", "teams.a", "Team.a", "a.team.b", "team-a"]
        ),
        Match(pattern: "a.b.*", matches: ["a.b.c"], others: ["a.b", "a.bc", "a.c.b", "a.b."]),
        Match(pattern: "*", matches: ["", "team", "team.a", "*", "日本", "-7"], others: []),
        Match(pattern: "/", matches: [""], others: ["team", "a"]),
        // One name in two forms of Unicode is one channel.
        Match(pattern: "caf\u{E9}.*", matches: ["cafe\u{301}.a"], others: ["cafe.a", "caf\u{E9}"]),
        // A dot that has a mark is no dot.
        Match(pattern: "a.*", matches: ["a.b"], others: ["a.\u{301}b"]),
    ])
    func `a pattern is for the channels that it says`(match: Match) throws {
        let pattern = try #require(ChannelPattern(match.pattern))
        for name in match.matches {
            #expect(pattern.matches(try #require(ChannelName(checking: name))), "\(match.pattern) and \(name)")
        }
        for name in match.others {
            #expect(!pattern.matches(try #require(ChannelName(checking: name))), "\(match.pattern) and \(name)")
        }
    }

    @Test(arguments: [
        "", "**", "*.a", "*a", "a*", "te*m", "a.*.b", "a.**", "*.*", ".*.*", "a b", "/a", "a/", "//", "a.*\u{301}",
        "*\u{301}",
        "healthz", "-", "metrics", ".", "..", "a\n", " a", "a ", "\u{202E}", ".*",
        String(repeating: "x", count: 65), String(repeating: "x", count: 64) + ".*",
    ])
    func `other texts are no pattern`(text: String) {
        #expect(ChannelPattern(text) == nil)
    }

    @Test(arguments: ["team", "team.*", "*", "/", "a.b.*", "a=b", "a,b", "#"])
    func `it is written as it is read`(text: String) {
        #expect(ChannelPattern(text)?.description == text)
    }
}
