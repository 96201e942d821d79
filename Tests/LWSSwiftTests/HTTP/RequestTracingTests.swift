import HTTPTypes
import Instrumentation
import LWSSwift
import TestSupport
import Testing

/// Handlers of requests run in the context that their clients have sent, once a program has an instrument.
@Suite(.timeLimit(.minutes(1))) struct RequestTracingTests {
    private enum TraceKey: ServiceContextKey {
        typealias Value = String
    }

    private struct Reader: Instrument {
        func extract<Carrier, Extract: Extractor>(
            _ carrier: Carrier,
            into context: inout ServiceContext,
            using extractor: Extract
        ) where Extract.Carrier == Carrier {
            context[TraceKey.self] = extractor.extract(key: "traceparent", from: carrier)
        }

        func inject<Carrier, Inject: Injector>(
            _ context: ServiceContext,
            into carrier: inout Carrier,
            using injector: Inject
        ) where Inject.Carrier == Carrier {}
    }

    /// There can be one for all of a process: it is set once.
    private static let install: Void = InstrumentationSystem.bootstrap(Reader())

    @Test func `a handler runs in the context of its request`() async throws {
        Self.install
        try await withServer {
            $0.http = { _ in
                // Behind a suspension as well.
                await Task.yield()
                return HTTPServerResponse(text: ServiceContext.current?[TraceKey.self] ?? "none")
            }
        } _: { server in
            let peer = try RawPeer(port: server.port!)
            for trace in ["00-a-b-01", "00-c-d-00"] {
                let fields = ["Host: localhost", "Traceparent: \(trace)"]
                try await peer.write(RawRequest(method: "GET", path: "/", fields: fields).bytes)
                #expect(try await RawAnswer(from: peer).text == trace)
            }
            try await peer.write(RawRequest(method: "GET", path: "/", fields: ["Host: localhost"]).bytes)
            #expect(try await RawAnswer(from: peer).text == "none")
        }
    }
}
