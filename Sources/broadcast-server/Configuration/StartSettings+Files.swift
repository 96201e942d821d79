import LWSSwift

extension StartSettings {
    /// Looks into the files that options name and a start would read, and at the places of those that it would write.
    ///
    /// - Throws: only what the environment throws.
    func checkFiles(_ environment: Environment) throws(Failure) {
        if let tls = network.tls {
            try environment.attempt(about: ServerOptions.table.tlsCert) { () throws(Failure) in
                do throws(WebSocketError) {
                    try tls.check()
                } catch {
                    throw Failure(ExitCode(error), EscapedText.escape(error.message))
                }
            }
        }
        do throws(FileFaults) {
            _ = try access.policy()
        } catch {
            for fault in error.faults { try environment.refuse(Failure(.badConfiguration, fault.description)) }
        }
        let options = ServerOptions.table
        if let path = network.adminSocket {
            try check(path, FilePlace.obstacle(toSocketAt: path), options.adminSocket, environment)
        }
        if let path = storage.directory, !path.isEmpty {
            try check(path, FilePlace.obstacle(toFolderAt: path), options.stateDir, environment)
        }
        // One that nobody has asked for is left out where it cannot be.
        if let file = log.file, file.levelWhenMissing == nil {
            try check(file.path, FilePlace.obstacle(toFileAt: file.path), options.logFile, environment)
        }
    }

    private func check(
        _ path: String,
        _ obstacle: SystemError?,
        _ option: any SettingDescription,
        _ environment: Environment
    ) throws(Failure) {
        guard let obstacle else { return }
        let message = "--\(option.name): \(EscapedText.escape(path)) cannot be used: \(obstacle)."
        try environment.refuse(message, code: .cannotCreateFile, about: option)
    }
}
