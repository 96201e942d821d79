import Foundation
import Testing

@testable import broadcast_server

/// docs/metrics.md and the files in packaging know the metrics that there are.
@Suite struct MetricsPageTests {
    /// Every family that there may be.
    private static let families: [MetricFamily] = {
        var sample = MetricsSample()
        sample.storage = StorageFigures()
        sample.cluster = ClusterFigures.Snapshot()
        sample.shown = [.init(name: .default, members: 0, historyBytes: 0, sent: 0)]
        return sample.families + ProcessFigures.families() + LibraryMetrics().families()
    }()

    private static func file(_ path: String) throws -> String {
        let root = #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
        return try contents(of: "/\(root)/\(path)")
    }

    /// As they are called in queries.
    private static func names(_ family: MetricFamily) -> Set<String> {
        switch family.kind {
        case .counter: ["\(family.name)_total"]
        case .gauge: [family.name]
        case .info: ["\(family.name)_info"]
        case .histogram: Set(["bucket", "sum", "count"].map { "\(family.name)_\($0)" })
        }
    }

    /// What looks like the name of a metric.
    private static func names(in text: String) -> Set<String> {
        Set(text.matches(of: /\b(?:broadcast_server|process)_[a-z_]+\b/).map { String($0.output) })
    }

    @Test func `each family stands on the page, in its order and with its labels, and no other`() throws {
        let rows = try Self.file("docs/metrics.md").split(separator: "\n").compactMap { line -> String? in
            line.hasPrefix("| `") ? String(line.split(separator: "|")[0].trimmingCharacters(in: [" ", "`"])) : nil
        }
        let expected = Self.families.map { family in
            let labels = Self.labels[family.name] ?? family.samples.first?.labels.map(\.name) ?? []
            let name = family.kind == .histogram ? family.name : Self.names(family).first ?? ""
            return name + (labels.isEmpty ? "" : "{\(labels.joined(separator: ","))}")
        }
        #expect(rows == expected)
    }

    /// Of those that have no sample before something happens.
    private static let labels = [
        "broadcast_server_connections_closed": ["code", "by"],
        "broadcast_server_handshakes_refused": ["reason"],
        "broadcast_server_tokens_refused": ["reason"],
        "broadcast_server_loop_turns": ["loop"],
        "broadcast_server_loop_longest_turn_seconds": ["loop"],
        "broadcast_server_loop_busy_seconds": ["loop"],
    ]

    @Test(arguments: ["packaging/alerts.yaml", "packaging/grafana-dashboard.json", "docs/metrics.md"])
    func `what is asked for is there`(path: String) throws {
        let known = Self.families.reduce(into: Set<String>()) { $0.formUnion(Self.names($1)) }
        let bases = Set(Self.families.filter { $0.kind == .histogram }.map(\.name))
        let asked = Self.names(in: try Self.file(path))
        #expect(asked.subtracting(known).subtracting(path.hasSuffix(".md") ? bases : []) == [])
        #expect(!asked.isEmpty)
    }

    @Test func `names are those of the conventions, and no two are alike`() {
        let names = Self.families.map(\.name)
        #expect(Set(names).count == names.count)
        for family in Self.families {
            #expect(family.name.wholeMatch(of: /[a-z_]+/) != nil)
            #expect(!family.name.hasSuffix("_total") && family.help.hasSuffix("."), "\(family.name)")
            if let unit = family.unit { #expect(family.name.hasSuffix("_\(unit.rawValue)"), "\(family.name)") }
            #expect(
                family.samples.count == Set(family.samples.map(\.labels)).count,
                "\(family.name) has two samples with the same labels"
            )
        }
    }
}
