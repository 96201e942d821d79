/// A closure as a value of a type of its own, to be kept in a lock or another generic container.
///
/// A bare one is wrapped by each access that might change it, and the wrapping stays: after some ten thousand of them a call
/// goes through as many closures, and ends where the stack does.
struct Handler<Input>: Sendable {
    let call: @Sendable (Input) -> Void
}
