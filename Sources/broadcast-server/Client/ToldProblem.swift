/// What a server says about a refusal in problem details (RFC 9457), as far as it is for people.
struct ToldProblem: Decodable, Equatable {
    let code: String?
    let detail: String

    /// nil for a body that is something else.
    init?(body: some Sequence<UInt8>) {
        guard let told = try? ChatProtocol.decode(Self.self, from: Array(body)) else { return nil }
        self = told
    }
}
