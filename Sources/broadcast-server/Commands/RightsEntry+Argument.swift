import ArgumentParser

extension RightsEntry {
    /// Reads one from the command line.
    ///
    /// - Throws: what is wrong with it, which the parser shows. It would not for an `ExpressibleByArgument`.
    static func argument(_ text: String) throws -> RightsEntry {
        do throws(RightsFault) {
            return try RightsEntry(text)
        } catch {
            throw ValidationError(error.description)
        }
    }
}
