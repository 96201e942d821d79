import LWSSwift
import UnixSignals

/// `top` as a process: takes a sample after the other and shows it, until somebody ends it.
struct TopProgram: Sendable {
    enum Form: Sendable {
        /// On a screen of its own.
        case screen
        case lines
        case json
    }

    let client: AdminClient
    let wish: TopWish
    let form: Form
    /// nil for one sample alone.
    let interval: Duration?

    private enum Event: Sendable {
        case sample(Result<TopSample, Failure>)
        case resized
        case ended(StopCause?)
    }

    /// - Throws: a failure, or the exit code.
    func run() async throws {
        TerminalText.useUTF8()
        guard let interval else { return try print(try await sample(), nil) }
        let screen: TopScreen? = if case .screen = form { try TopScreen() } else { nil }
        defer { screen?.close() }
        let stop = StopSignals()
        await stop.watch(beforeCut: screen?.close)
        let (events, continuation) = AsyncStream.makeStream(of: Event.self)
        Task { for await cause in stop.causes { continuation.yield(.ended(cause)) } }
        if let screen { try await watch(screen, continuation) }
        let sampling = Task {
            while !Task.isCancelled {
                let result: Result<TopSample, Failure>
                do throws(Failure) {
                    result = .success(try await sample())
                } catch {
                    result = .failure(error)
                }
                continuation.yield(.sample(result))
                try? await Task.sleep(for: interval)
            }
        }
        defer { sampling.cancel() }
        var (last, previous): (TopSample?, TopSample?) = (nil, nil)
        for await event in events {
            switch event {
            case .sample(let result):
                (last, previous) = (try result.get(), last)
                if let last { try show(last, previous, screen) }
            case .resized:
                if let last { try show(last, previous, screen) }
            case .ended(let cause):
                if let cause { throw cause.exitCode }
                return
            }
        }
    }

    private func sample() async throws(Failure) -> TopSample {
        try await BackgroundThread.run { [client, wish] () throws(Failure) in try TopSample.take(client, wish) }
    }

    /// Has keys and another size of the window be heard of.
    private func watch(_ screen: TopScreen, _ events: AsyncStream<Event>.Continuation) async throws(Failure) {
        let signals = await UnixSignalsSequence(trapping: .sigwinch)
        Task { for await _ in signals { events.yield(.resized) } }
        guard screen.hasKeys else { return }
        let keys = try BlockingReader(readsAhead: 1, from: ()) { _ throws(SystemError) in
            let keys = try Descriptor.standardInput.readInForeground(atMost: 64)
            return keys.isEmpty ? nil : keys
        }
        Task {
            while let typed = try? await keys.next() {
                if typed.contains(where: { $0 == UInt8(ascii: "q") || $0 == UInt8(ascii: "Q") }) {
                    events.yield(.ended(nil))
                }
            }
        }
    }

    // MARK: Output

    private func show(_ sample: TopSample, _ previous: TopSample?, _ screen: TopScreen?) throws {
        guard let screen else { return try print(sample, previous) }
        try screen.show(page(sample, previous))
    }

    private func page(_ sample: TopSample, _ previous: TopSample?) -> TopPage {
        TopPage(sample: sample, previous: previous, wish: wish, place: client.path)
    }

    private func print(_ sample: TopSample, _ previous: TopSample?) throws {
        if case .json = form { return try CommandOutput.print(sample) }
        let lines = page(sample, previous).lines(width: nil, height: nil).map { "\($0.text)\n" }
        try CommandOutput.print((previous == nil ? "" : "\n") + lines.joined())
    }
}
