import Testing

@testable import broadcast_server

@Suite struct MemberNameTests {
    @Test(arguments: [
        "ann", "Ann Lee", "Ångström", "日本語", "नमस्ते", "O'Neil-42", "👋", "👩‍💻", "❤️‍🔥", "🇫🇷", "👍🏽", "1️⃣", "$x_(y)", "client",
        "Client", "Clients 5", "my client 5", "ann (two)", "(", "2)", "e\u{301}", "José", "Анна", "Ελένη", "שָׁלוֹם",
        "ချမ်းမြေ့", "Tokyo 東京", "東京タワー", "한국 K-pop", "Kaʻiulani", "Привет 👋", "𝓐𝓷𝓷", "client-side 5", "ann [two]",
        "Client 5 of us", "e\u{301}\u{302}\u{303}\u{304}", String(repeating: "x", count: 32),
    ])
    func `names that show as what they are may be taken`(text: String) throws {
        #expect(try MemberName(text).text == text)
    }

    @Test(arguments: [(" ann ", "ann"), ("ann   lee", "ann lee"), ("  a  b  ", "a b")])
    func `spaces at the ends are dropped, and several become one`(raw: String, text: String) throws {
        #expect(try MemberName(raw).text == text)
    }

    @Test(arguments: [
        ("nothing", ""), ("spaces only", "   "), ("33 characters", String(repeating: "x", count: 33)),
        ("132 bytes", String(repeating: "👋🏽", count: 16) + "👋"),
        ("a character of 200 bytes", "e" + String(repeating: "\u{301}", count: 100)),
        ("a megabyte", String(repeating: " ", count: 1 << 20)),
        ("line break", "a\nb"), ("carriage return", "a\rb"), ("tab", "a\tb"), ("escape", "\u{1B}[31mann"),
        ("NUL", "a\0"),
        ("delete", "a\u{7F}"), ("C1", "a\u{9B}31m"), ("right-to-left override", "a\u{202E}b"),
        ("isolate", "a\u{2066}b"),
        ("line separator", "a\u{2028}b"), ("no-break space", "a\u{A0}b"), ("ideographic space", "a\u{3000}b"),
        ("zero-width space", "a\u{200B}b"), ("joiner between letters", "a\u{200D}b"),
        ("selector behind a letter", "ann\u{FE0F}"),
        ("soft hyphen", "a\u{AD}b"), ("invisible letter", "\u{3164}"), ("combining grapheme joiner", "a\u{34F}"),
        ("tag character", "a\u{E0061}"), ("byte order mark", "\u{FEFF}a"), ("private use", "\u{E000}"),
        ("unassigned", "\u{378}"), ("mark first", "\u{301}a"),
        ("colon", "ann: hi"), ("colon under a mark", "ann:\u{301} hi"), ("mark behind a space", " \u{301}a"),
        ("of the server", "Client 5"), ("in capitals", "CLIENT 5"),
        ("without a space", "client5"),
        ("with several", "Client   7"), ("other digits", "client ٥"), ("a number behind", "ann (2)"),
        ("only that", "(2)"),
        ("no space before it", "ann(17)"),
        ("a blank", "\u{2800}"), ("a blank for a space", "Client\u{2800}5"), ("a note without a head", "\u{1D159}"),
        ("Cyrillic among Latin", "Сlient 5"), ("the same without a number", "аnn"), ("Greek among Latin", "αnn"),
        ("Armenian among Latin", "հanna"), ("Cherokee among Latin", "Ꭺnn"), ("Latin among Cyrillic", "Aнна"),
        ("fullwidth", "Ｃｌｉｅｎｔ ５"), ("mathematical", "𝓒𝓵𝓲𝓮𝓷𝓽 𝟓"), ("circled", "ⓒⓛⓘⓔⓝⓣ ⑤"), ("flags", "🇨🇱🇮🇪🇳🇹 5"),
        ("Roman numerals", "ⅽⅼⅰent Ⅴ"), ("small capitals", "ᴄʟɪᴇɴᴛ 5"), ("marks", "Clíe\u{308}ñt 5"),
        ("a cedilla", "çlient 5"),
        ("I for l", "CIient 5"), ("1 for l", "C1ient 5"), ("O for 0", "Client 1O"), ("without a dot", "clıent 5"),
        ("a hyphen", "Client-5"), ("an underscore", "client_5"), ("other parentheses", "ann （２）"),
        ("brackets", "ann [2]"), ("angles", "ann <2>"), ("quotes", "ann ‹2›"), ("ornate parentheses", "ann ﴾2﴿"),
        ("signs behind it", "ann (2)."), ("a key", "ann (2️⃣)"), ("who reads", "you"), ("in another style", "Ｙou"),
        ("one character", "ann ⑵"), ("superscript", "ann ⁽²⁾"), ("spaces within", "ann ( 2 )"),
        ("60 marks", "e" + String(repeating: "\u{301}", count: 60)),
        ("five marks", "e" + String(repeating: "\u{301}", count: 5)), ("fullwidth colon", "ann： hi"),
        ("letter colon", "ann\u{A789} hi"), ("what was lost", "ann\u{FFFD}"),
    ])
    func `other names are refused with a reason`(what: String, text: String) {
        let problem = #expect(throws: Problem.self) { try MemberName(text) }
        #expect(problem?.code == .badName)
    }
}
