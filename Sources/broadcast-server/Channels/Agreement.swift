import Synchronization

/// Several answers that make one: yes, if each of them is. May be used on any thread.
final class Agreement: Sendable {
    private let rest: Mutex<(count: Int, isYes: Bool)>
    private let body: @Sendable (Bool) -> Void

    /// - Parameters:
    ///   - count: how many answers come, at least one.
    ///   - body: called once, within the last of them.
    init(of count: Int, _ body: @escaping @Sendable (Bool) -> Void) {
        rest = Mutex((count, true))
        self.body = body
    }

    func answer(_ isYes: Bool) {
        let result: Bool? = rest.withLock { rest in
            rest.count -= 1
            rest.isYes = rest.isYes && isYes
            return rest.count == 0 ? rest.isYes : nil
        }
        if let result { body(result) }
    }
}
