import Configuration

/// What `start` was told by all who may say something, and by whom.
struct StartConfiguration {
    private(set) var settings: StartSettings
    /// What each option has come to.
    private(set) var readings: [String: OptionReading]
    /// The configuration file; nil without one.
    let file: String?
    /// What is not wrong, and should not stay so.
    let warnings: [String]

    /// Each option with its value and who has said it.
    var text: String { PrintedConfiguration.text(readings) }

    /// All that is wrong, one at least.
    struct Problems: Error {
        let failures: [Failure]
        let warnings: [String]

        /// What a command ends with that cannot go on.
        var failure: Failure {
            let others = failures.count - 1
            guard others > 0 else { return failures[0] }
            let more = others == 1 ? "One more is" : "\(others) more are"
            let hint = "\(more) wrong: broadcast-server check-config lists everything."
            return Failure(failures[0].code, "\(failures[0].message) \(hint)")
        }
    }

    /// Reads the variables and the file; blocks meanwhile.
    ///
    /// - Parameter checksFiles: whether the files that options name are looked into, which a start does in any case.
    init(
        flags: StartFlags,
        variables: some ConfigProvider = Environment.variables,
        checksFiles: Bool = false
    ) throws(Problems) {
        var file: ConfigurationFile?
        var problems: [Failure] = []
        var settings: StartSettings?
        do throws(Failure) {
            file = try Environment(variables).value(\.config, flags.config).map(ConfigurationFile.init)
            problems = file?.problems ?? []
        } catch {
            problems = [error]
        }
        let environment = Environment(variables, file: file, collectsProblems: true)
        do throws(Failure) {
            settings = try StartSettings(flags: flags, environment: environment)
            if checksFiles { try settings?.checkFiles(environment) }
            problems += environment.ledger.problems
        } catch {
            problems += environment.ledger.problems + [error]
        }
        let warnings = (file?.warnings ?? []) + Self.exposures(environment.ledger.readings)
        guard let settings, problems.isEmpty else { throw Problems(failures: problems, warnings: warnings) }
        self.settings = settings
        readings = environment.ledger.readings
        self.file = file?.path
        self.warnings = warnings
    }

    /// A warning for each file with a secret that everybody on the system may read.
    private static func exposures(_ readings: [String: OptionReading]) -> [String] {
        let options = ServerOptions.table
        let names = [
            options.tokenSecret.name, options.tlsKey.name, options.clusterKey.name, options.clusterCredentials.name,
        ]
        return names.flatMap { name in
            (readings[name]?.texts ?? []).filter(FilePlace.isReadableByAll).map { path in
                "Everybody may read \(EscapedText.escape(path)), the file of --\(name): chmod o-r it."
            }
        }
    }
}

extension StartConfiguration {
    /// How another configuration differs, by the names of options.
    struct Changes: Equatable {
        /// What a server can go on with.
        var adopted: [String] = []
        /// What it would have to be started anew for.
        var left: [String] = []
    }

    /// Takes from another what may be changed while a server runs, and tells of all that differs.
    mutating func adopt(_ other: StartConfiguration) -> Changes {
        let changesTLS = (settings.network.tls == nil) != (other.settings.network.tls == nil)
        let options = ServerOptions.table
        let fixed: Set = changesTLS ? [options.tlsCert.name, options.tlsKey.name] : []
        var changes = Changes()
        for option in ServerOptions.descriptions {
            let isAdopted = option.isReloadable && !fixed.contains(option.name)
            if readings[option.name]?.texts != other.readings[option.name]?.texts {
                if isAdopted { changes.adopted.append(option.name) } else { changes.left.append(option.name) }
            }
            if isAdopted { readings[option.name] = other.readings[option.name] }
        }
        settings.adopt(other.settings)
        return changes
    }
}
