import LWSSwift
import Testing

@testable import broadcast_server

@Suite struct AccessRefusalTests {
    private static let bearer = "Bearer realm=\"broadcast-server\""

    private func refusal(_ status: Int = 401, _ body: String = "", _ challenge: String? = Self.bearer) throws
        -> AccessRefusal
    {
        try #require(AccessRefusal(.init(status: status, bodyPrefix: body, challenge: challenge)))
    }

    @Test(arguments: [
        (#"Bearer realm="a", error="x", error_description="The token has expired.""#, "The token has expired."),
        (#"Basic realm="error_description=no", Bearer error_description=short"#, "short"),
        (#"Bearer Error_Description="a \"b\" \\c", x=y"#, #"a "b" \c"#), (#"Bearer error_description="open"#, "open"),
        ("Bearer error_description=", ""), (#"Negotiate abc==, Bearer error_description="d, e""#, "d, e"),
    ])
    func `a description is read out of a challenge`(field: String, description: String) {
        #expect(ChallengeField.value(of: "error_description", in: field) == description)
    }

    @Test(arguments: [
        "", "Bearer", "Bearer realm=\"error_description=x\"", "error_description", "x_error_description=a",
    ])
    func `where there is none there is none`(field: String) {
        #expect(ChallengeField.value(of: "error_description", in: field) == nil)
    }

    @Test func `the server's explanation is told, from wherever it gives one`() throws {
        let described = "\(Self.bearer), error=\"invalid_token\", error_description=\"It has expired.\""
        #expect(try refusal(401, "other", described).explanation == "It has expired.")
        #expect(try refusal(401, "A token is needed here.\n").explanation == "A token is needed here.")
        #expect(try refusal(403, #"{"code":"forbidden","detail":"Not you.","status":403}"#).explanation == "Not you.")
        #expect(try refusal(403, "<html>\nno").explanation == "")
        #expect(try refusal(403, "a\u{1B}[2J" + String(repeating: "b", count: 300)).explanation.count < 220)
    }

    @Test func `any other status is another refusal`() {
        #expect(AccessRefusal(.init(status: 404, bodyPrefix: "")) == nil && AccessRefusal(nil) == nil)
    }

    @Test func `it says what to do where a token helps`() throws {
        let needed = try refusal(401, "A token is needed here.\n")
        #expect(
            needed.sentence(nil) == """
                The server refused with status 401: A token is needed here. Give a token with --token-file FILE, or in \
                BROADCAST_SERVER_TOKEN.
                """
        )
        #expect(needed.sentence(.file("/a")).hasSuffix(" Put another token into /a."))
        #expect(needed.sentence(.variable("x")).hasSuffix(" Put another token into BROADCAST_SERVER_TOKEN."))
        #expect(try refusal(403).sentence(.file("/a")).hasSuffix("403. Ask for the right, or for another token."))
        #expect(
            try refusal(403, "Not from here.", nil).sentence(nil)
                == "The server refused with status 403: Not from here."
        )
    }

    @Test(arguments: [401, 403])
    func `it has the exit code of what is not permitted, as such a close has`(status: Int) {
        let rejection = WebSocketError.Rejection(status: status, bodyPrefix: "")
        #expect(ExitCode(WebSocketError(.handshakeRejected, "", rejection: rejection)) == .noPermission)
        for code in [WebSocketCloseCode.tokenNeeded, .notAllowed] {
            #expect(ExitCode(WebSocketClose(code: code, initiator: .peer, isClean: true)) == .noPermission)
        }
    }

    @Test func `a close says what to do where a token would have helped`() {
        func advice(_ code: WebSocketCloseCode, _ source: TokenSource?) -> String? {
            TokenAdvice.sentence(WebSocketClose(code: code, initiator: .peer, isClean: true), source)
        }
        #expect(advice(.tokenNeeded, .file("/a")) == "Put another token into /a.")
        #expect(advice(.notAllowed, .file("/a")) == "Ask for the right, or for another token.")
        #expect(advice(.notAllowed, nil)?.contains("--token-file") == true)
        #expect(advice(.policyViolation, nil) == nil)
    }

    @Test func `what a server repeats of secrets is not shown`() {
        let rejection = WebSocketError.Rejection(
            status: 401,
            bodyPrefix: "GET /?token=s3cret",
            location: "/login?from=s3cret",
            challenge: "Bearer error_description=s3cret"
        )
        let error = WebSocketError(.handshakeRejected, "no: s3cret", rejection: rejection).concealing(["s3cret", ""])
        #expect(error.message == "no: …" && error.rejection?.bodyPrefix == "GET /?token=…")
        #expect(error.rejection?.location == "/login?from=…" && error.sentence(nil).contains("s3cret") == false)
    }
}
