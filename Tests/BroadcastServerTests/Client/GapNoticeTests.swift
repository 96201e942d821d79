import Testing

@testable import broadcast_server

@Suite struct GapNoticeTests {
    @Test(arguments: [
        (
            Gap(from: "1.3", to: "1.41", missing: 38, reason: .expired),
            "— 38 messages are missing: the server no longer has them —"
        ),
        (
            Gap(from: "1.3", to: "1.4", missing: 1, reason: .expired),
            "— 1 message is missing: the server no longer has it —"
        ),
        (Gap(from: "1.3", to: "2.4", reason: .epoch), "— Messages may be missing: the server has begun anew since —"),
        (
            Gap(from: "1.3", to: "1.2", reason: .future),
            "— Messages may be missing: the server has not come as far —"
        ),
        (
            Gap(to: "1.2", reason: .forbidden),
            "— Messages may be missing: the right to what was said before is missing here —"
        ),
        (Gap(to: "1.2", reason: .malformed), "— Messages may be missing: the server does not know the position —"),
        (
            Gap(
                from: "1.3",
                to: "1.9",
                missing: 5,
                reason: .slow,
                behind: .init(bytes: 1_048_576, milliseconds: 2_150)
            ),
            "— 5 messages are missing: they came faster than they were read, 1024 KiB and 2.1 s behind —"
        ),
        (
            Gap(from: "1.3", to: "1.9", missing: 5, reason: .init(rawValue: "\u{1B}[2J")),
            "— 5 messages are missing: the server does not say why —"
        ),
    ])
    func `a gap is one line that says how much is missing, and why`(gap: Gap, line: String) {
        #expect(GapNotice.line(gap) == line)
    }
}
