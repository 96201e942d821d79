import Testing

@testable import broadcast_server

@Suite struct EntityTagTests {
    private static let strong = EntityTag(text: "a")
    private static let weak = EntityTag(text: "a", isWeak: true)

    @Test func `a tag is written in quotation marks`() {
        #expect(Self.strong.description == "\"a\"")
        #expect(Self.weak.description == "W/\"a\"")
    }

    @Test(arguments: [
        "\"a\"", "W/\"a\"", "\"b\", \"a\"", "\"b\",\"a\"", "W/\"b\" ,\tW/\"a\"", "*", " * ", "\"b\",, , \"a\",",
        "\"a\" rest",
        "\"b,c\", \"a\"", " \"a\"",
    ])
    func `a client that names the tag has the representation, weak or strong`(field: String) {
        #expect(IfNoneMatch(field).contains(Self.strong))
        #expect(IfNoneMatch(field).contains(Self.weak))
    }

    @Test func `a mark behind a quotation mark is not part of it`() {
        let tag = EntityTag(text: "\u{301}")
        #expect(IfNoneMatch(tag.description).contains(tag))
    }

    @Test(arguments: [
        "", "\"b\"", "\"A\"", "a", "\"a", "a\"", "w/\"a\"", "W/ \"a\"", "**", "*, \"a\"", "\"*\"", "\"b\" \"a\"", "'a'",
        "\"a b\"", "\"\"", "\"b\"; \"a\"", "\"\u{7F}\", \"a\"",
    ])
    func `any other client has not`(field: String) {
        #expect(!IfNoneMatch(field).contains(Self.strong))
    }
}
