import Foundation
import Logging
import Testing

@testable import broadcast_server

@Suite(.timeLimit(.minutes(1))) struct FileSinkTests {
    private func line(_ text: String) -> LogItem {
        .line(LogLine(time: .now, level: .info, text: text))
    }

    @Test func `lines are appended to what the file holds`() throws {
        try withTemporaryDirectory { directory in
            let path = directory + "/a.log"
            try Data("before\n".utf8).write(to: URL(filePath: path))
            var sink = try FileSink(path: path)
            sink.write([line("after")])
            sink.close()
            let text = try contents(of: path)
            #expect(text.hasPrefix("before\n"))
            #expect(text.hasSuffix("[INFO] after\n"))
        }
    }

    @Test func `a renamed file keeps its lines, and the path gets those after reopening`() throws {
        try withTemporaryDirectory { directory in
            let path = directory + "/a.log"
            var sink = try FileSink(path: path)
            sink.write([line("one")])
            try FileManager.default.moveItem(atPath: path, toPath: path + ".1")
            sink.write([line("two"), .reopenFile, line("three")])
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
            var sink = try FileSink(path: path) { failure in failures.update { $0.append(failure) } }
            try FileManager.default.moveItem(atPath: directory + "/gone", toPath: directory + "/kept")
            sink.write([.reopenFile, line("still here")])
            sink.close()
            #expect(try contents(of: directory + "/kept/a.log").contains("still here"))
            #expect(failures.withLock { $0.count } == 1)
        }
    }

    @Test func `a full disk is told once`() throws {
        let failures = Monitor<[String]>([])
        var sink = try FileSink(path: "/dev/full") { failure in failures.update { $0.append(failure) } }
        sink.write([line("one")])
        sink.write([line("two")])
        sink.close()
        let told = failures.withLock { $0 }
        #expect(told.count == 1)
        #expect(told.first?.contains("/dev/full") == true)
    }

    @Test func `a path that cannot be written is refused with advice`() {
        let failure = #expect(throws: Failure.self) { try FileSink(path: "/nonexistent/a.log") }
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

    private func line(_ text: String, _ stream: LogLine.Stream = .output) -> LogItem {
        .line(LogLine(time: .now, level: .info, text: text, stream: stream))
    }

    @Test func `lines of both streams keep their order`() throws {
        let text = try written { $0.write([line("a"), line("b", .error), line("c"), line("d", .error)]) }
        #expect(text.split(separator: "\n").map(\.last) == ["a", "b", "c", "d"])
    }

    @Test func `colors are only used where they are wanted`() throws {
        #expect(try !written { $0.write([line("a")]) }.contains("\u{1B}"))
        #expect(try written(isColored: true) { $0.write([line("a")]) }.contains("\u{1B}[32m[INFO]\u{1B}[0m a"))
    }

    @Test func `output is written as it is, between the lines around it`() throws {
        let text = try written { $0.write([line("a"), .output(Array("raw\n".utf8)), line("b")]) }
        #expect(text.split(separator: "\n").map { $0.suffix(3) } == ["] a", "raw", "] b"])
    }

    @Test func `what is to follow the output happens when it is written, and never when it is not`() throws {
        let seen = Monitor("")
        let pipe = Pipe()
        let descriptor = Descriptor(number: pipe.fileHandleForWriting.fileDescriptor)
        let output = ConsoleSink.Output(descriptor: descriptor, isColored: false)
        var sink = ConsoleSink(output: output, error: output)
        let reading = pipe.fileHandleForReading
        sink.write([
            .output(Array("a\n".utf8)),
            .afterOutput { seen.update { $0 = String(decoding: reading.availableData, as: UTF8.self) } },
            .output(Array("b\n".utf8)),
        ])
        #expect(seen.withLock { $0 } == "a\n")
        let full = ConsoleSink.Output(descriptor: try Descriptor.append(to: "/dev/full"), isColored: false)
        var failing = ConsoleSink(output: full, error: full)
        failing.write([.output([0]), .afterOutput { seen.update { $0 = "never" } }])
        failing.write([.afterOutput { seen.update { $0 = "never" } }])
        #expect(seen.withLock { $0 } == "a\n")
    }

    @Test func `an output that fails is told once and left alone`() throws {
        let count = Monitor(0)
        let output = ConsoleSink.Output(descriptor: try Descriptor.append(to: "/dev/full"), isColored: false)
        var sink = ConsoleSink(output: output, error: output) { _ in count.update { $0 += 1 } }
        sink.write([line("a")])
        sink.write([line("b")])
        #expect(count.withLock { $0 } == 1)
    }
}
