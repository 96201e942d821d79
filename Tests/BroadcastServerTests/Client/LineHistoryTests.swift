import Foundation
import Testing

@testable import broadcast_server

@Suite struct LineHistoryTests {
    @Test func `lines are there in the next run, for their owner only`() throws {
        try withTemporaryDirectory { directory in
            let path = "\(directory)/state/broadcast-server/history"
            let first = LineHistory(path: path)
            #expect(first.lines() == [])
            first.add("one")
            first.add("grüße 👋")
            first.save()
            #expect(LineHistory(path: path).lines() == ["one", "grüße 👋"])
            let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
            #expect(mode == 0o600)
        }
    }

    @Test func `clients that end one after the other add to each other's lines`() throws {
        try withTemporaryDirectory { directory in
            let path = "\(directory)/history"
            let (first, second) = (LineHistory(path: path), LineHistory(path: path))
            first.add("one")
            second.add("two")
            second.add("one")
            first.save()
            second.save()
            #expect(LineHistory(path: path).lines() == ["two", "one"])
        }
    }

    @Test func `the last lines are kept, and no more of them than the bounds allow`() throws {
        try withTemporaryDirectory { directory in
            let path = "\(directory)/history"
            for round in 0..<3 {
                let history = LineHistory(path: path)
                for number in 0..<400 { history.add("\(round) \(number)") }
                history.save()
            }
            let lines = LineHistory(path: path).lines()
            #expect(lines.count == LineHistory.maximumLines)
            #expect(lines.last == "2 399" && lines.first == "1 300")
            let long = LineHistory(path: path)
            for number in 0..<100 {
                long.add("\(number)" + String(repeating: "x", count: LineHistory.maximumLineBytes - 2))
            }
            long.save()
            let bytes = LineHistory(path: path).lines().reduce(0) { $0 + $1.utf8.count + 1 }
            #expect(bytes <= LineHistory.maximumBytes && bytes > LineHistory.maximumBytes / 2)
        }
    }

    @Test func `a file that is larger than it can be is left as it is`() throws {
        try withTemporaryDirectory { directory in
            let path = "\(directory)/history"
            let content = String(repeating: "somebody else's\n", count: 20_000)
            try content.write(toFile: path, atomically: true, encoding: .utf8)
            let history = LineHistory(path: path)
            #expect(history.lines() == [])
            history.add("one")
            history.save()
            #expect(try String(contentsOfFile: path, encoding: .utf8) == content)
        }
    }

    @Test func `a line that begins with a space is not kept, nor one that is too long`() throws {
        try withTemporaryDirectory { directory in
            let history = LineHistory(path: "\(directory)/history")
            history.add(" secret")
            history.add(String(repeating: "x", count: LineHistory.maximumLineBytes + 1))
            history.add("")
            history.save()
            #expect(!FileManager.default.fileExists(atPath: history.path))
        }
    }

    @Test func `a place that cannot be written, or is none, does not matter`() {
        let history = LineHistory(path: "/dev/null/history")
        history.add("one")
        history.save()
        #expect(history.lines() == [])
    }

    @Test(arguments: [
        (["XDG_STATE_HOME": "/a", "HOME": "/b"], "/a/broadcast-server/history"),
        (["XDG_STATE_HOME": "relative", "HOME": "/b"], "/b/.local/state/broadcast-server/history"),
        (["HOME": "/b"], "/b/.local/state/broadcast-server/history"), ([:], nil),
    ])
    func `it is where programs keep their state`(environment: [String: String], path: String?) {
        #expect(LineHistory.own { environment[$0] }?.path == path)
    }
}
