import Testing

@testable import LWSSwift

@Suite(.timeLimit(.minutes(1))) struct MessageInboxTests {
    private let inbox = MessageInbox(
        marks: .init(lowBytes: 10, highBytes: 20, lowMessages: 2, highMessages: 4)
    )

    /// Takes a message; tells whether reading may go on.
    private func take() async -> (Result<WebSocketMessage?, WebSocketError>, resumes: Bool) {
        var resumes = false
        let element = await inbox.next(isolation: nil) { resumes = true }
        return (element.map { $0?.wholeMessage }, resumes)
    }

    @Test func `messages come out in the order they went in, then the end`() async throws {
        #expect(!inbox.push("a"))
        #expect(!inbox.push("b"))
        inbox.finish(.success(nil))
        #expect(try await take().0.get() == "a")
        #expect(try await take().0.get() == "b")
        #expect(try await take().0.get() == nil)
        #expect(try await take().0.get() == nil)
    }

    @Test func `the first end counts`() async {
        inbox.finish(.failure(.cancelled))
        inbox.finish(.success(nil))
        let (end, _) = await take()
        #expect(throws: WebSocketError.self) { try end.get() }
    }

    @Test func `too many messages stop reading once, and few enough resume it once`() async {
        #expect((1...7).map { inbox.push(.text("\($0)")) } == [false, false, false, false, true, false, false])
        var resumptions: [Bool] = []
        for _ in 1...7 { resumptions.append(await take().resumes) }
        #expect(resumptions == [false, false, false, false, true, false, false])
    }

    @Test func `too many bytes stop reading once, and few enough resume it once`() async {
        let message = WebSocketMessage.binary([UInt8](repeating: 0, count: 8))
        #expect((1...3).map { _ in inbox.push(message) } == [false, false, true])
        #expect(await take().resumes == false)
        #expect(await take().resumes == true)
        // The next rise stops reading again.
        #expect((1...2).map { _ in inbox.push(message) } == [false, true])
    }

    @Test func `a reader that waits gets the message at once, and nothing is kept`() async throws {
        let reader = Task { await take() }
        // A message that nobody waits for yet is kept and found; either way it arrives.
        _ = inbox.push("hello")
        #expect(try await reader.value.0.get() == "hello")
        #expect(inbox.drain().isEmpty)
    }

    @Test func `a cancelled wait ends with that, and the next one gets the message`() async throws {
        let reader = Task { await take() }
        reader.cancel()
        let (element, _) = await reader.value
        #expect(throws: WebSocketError.self) { try element.get() }
        _ = inbox.push("kept")
        #expect(try await take().0.get() == "kept")
    }

    @Test func `a message and a cancellation that meet lose no message`() async throws {
        for number in 0..<500 {
            let inbox = MessageInbox(marks: .init(lowBytes: 10, highBytes: 20))
            let reader = Task { await inbox.next(isolation: nil) {} }
            async let pushed: Void = { _ = inbox.push(.text("\(number)")) }()
            reader.cancel()
            await pushed
            switch await reader.value {
            case .success(let message): #expect(message?.wholeMessage == .text("\(number)"))
            case .failure(let error):
                #expect(error.code == .cancelled)
                let kept = try await inbox.next(isolation: nil) {}.get()
                #expect(kept?.wholeMessage == .text("\(number)"))
            }
        }
    }

    @Test func `what is drained is gone, and reading has not stopped any more`() async {
        for number in 1...5 { _ = inbox.push(.text("\(number)")) }
        #expect(inbox.drain().map { $0.text } == ["1", "2", "3", "4", "5"])
        #expect((1...5).map { inbox.push(.text("\($0)")) } == [false, false, false, false, true])
    }
}

extension MessageInbox {
    fileprivate func push(_ message: WebSocketMessage) -> Bool {
        push(MessagePiece(message))
    }
}
