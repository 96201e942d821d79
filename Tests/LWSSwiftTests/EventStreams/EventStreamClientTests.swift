import Glibc
import HTTPTypes
import TestSupport
import Testing

@testable import LWSSwift

/// The client of event streams, with a raw peer as its server.
@Suite(.timeLimit(.minutes(1))) struct EventStreamClientTests {
    private static let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"

    /// Settings with which nothing is waited for that a test does not set itself.
    private static var patient: EventStream.Configuration {
        var configuration = EventStream.Configuration()
        configuration.connectTimeout = .seconds(RawPeer.patience)
        configuration.answerTimeout = .seconds(RawPeer.patience)
        configuration.longestBackoff = .zero
        return configuration
    }

    /// Runs `body` with a stream and the server's side of its first connection, whose head was read and answered.
    private func withStream(
        _ configuration: EventStream.Configuration = Self.patient,
        path: String = "/team",
        answer: String = Self.head,
        _ body: (_ stream: EventStream, _ request: String, _ peer: RawPeer, _ listener: RawListener) async throws ->
            Void
    ) async throws {
        let listener = try RawListener()
        try await withLoop { loop in
            let answered = Task {
                let peer = try await listener.accept()
                let request = try await peer.readHead()
                try await peer.write(answer)
                return (request, peer)
            }
            let stream = try await EventStream.connect(
                to: "http://127.0.0.1:\(listener.port)\(path)",
                configuration,
                on: loop
            )
            let (request, peer) = try await answered.value
            try await body(stream, request, peer, listener)
            stream.close()
        }
    }

    /// What reading throws; nil when it gives an event or the end.
    private func failure(of stream: EventStream) async -> WebSocketError? {
        var events = stream.makeAsyncIterator()
        do {
            _ = try await events.next()
            return nil
        } catch {
            return error
        }
    }

    /// Why no stream comes about when a server answers so.
    private func failure(_ answer: String, _ configuration: EventStream.Configuration = Self.patient) async throws
        -> WebSocketError?
    {
        do {
            try await withStream(configuration, answer: answer) { _, _, _, _ in }
            return nil
        } catch let error as WebSocketError {
            return error
        }
    }

    @Test func `the request asks for events`() async throws {
        var configuration = Self.patient
        configuration.lastEventID = "k3f9.7"
        configuration.headerFields = [.authorization: "Bearer x"]
        try await withStream(configuration, path: "/team?last=2") { _, request, _, listener in
            #expect(request.hasPrefix("GET /team?last=2 HTTP/1.1\r\nHost: 127.0.0.1:\(listener.port)\r\n"))
            #expect(request.contains("\r\nAccept: text/event-stream\r\n"))
            #expect(request.contains("\r\nLast-Event-ID: k3f9.7\r\n"))
            #expect(request.contains("\r\nAuthorization: Bearer x\r\n"))
        }
        try await withStream { _, request, _, _ in #expect(!request.contains("Last-Event-ID")) }
    }

    @Test func `events are given out in order`() async throws {
        try await withStream(answer: Self.head + "id: 1\ndata: a\n\n") { stream, _, peer, _ in
            var events = stream.makeAsyncIterator()
            #expect(try await events.next() == ServerSentEvent(id: "1", data: "a"))
            try await peer.write(":\n\nevent: x\ndata: b\n\n")
            #expect(try await events.next() == ServerSentEvent(id: "1", event: "x", data: "b"))
        }
    }

    @Test(arguments: [
        (
            "HTTP/1.1 404 Not Found\r\nContent-Length: 8\r\n\r\nnothing!", WebSocketError.Code.handshakeRejected,
            "404: nothing!"
        ),
        ("HTTP/1.1 204 No Content\r\n\r\n", .handshakeRejected, "204"),
        ("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 0\r\n\r\n", .handshakeRejected, "text/html"),
        ("HTTP/1.1 301 Moved\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n", .handshakeRejected, "/x"),
        ("SSH-2.0-OpenSSH\r\n", .invalidHandshake, "no HTTP server"),
        (
            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Encoding: gzip\r\n\r\n", .invalidHandshake,
            "gzip"
        ),
    ])
    func `an answer without events is an error that says what came`(
        answer: String,
        code: WebSocketError.Code,
        text: String
    ) async throws {
        let error = try #require(try await failure(answer))
        #expect(error.code == code && error.message.contains(text), "\(error)")
    }

    @Test func `redirects are followed when asked to`() async throws {
        let listener = try RawListener()
        var configuration = Self.patient
        configuration.maximumRedirects = 1
        try await withLoop { [configuration] loop in
            let server = Task {
                let first = try await listener.accept()
                _ = try await first.readHead()
                try await first.write("HTTP/1.1 307 Elsewhere\r\nLocation: /other\r\nContent-Length: 0\r\n\r\n")
                let second = try await listener.accept()
                let request = try await second.readHead()
                try await second.write(Self.head + "data: here\n\n")
                return (request, second)
            }
            let url = "ws://127.0.0.1:\(listener.port)/"
            let stream = try await EventStream.connect(to: url, configuration, on: loop)
            var events = stream.makeAsyncIterator()
            #expect(try await events.next()?.data == "here")
            #expect(try await server.value.0.hasPrefix("GET /other HTTP/1.1\r\n"))
        }
    }

    @Test(arguments: ["ftp://h/", "http://", "http://h/#x", "h:80"])
    func `a URL that cannot be used is refused`(url: String) async throws {
        try await withLoop { loop in
            _ = await #expect {
                try await EventStream.connect(to: url, on: loop)
            } throws: {
                ($0 as? WebSocketError)?.code == .invalidURL && "\($0)".contains("http")
            }
        }
    }

    @Test(arguments: ["Accept: x", "Last-Event-ID: 1", "Content-Length: 5"])
    func `fields of the request's own cannot be set`(line: String) async throws {
        let parts = line.split(separator: ": ").map(String.init)
        var configuration = Self.patient
        configuration.headerFields = [HTTPField.Name(parts[0])!: parts[1]]
        try await withLoop { [configuration] loop in
            _ = await #expect {
                try await EventStream.connect(to: "http://127.0.0.1:1/", configuration, on: loop)
            } throws: {
                ($0 as? WebSocketError)?.code == .invalidConfiguration
            }
        }
    }

    // MARK: Connecting again

    @Test(arguments: [true, false])
    func `a lost connection is followed by another one that shows the last id`(isReset: Bool) async throws {
        let interruptions = Watched<[String]>([])
        var configuration = Self.patient
        configuration.onInterruption = { interruption, _ in
            switch interruption {
            case .lost: interruptions.append("lost")
            case .failed(let error): interruptions.append("failed: \(error)")
            case .over: interruptions.append("over")
            }
        }
        try await withStream(configuration) { stream, _, peer, listener in
            var events = stream.makeAsyncIterator()
            try await peer.write("retry: 1\nid: 1\ndata: a\n\nid: 2\ndata: b\n\nid: 3\ndata: not whole\n")
            // What has come is given out before anything else.
            #expect(try await events.next()?.data == "a")
            #expect(try await events.next()?.data == "b")
            if isReset { await peer.reset() } else { await peer.end() }
            let server = Task {
                let peer = try await listener.accept()
                let request = try await peer.readHead()
                try await peer.write(Self.head + "id: 3\ndata: c\n\n")
                return (request, peer)
            }
            #expect(try await events.next() == ServerSentEvent(id: "3", data: "c"))
            #expect(try await server.value.0.contains("\r\nLast-Event-ID: 2\r\n"))
        }
        #expect(interruptions.value == ["lost", "over"])
    }

    @Test func `a client that the server has given a time of its own comes back then, and not later`() async throws {
        let delays = Watched<[Duration]>([])
        var configuration = Self.patient
        configuration.longestBackoff = .seconds(60)
        configuration.onInterruption = { interruption, delay in
            if case .lost = interruption { delays.append(delay) }
        }
        try await withStream(configuration) { stream, _, peer, listener in
            var events = stream.makeAsyncIterator()
            try await peer.write("retry: 400\nid: 1\ndata: a\n\n")
            #expect(try await events.next()?.data == "a")
            try await peer.write("retry: 300\n\n")
            await peer.end()
            let server = Task {
                let peer = try await listener.accept()
                _ = try await peer.readHead()
                try await peer.write(Self.head + "data: b\n\n")
                return peer
            }
            #expect(try await events.next()?.data == "b")
            _ = try await server.value
        }
        #expect(delays.value == [.milliseconds(300)])
    }

    @Test func `each connection has fields of its own`() async throws {
        let count = Watched(0)
        var configuration = Self.patient
        configuration.headerFields = [.userAgent: "a"]
        configuration.fieldsForConnection = {
            count.update { $0 += 1 }
            return [.authorization: "Bearer \(count.value)"]
        }
        try await withStream(configuration) { stream, request, peer, listener in
            #expect(request.contains("\r\nUser-Agent: a\r\nAuthorization: Bearer 1\r\n"))
            var events = stream.makeAsyncIterator()
            try await peer.write("retry: 1\ndata: a\n\n")
            #expect(try await events.next()?.data == "a")
            await peer.end()
            let server = Task {
                let peer = try await listener.accept()
                let request = try await peer.readHead()
                try await peer.write(Self.head + "data: b\n\n")
                return (request, peer)
            }
            #expect(try await events.next()?.data == "b")
            #expect(try await server.value.0.contains("\r\nUser-Agent: a\r\nAuthorization: Bearer 2\r\n"))
        }
    }

    @Test func `an attempt whose fields cannot be made, or not be sent, has failed`() async throws {
        func failure(
            _ fields: @escaping @Sendable () throws(WebSocketError) -> HTTPFields
        ) async throws -> WebSocketError.Code? {
            var configuration = Self.patient
            configuration.fieldsForConnection = fields
            return try await withLoop { [configuration] loop in
                do throws(WebSocketError) {
                    _ = try await EventStream.connect(to: "http://127.0.0.1:1/", configuration, on: loop)
                    return nil
                } catch {
                    return error.code
                }
            }
        }
        #expect(
            try await failure { () throws(WebSocketError) in throw WebSocketError(.permissionDenied, "") }
                == .permissionDenied
        )
        #expect(try await failure { [.accept: "x"] } == .invalidConfiguration)
    }

    @Test func `a stream that says 204 when it is asked again has ended`() async throws {
        try await withStream { stream, _, peer, listener in
            var events = stream.makeAsyncIterator()
            try await peer.write("retry: 1\ndata: a\n\n")
            #expect(try await events.next()?.data == "a")
            await peer.end()
            let server = Task {
                let peer = try await listener.accept()
                _ = try await peer.readHead()
                try await peer.write("HTTP/1.1 204 No Content\r\n\r\n")
                return peer
            }
            #expect(try await events.next() == nil)
            #expect(try await events.next() == nil)
            _ = try await server.value
        }
    }

    @Test func `statuses that are to be retried are, and others end the stream`() async throws {
        var configuration = Self.patient
        configuration.retriedStatuses = [503]
        try await withStream(configuration) { stream, _, peer, listener in
            var events = stream.makeAsyncIterator()
            try await peer.write("retry: 1\ndata: a\n\n")
            #expect(try await events.next()?.data == "a")
            await peer.end()
            let server = Task {
                for status in [503, 403] {
                    let peer = try await listener.accept()
                    _ = try await peer.readHead()
                    try await peer.write("HTTP/1.1 \(status) No\r\nContent-Length: 0\r\n\r\n")
                    _ = try await peer.readToEnd()
                }
            }
            let error = await failure(of: stream)
            #expect(error?.rejection?.status == 403)
            try await server.value
        }
    }

    @Test func `without reconnecting, the end of the server is the end, and a loss is an error`() async throws {
        var configuration = Self.patient
        configuration.reconnects = false
        try await withStream(configuration) { stream, _, peer, _ in
            try await peer.write("data: a\n\n")
            await peer.end()
            var events = stream.makeAsyncIterator()
            #expect(try await events.next()?.data == "a")
            #expect(try await events.next() == nil)
        }
        let chunked = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
        try await withStream(configuration, answer: chunked) { stream, _, peer, _ in
            try await peer.write("9\r\ndata: a\n\n\r\n")
            await peer.end()
            var events = stream.makeAsyncIterator()
            #expect(try await events.next()?.data == "a")
            let error = await failure(of: stream)
            #expect(error?.code == .closed)
        }
    }

    @Test func `silence is a loss when it is not to be`() async throws {
        var configuration = Self.patient
        configuration.reconnects = false
        configuration.silenceTimeout = .milliseconds(200)
        try await withStream(configuration) { stream, _, _, _ in
            let error = await failure(of: stream)
            #expect(error?.code == .closed && error!.message.contains("nothing came"))
        }
    }

    // MARK: Bounds and ends

    @Test func `an event that is too large ends the stream for good`() async throws {
        var configuration = Self.patient
        configuration.maximumEventBytes = 100
        try await withStream(configuration) { stream, _, peer, _ in
            try await peer.write("data: a\n\ndata: \(String(repeating: "x", count: 200))")
            var events = stream.makeAsyncIterator()
            #expect(try await events.next()?.data == "a")
            let error = await failure(of: stream)
            #expect(error?.code == .messageTooBig && error!.message.contains("larger than 100 bytes"))
        }
    }

    @Test func `a reader that takes nothing stops the server, and gets everything in the end`() async throws {
        var configuration = Self.patient
        configuration.inbound = .init(lowBytes: 1_000, highBytes: 10_000)
        try await withStream(configuration) { stream, _, peer, _ in
            let event = Array("data: \(String(repeating: "x", count: 990))\n\n".utf8)
            var written = 0
            // Buffers of both systems are full at some time, for as long as nobody reads.
            while true {
                let count = await peer.writeUntilFull(event, from: written % event.count)
                written += count
                if count == 0 { break }
            }
            #expect(written > 0)
            let rest = Array(event[(written % event.count)...])
            let finishing = Task {
                try await peer.write(rest)
                try await peer.write("event: last\ndata: x\n\n")
            }
            var count = 0
            for try await event in stream {
                if event.event == "last" { break }
                #expect(event.data.utf8.count == 990)
                count += 1
            }
            try await finishing.value
            #expect(count == written / event.count + 1)
        }
    }

    @Test func `a cancelled wait loses no event`() async throws {
        try await withStream { stream, _, peer, _ in
            let waiting = Task {
                var events = stream.makeAsyncIterator()
                return try await events.next()
            }
            waiting.cancel()
            await #expect { try await waiting.value } throws: { ($0 as? WebSocketError)?.code == .cancelled }
            try await peer.write("data: a\n\n")
            var events = stream.makeAsyncIterator()
            #expect(try await events.next()?.data == "a")
        }
    }

    @Test func `a wait for the next attempt can be cancelled, and closed`() async throws {
        let isLost = Watched(0)
        var configuration = Self.patient
        configuration.onInterruption = { _, _ in isLost.update { $0 += 1 } }
        try await withStream(configuration) { stream, _, peer, _ in
            try await peer.write("retry: 3600000\n")
            await peer.end()
            let first = Task {
                var events = stream.makeAsyncIterator()
                return try await events.next()
            }
            try await isLost.wait { $0 == 1 }
            first.cancel()
            await #expect { try await first.value } throws: { ($0 as? WebSocketError)?.code == .cancelled }
            let second = Task {
                var events = stream.makeAsyncIterator()
                return try await events.next()
            }
            stream.close()
            #expect(try await second.value == nil)
        }
    }

    @Test func `a stream that is closed, or forgotten, ends its connection`() async throws {
        let listener = try RawListener()
        try await withLoop { loop in
            for closes in [true, false] {
                let server = Task {
                    let peer = try await listener.accept()
                    _ = try await peer.readHead()
                    try await peer.write(Self.head)
                    return try await peer.readToEnd()
                }
                let url = "http://127.0.0.1:\(listener.port)/"
                var stream: EventStream? = try await EventStream.connect(to: url, Self.patient, on: loop)
                if closes {
                    stream?.close()
                    var events = stream!.makeAsyncIterator()
                    #expect(try await events.next() == nil)
                }
                stream = nil
                #expect(try await server.value.isEmpty)
            }
        }
    }

    @Test func `a loop that ends ends the stream`() async throws {
        let listener = try RawListener()
        let loop = try await ServiceLoop.start()
        let server = Task {
            let peer = try await listener.accept()
            _ = try await peer.readHead()
            try await peer.write(Self.head)
            return peer
        }
        let stream = try await EventStream.connect(to: "http://127.0.0.1:\(listener.port)/", Self.patient, on: loop)
        let peer = try await server.value
        await loop.shutdown()
        let error = await failure(of: stream)
        #expect(error?.code == .loopStopped)
        _ = peer
    }
}
