import Testing

@testable import broadcast_server

@Suite struct UserLineTests {
    @Test(arguments: [
        ("hello", UserLine.message("hello")), ("", .message("")), ("  spaced  ", .message("  spaced  ")),
        ("exit", .leave), (" quit ", .leave), ("exit now", .message("exit now")), ("EXIT", .message("EXIT")),
        ("/quit", .leave), ("/exit", .leave), ("/help", .help), ("/help me", .help), ("/who", .members),
        ("/name ann", .rename("ann")), ("  /name  ann lee ", .rename("ann lee")), ("/name", .rename("")),
        ("/quit now", .unknown("/quit")), ("/nonsense", .unknown("/nonsense")), ("/", .unknown("/")),
        ("//etc is a folder", .message("/etc is a folder")), ("a / b", .message("a / b")),
    ])
    func `a line typed at a terminal is a message or a command`(line: String, meaning: UserLine) {
        #expect(UserLine(line, hasCommands: true) == meaning)
    }

    @Test(arguments: ["exit", "  quit  ", "/quit", "/help", "/name ann", "//", "/nonsense", ""])
    func `in a pipe every line is a message`(line: String) {
        #expect(UserLine(line, hasCommands: false) == .message(line))
    }
}
