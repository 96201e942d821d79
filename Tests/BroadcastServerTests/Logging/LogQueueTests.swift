import Logging
import Testing

@testable import broadcast_server

@Suite(.timeLimit(.minutes(1))) struct LogQueueTests {
    /// Keeps the texts of the lines; stands still while the gate is shut.
    private struct GatedSink: LogSink {
        struct State: Sendable {
            var isOpen: Bool
            var isWaiting = false
            var texts: [String] = []
            var isClosed = false
        }
        let state: Monitor<State>

        init(isOpen: Bool) {
            state = Monitor(State(isOpen: isOpen))
        }

        /// The texts alone.
        let style = LogLineFormatter.Style(isDated: false)

        mutating func write(_ batch: LogBatch) {
            state.update { $0.isWaiting = true }
            state.wait { $0.isOpen ? () : nil }
            batch.forEach { bytes, _ in
                let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
                state.update { $0.texts += lines }
            } step: { _ in
            }
        }

        mutating func close() {
            state.update { $0.isClosed = true }
        }

        func waitUntilBlocked() {
            state.wait { $0.isWaiting ? () : nil }
        }

        func open() {
            state.update { $0.isOpen = true }
        }

        var texts: [String] { state.withLock { $0.texts } }
    }

    private func line(_ text: String) -> LogLine {
        LogLine(time: .now, level: .info, text: text)
    }

    @Test func `lines are written in order, and all of them before the end`() throws {
        let sink = GatedSink(isOpen: true)
        let queue = try LogQueue(sink)
        for number in 0..<1_000 { queue.enqueue(line("\(number)")) }
        queue.close()
        #expect(sink.texts == (0..<1_000).map { "\($0)" })
        #expect(sink.state.withLock { $0.isClosed })
    }

    @Test func `lines of both streams and output keep their order`() throws {
        let sink = GatedSink(isOpen: false)
        let queue = try LogQueue(sink)
        for number in 0..<100 {
            queue.enqueue(number % 10 < 5 ? .output : .error) { $1 += "\(number)\n".utf8 }
            if number % 3 == 0 { queue.enqueue(line("kept \(number)")) }
            if number % 7 == 0 { queue.enqueue(output: Array("out \(number)\n".utf8)) }
        }
        sink.open()
        queue.close()
        let texts = (0..<100).flatMap { (number: Int) -> [String] in
            var texts = ["\(number)"]
            if number % 3 == 0 { texts.append("kept \(number)") }
            if number % 7 == 0 { texts.append("out \(number)") }
            return texts
        }
        #expect(sink.texts == texts)
    }

    @Test func `a sink that stands still costs lines, not memory or time, and the lines are counted`() throws {
        let sink = GatedSink(isOpen: false)
        let queue = try LogQueue(sink, limits: .init(capacity: 10_000))
        queue.enqueue(line("first"))
        sink.waitUntilBlocked()
        for _ in 0..<1_000 { queue.enqueue(line(String(repeating: "x", count: 100))) }
        sink.open()
        queue.close()
        let kept = sink.texts.filter { $0.hasPrefix("x") }.count
        #expect(kept > 10 && kept < 200)
        #expect(sink.texts.first == "first")
        #expect(sink.texts.last?.hasPrefix("\(1_000 - kept) log lines were left out here") == true)
    }

    @Test func `output that must not be lost waits for the sink instead`() async throws {
        let sink = GatedSink(isOpen: false)
        let queue = try LogQueue(sink, limits: .init(capacity: 1_000))
        let writer = Task {
            for number in 0..<100 { await queue.enqueueWaiting(output: Array("\(number)\n".utf8)) }
        }
        await onThread { sink.waitUntilBlocked() }
        sink.open()
        await writer.value
        await onThread { queue.close() }
        #expect(sink.texts == (0..<100).map { "\($0)" })
    }

    @Test func `waiting for a sink that stands still can be cancelled`() async throws {
        let sink = GatedSink(isOpen: false)
        let queue = try LogQueue(sink, limits: .init(capacity: 10))
        let writer = Task {
            await queue.enqueueWaiting(output: Array("first\n".utf8))
            await queue.enqueueWaiting(output: Array("second\n".utf8))
        }
        await onThread { sink.waitUntilBlocked() }
        writer.cancel()
        await writer.value
        sink.open()
        await onThread { queue.close() }
    }

    @Test func `closing does not wait for ever for a sink that stands still`() throws {
        let sink = GatedSink(isOpen: false)
        let queue = try LogQueue(sink)
        queue.enqueue(line("first"))
        sink.waitUntilBlocked()
        queue.close(atMost: .milliseconds(10))
        #expect(sink.texts.isEmpty)
        sink.open()
    }
}
