import Testing

@testable import broadcast_server

@Suite struct PresentedTokenTests {
    private static let encoded = PresentedToken.subprotocolPrefix + Base64URL.encode("a.b.c".utf8)

    @Test func `a token is found in each of its places`() {
        #expect(PresentedToken(authorization: "Bearer a.b.c", cookie: nil, query: "") == .token("a.b.c"))
        #expect(PresentedToken(authorization: "bEARER  a.b.c", cookie: nil, query: "") == .token("a.b.c"))
        #expect(
            PresentedToken(authorization: nil, subprotocols: ["x", Self.encoded], cookie: nil, query: "")
                == .token("a.b.c")
        )
        #expect(PresentedToken(authorization: nil, cookie: "a.b.c", query: "") == .token("a.b.c"))
        #expect(PresentedToken(authorization: nil, cookie: nil, query: "x=1&token=a.b%2Ec") == .token("a.b.c"))
        #expect(PresentedToken(authorization: nil, cookie: nil, query: "token2=x&name=token") == .none)
    }

    @Test func `the first place that has something counts, whatever that is`() {
        let first = PresentedToken(
            authorization: "Basic x",
            subprotocols: [Self.encoded],
            cookie: "b",
            query: "token=c"
        )
        #expect(first == .malformed)
        let second = PresentedToken(authorization: nil, subprotocols: [Self.encoded], cookie: "b", query: "token=c")
        #expect(second == .token("a.b.c"))
        #expect(PresentedToken(authorization: nil, cookie: "b", query: "token=c") == .token("b"))
    }

    @Test(arguments: [
        "", "Bearer", "Bearer ", "Bearer a b", "Basic a", "a", "Bearer\ta", "Bearer a\u{1}", "Bearer é",
        "Bearer a\u{301}",
    ])
    func `what is no token is malformed`(field: String) {
        #expect(PresentedToken(authorization: field, cookie: nil, query: "") == .malformed)
    }

    @Test(arguments: ["", "*", "A", "YQ==", "/w", "IA"])
    func `so is what is none in a subprotocol`(text: String) {
        let offers = [PresentedToken.subprotocolPrefix + text]
        #expect(PresentedToken(authorization: nil, subprotocols: offers, cookie: nil, query: "") == .malformed)
    }

    @Test func `a cookie is found by its name`() {
        let field = #"a=1; chat=x.y=z ;  quoted="q" ; chat=second; broken"#
        #expect(CookieField.value(of: "chat", in: field) == "x.y=z")
        #expect(CookieField.value(of: "quoted", in: field) == "q")
        #expect(CookieField.value(of: "a", in: field) == "1")
        #expect(CookieField.value(of: "broken", in: field) == nil)
        #expect(CookieField.value(of: "hat", in: field) == nil)
        #expect(CookieField.isName("__Host-chat_1") && !CookieField.isName("a b") && !CookieField.isName(""))
    }
}
