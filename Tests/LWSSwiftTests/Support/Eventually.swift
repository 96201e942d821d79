import Testing

@testable import LWSSwift

/// A value that closures on any thread change and a test waits for.
final class Watched<Value: Sendable>: Sendable {
    private struct Waiter: Sendable {
        let id: Int
        let condition: @Sendable (Value) -> Bool
        let continuation: CheckedContinuation<Bool, Never>
    }

    private struct State: Sendable {
        var value: Value
        var waiters: [Waiter] = []
        var lastID = 0
    }

    private let state: Lock<State>

    init(_ value: Value) {
        state = Lock(State(value: value))
    }

    var value: Value { state.withLock { $0.value } }

    func update(_ body: (inout Value) -> Void) {
        let satisfied = state.withLock { state in
            body(&state.value)
            let value = state.value
            // Each is asked once: a condition may look at what changes meanwhile, and who is taken out has to be resumed.
            let border = state.waiters.partition { $0.condition(value) }
            let satisfied = state.waiters[border...].map(\.continuation)
            state.waiters.removeSubrange(border...)
            return satisfied
        }
        for waiter in satisfied { waiter.resume(returning: true) }
    }

    /// Waits until the value fulfills a condition; the test fails when it has not within the deadline.
    func wait(
        _ location: SourceLocation = #_sourceLocation,
        until condition: @escaping @Sendable (Value) -> Bool
    ) async throws {
        let id = state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
        let deadline = Task {
            try await Task.sleep(for: .seconds(30))
            let late = state.withLock { state in
                let late = state.waiters.filter { $0.id == id }
                state.waiters.removeAll { $0.id == id }
                return late.map(\.continuation)
            }
            for waiter in late { waiter.resume(returning: false) }
        }
        let isFulfilled = await withCheckedContinuation { continuation in
            let isFulfilled = state.withLock { state in
                if condition(state.value) { return true }
                state.waiters.append(Waiter(id: id, condition: condition, continuation: continuation))
                return false
            }
            if isFulfilled { continuation.resume(returning: true) }
        }
        deadline.cancel()
        try #require(isFulfilled, "did not come; the value is \(value)", sourceLocation: location)
    }
}

extension Watched where Value: RangeReplaceableCollection, Value.Element: Sendable {
    func append(_ element: Value.Element) {
        update { $0.append(element) }
    }
}
