/// Where the parts of an ``AccessPolicy`` come from.
struct AccessSettings: Sendable, Equatable {
    /// Of lines as ``TokenLine`` has them.
    var tokenFile: String?
    /// Of public keys, in PEM or JSON.
    var keyFiles: [String] = []
    /// Of one secret each.
    var secretFiles: [String] = []
    /// Of what was revoked.
    var revocationFile: String?
    var rules = TokenRules()
    /// What everybody may; nil for all, unless tokens are accepted, and nothing then.
    var anonymous: Rights?
    /// The cookie that may have a token; nil for none.
    var cookieName: String?

    /// Whether any token can be accepted.
    var takesTokens: Bool { tokenFile != nil || !keyFiles.isEmpty || !secretFiles.isEmpty }

    /// Whether somebody has said what may be done without a token, or that one is needed.
    var isDecided: Bool { takesTokens || anonymous != nil }

    /// Reads all files; blocks.
    ///
    /// - Throws: what is wrong in any of them. So a policy in use stays as it is when one cannot be read.
    func policy() throws(FileFaults) -> AccessPolicy {
        var policy = AccessPolicy(rules: rules, anonymous: anonymous ?? (takesTokens ? .none : .open))
        policy.expectsTokens = takesTokens
        var faults: [FileFaults.Fault] = []
        func take(_ read: () throws(FileFaults) -> Void) {
            do throws(FileFaults) {
                try read()
            } catch {
                faults += error.faults
            }
        }
        var keys: [VerificationKey] = []
        for file in keyFiles { take { () throws(FileFaults) in keys += try KeyFile.keys(file) } }
        for file in secretFiles { take { () throws(FileFaults) in keys.append(try KeyFile.secret(file)) } }
        take { () throws(FileFaults) in policy.keys = try KeySet(keys, from: keyFiles + secretFiles) }
        if let file = tokenFile { take { () throws(FileFaults) in policy.tokens = try TokenTable(path: file) } }
        if let file = revocationFile {
            take { () throws(FileFaults) in policy.revocations = try Revocations(path: file) }
        }
        if !faults.isEmpty { throw FileFaults(faults) }
        return policy
    }
}
