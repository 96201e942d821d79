import Logging

/// What SIGHUP does to a server: reads variables, file and certificates anew, and goes on with them, or leaves everything as
/// it is and says why.
struct Reload {
    let flags: StartFlags
    let log: ProgramLog

    private var logger: Logger { log.logger("server") }

    /// - Parameter current: what the server runs with, and goes on with afterwards.
    func run(_ server: ChatServer, _ current: inout StartConfiguration) async {
        let new: StartConfiguration
        do throws(StartConfiguration.Problems) {
            new = try StartConfiguration(flags: flags, checksFiles: true)
        } catch {
            return refuse(error.failures)
        }
        var next = current
        let changes = next.adopt(new)
        do throws(Failure) {
            let change = try log.prepare(next.settings.log)
            do throws(Failure) {
                try await server.reload(next.settings, configuration: next.text)
            } catch {
                await log.drop(change)
                throw error
            }
            await log.make(change)
        } catch {
            return refuse([error])
        }
        current = next
        tell(changes, new.warnings)
    }

    private func refuse(_ failures: [Failure]) {
        for failure in failures {
            logger.event(.error, .configuration, "The configuration stays as it is. \(failure.message)")
        }
    }

    private func tell(_ changes: StartConfiguration.Changes, _ warnings: [String]) {
        for warning in warnings { logger.event(.warning, .configuration, warning) }
        if !changes.left.isEmpty {
            logger.event(
                .warning,
                .configuration,
                "Only a start changes \(changes.left.joined(separator: ", ")): that stays as it is until then."
            )
        }
        let adopted = changes.adopted.isEmpty ? "no option has changed" : changes.adopted.joined(separator: ", ")
        logger.event(
            .notice,
            .configuration,
            "The configuration was read anew: \(adopted). So were the files that it names."
        )
    }
}
