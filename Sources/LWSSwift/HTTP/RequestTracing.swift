internal import HTTPTypes
internal import Instrumentation

/// Has handlers of requests run in the context that their clients have sent, for whoever traces what a program does
/// (swift-distributed-tracing): without an instrument there is nothing to do.
enum RequestTracing {
    /// What the instrument of the program reads out of the fields of a request; nil when there is none.
    static func context(_ request: HTTPServerRequest) -> ServiceContext? {
        let instrument = InstrumentationSystem.instrument
        guard !(instrument is NoOpInstrument) else { return nil }
        var context = ServiceContext.topLevel
        instrument.extract(request, into: &context, using: Fields())
        return context
    }

    private struct Fields: Extractor {
        func extract(key: String, from request: HTTPServerRequest) -> String? {
            HTTPField.Name(key).flatMap { request[$0] }
        }
    }
}
