import LWSSwift
import Logging

/// `tail` as a process.
struct TailProgram {
    let settings: TailSettings
    let log: LogSettings

    /// - Throws: a failure that was not told, or the exit code.
    func run() async throws {
        let run = ClientRun(timeout: settings.timeout)
        let log = try ProgramLog(self.log, stream: .error, onFailedOutput: run.outputFailed)
        try await run.perform(log) { await session(log) }
    }

    private func session(_ log: ProgramLog) async -> Result<ClientReport, Failure> {
        let loop: ServiceLoop
        do throws(WebSocketError) {
            loop = try await ServiceLoop.start(.init(name: "client-loop", logger: log.logger("client")))
        } catch {
            return .failure(Failure(error, connectingTo: settings.url))
        }
        let result: Result<ClientReport, Failure>
        do throws(Failure) {
            result = .success(try await TailSession(settings: settings, log: log, loop: loop).run())
        } catch {
            result = .failure(error)
        }
        await loop.shutdown()
        return result
    }
}
