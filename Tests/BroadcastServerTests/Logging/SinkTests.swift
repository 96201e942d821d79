import Foundation
import Glibc
import Logging
import Testing

@testable import broadcast_server

@Suite(.timeLimit(.minutes(1))) struct FileSinkTests {
    private func batch(_ texts: String...) -> LogBatch {
        var batch = LogBatch()
        for text in texts { batch.appendLine(text) }
        return batch
    }

    private func makeSink(
        _ path: String,
        isOwn: Bool = false,
        _ onFailure: @escaping @Sendable (String) -> Void = { _ in }
    ) throws(Failure) -> FileSink {
        try FileSink(LogSettings.File(path: path, levelWhenMissing: isOwn ? .debug : nil), onFailure: onFailure)
    }

    @Test func `lines are appended to what the file holds`() throws {
        try withTemporaryDirectory { directory in
            let path = directory + "/a.log"
            try Data("before\n".utf8).write(to: URL(filePath: path))
            var sink = try makeSink(path)
            sink.write(batch("after"))
            sink.close()
            let text = try contents(of: path)
            #expect(text.hasPrefix("before\n"))
            #expect(text.hasSuffix("[INFO] after\n"))
        }
    }

    @Test func `a renamed file keeps its lines, and the path gets those after reopening`() throws {
        try withTemporaryDirectory { directory in
            let path = directory + "/a.log"
            var sink = try makeSink(path)
            sink.write(batch("one"))
            try FileManager.default.moveItem(atPath: path, toPath: path + ".1")
            var two = batch("two")
            two.append(.reopenFile)
            two.appendLine("three")
            sink.write(two)
            sink.close()
            let old = try contents(of: path + ".1")
            let new = try contents(of: path)
            #expect(old.contains("one") && old.contains("two") && !old.contains("three"))
            #expect(new.contains("three") && !new.contains("two"))
        }
    }

    @Test func `a file that cannot be opened again is kept, and that is told`() throws {
        try withTemporaryDirectory { directory in
            let failures = Monitor<[String]>([])
            let path = directory + "/gone/a.log"
            try FileManager.default.createDirectory(atPath: directory + "/gone", withIntermediateDirectories: false)
            var sink = try makeSink(path) { failure in failures.update { $0.append(failure) } }
            try FileManager.default.moveItem(atPath: directory + "/gone", toPath: directory + "/kept")
            var reopening = LogBatch()
            reopening.append(.reopenFile)
            reopening.appendLine("still here")
            sink.write(reopening)
            sink.close()
            #expect(try contents(of: directory + "/kept/a.log").contains("still here"))
            #expect(failures.withLock { $0.count } == 1)
        }
    }

    @Test func `a full disk is told once`() throws {
        let failures = Monitor<[String]>([])
        var sink = try makeSink("/dev/full") { failure in failures.update { $0.append(failure) } }
        sink.write(batch("one"))
        sink.write(batch("two"))
        sink.close()
        let told = failures.withLock { $0 }
        #expect(told.count == 1)
        #expect(told.first?.contains("/dev/full") == true)
    }

    @Test func `what people say is for the owner of the file alone`() throws {
        try withTemporaryDirectory { directory in
            let path = directory + "/a.log"
            var sink = try makeSink(path)
            sink.write(batch("one"))
            sink.close()
            let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
            #expect(mode == 0o600)
        }
    }

    @Test func `no symbolic link is followed, and a pipe that nobody reads is not waited for`() throws {
        try withTemporaryDirectory { directory in
            let path = directory + "/link.log"
            try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: directory + "/victim")
            let failure = #expect(throws: Failure.self) { try makeSink(path) }
            #expect(failure?.message.contains("symbolic link") == true)
            #expect(!FileManager.default.fileExists(atPath: directory + "/victim"))
            let pipe = directory + "/pipe"
            try #require(unsafe mkfifo(pipe, 0o600) == 0)
            let other = #expect(throws: Failure.self) { try makeSink(pipe) }
            #expect(other?.message.contains("nobody reads") == true)
        }
    }

    @Test func `a file that nobody has asked for is one program's alone`() throws {
        try withTemporaryDirectory { directory in
            let path = directory + "/client.log"
            var first = try makeSink(path, isOwn: true)
            let failure = #expect(throws: Failure.self) { try makeSink(path, isOwn: true) }
            #expect(failure?.message.contains("another program") == true)
            // Who names it may share it.
            var named = try makeSink(path)
            named.write(batch("named"))
            named.close()
            first.write(batch("first"))
            first.close()
            #expect(try contents(of: path).split(separator: "\n").count == 2)
            var next = try makeSink(path, isOwn: true)
            next.write(batch("next"))
            next.close()
        }
    }

    @Test func `a file of one program's alone is lent to the one that takes its place`() throws {
        try withTemporaryDirectory { directory in
            let path = directory + "/server.log"
            var first = try makeSink(path, isOwn: true)
            let lock = try #require(first.lock)
            lock.lend()
            // Also the one that is there after it was rotated.
            try FileManager.default.moveItem(atPath: path, toPath: path + ".1")
            var reopening = LogBatch()
            reopening.append(.reopenFile)
            first.write(reopening)
            var next = try makeSink(path, isOwn: true)
            first.write(batch("first"))
            next.write(batch("next"))
            next.close()
            #expect(try contents(of: path).split(separator: "\n").count == 2)
            lock.takeBack()
            let failure = #expect(throws: Failure.self) { try makeSink(path, isOwn: true) }
            #expect(failure?.message.contains("another program") == true)
            first.close()
        }
    }

    @Test func `a path that cannot be written is refused with advice`() {
        let failure = #expect(throws: Failure.self) { try makeSink("/nonexistent/a.log") }
        #expect(failure?.code == .cannotCreateFile)
        #expect(failure?.message.contains("--log-file") == true)
    }
}

@Suite(.timeLimit(.minutes(1))) struct ConsoleSinkTests {
    /// Runs `body` on a sink whose two streams are one pipe, and returns what it wrote.
    private func written(isColored: Bool = false, _ body: (inout ConsoleSink) -> Void) throws -> String {
        let pipe = Pipe()
        let descriptor = Descriptor(number: pipe.fileHandleForWriting.fileDescriptor)
        let output = ConsoleSink.Output(descriptor: descriptor, isColored: isColored)
        var sink = ConsoleSink(output: output, error: output)
        body(&sink)
        try pipe.fileHandleForWriting.close()
        return String(decoding: try pipe.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    }

    /// A batch of lines, formatted for the sink that it is written to.
    private func write(_ texts: (String, LogLine.Stream)..., to sink: inout ConsoleSink) {
        var batch = LogBatch()
        for (text, stream) in texts { batch.appendLine(text, stream, sink.style) }
        sink.write(batch)
    }

    @Test func `lines of both streams keep their order`() throws {
        let text = try written { write(("a", .output), ("b", .error), ("c", .output), ("d", .error), to: &$0) }
        #expect(text.split(separator: "\n").map(\.last) == ["a", "b", "c", "d"])
    }

    @Test func `colors are only used where they are wanted`() throws {
        #expect(try !written { write(("a", .output), to: &$0) }.contains("\u{1B}"))
        #expect(try written(isColored: true) { write(("a", .output), to: &$0) }.contains("\u{1B}[32m[INFO]\u{1B}[0m a"))
    }

    @Test func `output is written as it is, between the lines around it`() throws {
        let text = try written { sink in
            var batch = LogBatch()
            batch.appendLine("a")
            batch.append(to: .output) { $0 += "raw\n".utf8 }
            batch.appendLine("b")
            sink.write(batch)
        }
        #expect(text.split(separator: "\n").map { $0.suffix(3) } == ["] a", "raw", "] b"])
    }

    @Test func `what is to follow the output happens when it is written, and never when it is not`() throws {
        let seen = Monitor("")
        let pipe = Pipe()
        let descriptor = Descriptor(number: pipe.fileHandleForWriting.fileDescriptor)
        let output = ConsoleSink.Output(descriptor: descriptor, isColored: false)
        var sink = ConsoleSink(output: output, error: output)
        let reading = pipe.fileHandleForReading
        var batch = LogBatch()
        batch.append(to: .output) { $0 += "a\n".utf8 }
        batch.append(.afterOutput { seen.update { $0 = String(decoding: reading.availableData, as: UTF8.self) } })
        batch.append(to: .output) { $0 += "b\n".utf8 }
        sink.write(batch)
        #expect(seen.withLock { $0 } == "a\n")
        let full = ConsoleSink.Output(descriptor: try Descriptor.append(to: "/dev/full"), isColored: false)
        var failing = ConsoleSink(output: full, error: full)
        var never = LogBatch()
        never.append(to: .output) { $0.append(0) }
        never.append(.afterOutput { seen.update { $0 = "never" } })
        failing.write(never)
        var neither = LogBatch()
        neither.append(.afterOutput { seen.update { $0 = "never" } })
        failing.write(neither)
        #expect(seen.withLock { $0 } == "a\n")
    }

    @Test func `an output that fails is told once and left alone`() throws {
        let count = Monitor(0)
        let output = ConsoleSink.Output(descriptor: try Descriptor.append(to: "/dev/full"), isColored: false)
        var sink = ConsoleSink(output: output, error: output) { _ in count.update { $0 += 1 } }
        write(("a", .output), to: &sink)
        write(("b", .output), to: &sink)
        #expect(count.withLock { $0 } == 1)
    }

    @Test(arguments: [true, false])
    func `a log goes on when its disk has room again, and what is to be whole does not`(isLog: Bool) throws {
        let pipe = Pipe()
        let descriptor = try Descriptor.append(to: "/dev/full")
        defer { descriptor.close() }
        let output = ConsoleSink.Output(descriptor: descriptor, isColored: false, isLog: isLog)
        var sink = ConsoleSink(output: output, error: output)
        write(("a", .output), to: &sink)
        // The same number leads to where there is room.
        try #require(dup2(pipe.fileHandleForWriting.fileDescriptor, descriptor.number) == descriptor.number)
        write(("b", .output), to: &sink)
        let number = pipe.fileHandleForReading.fileDescriptor
        _ = fcntl(number, F_SETFL, O_NONBLOCK)
        let bytes = (try? Descriptor(number: number, hasTimeLimit: true).read(atMost: 1_000)) ?? []
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(isLog ? text.hasSuffix(" b\n") : text.isEmpty)
        withExtendedLifetime(pipe) {}
    }
}

extension LogBatch {
    fileprivate mutating func appendLine(
        _ text: String,
        _ stream: LogLine.Stream = .output,
        _ style: LogLineFormatter.Style = LogLineFormatter.Style()
    ) {
        var formatter = LogLineFormatter(style)
        let line = LogLine(time: .now, level: .info, text: text, stream: stream)
        append(to: stream) { formatter.append(line, to: &$0) }
    }
}
