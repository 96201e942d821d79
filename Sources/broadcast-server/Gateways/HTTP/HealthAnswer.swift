import HTTPTypes
import LWSSwift

extension HTTPServerResponse {
    /// The answer to one who looks after the server, in the form that Kubernetes has for its own: each check on a line when it
    /// is asked for, with `?verbose`, and when one has failed.
    ///
    /// - Parameter name: what was asked for.
    init(_ name: String, _ checks: [Health.Check], to request: HTTPServerRequest) {
        let hasPassed = checks.allSatisfy { $0.fault == nil }
        var text = "ok\n"
        if !hasPassed || QueryParameters(request.query)["verbose"] != nil {
            let lines = checks.map { check in
                check.fault.map { "[-]\(check.name) failed: \($0)" } ?? "[+]\(check.name) ok"
            }
            let verdict = "\(name) check \(hasPassed ? "passed" : "failed")"
            text = (lines + [verdict]).joined(separator: "\n") + "\n"
        }
        self.init(
            status: hasPassed ? .ok : .serviceUnavailable,
            headerFields: [.cacheControl: "no-store"],
            text: text
        )
    }
}
