import Synchronization
import Testing

@testable import broadcast_server

@Suite(.timeLimit(.minutes(1))) struct DoorkeeperTests {
    /// A clock that tests set.
    private final class Clock: Sendable {
        private let seconds = Mutex(1_800_000_000.0)

        var now: NumericDate { NumericDate(seconds: seconds.withLock { $0 })! }

        func advance(_ by: Double) { seconds.withLock { $0 += by } }
    }

    private let clock = Clock()

    private static let secret = Array(repeating: UInt8(7), count: 32)

    private func token(_ claims: String, secret: [UInt8] = secret) -> String {
        let signed = "\(Base64URL.encode(#"{"alg":"HS256"}"#.utf8)).\(Base64URL.encode(claims.utf8))"
        return "\(signed).\(Base64URL.encode(SecretKey(secret).code(of: Array(signed.utf8), .sha256)))"
    }

    private func policy(_ change: (inout AccessPolicy) throws -> Void = { _ in }) throws -> AccessPolicy {
        var policy = AccessPolicy()
        policy.keys = try KeySet([VerificationKey(SecretKey(Self.secret))])
        policy.rules.leeway = .seconds(5)
        policy.anonymous = .none
        policy.tokens = try TokenTable(
            WordLines("ci \(SHA256Digest(of: "abc".utf8).hex) ci"),
            "tokens"
        )
        try change(&policy)
        return policy
    }

    private func doorkeeper(_ policy: AccessPolicy) throws -> Doorkeeper {
        let clock = clock
        return Doorkeeper(policy, clock: { clock.now })
    }

    @Test func `a token of the file is known at once, and one that was verified before`() async throws {
        let doorkeeper = try doorkeeper(policy())
        #expect(try doorkeeper.known("abc")?.get().subject == "ci")
        let token = token(#"{"sub":"ann","exp":1800000100}"#)
        #expect(doorkeeper.known(token) == nil)
        #expect(try await doorkeeper.grant(token).subject == "ann")
        #expect(try doorkeeper.known(token)?.get().subject == "ann")
    }

    @Test func `a bad token is told why`() async throws {
        let doorkeeper = try doorkeeper(policy())
        await #expect(throws: TokenFault.malformed) { try await doorkeeper.grant("abd") }
        await #expect(throws: TokenFault.expired) { try await doorkeeper.grant(token(#"{"exp":1}"#)) }
        await #expect(throws: TokenFault.tooLong) { try await doorkeeper.grant(String(repeating: "x", count: 8_193)) }
        // Nothing of it is kept, so that it is not known afterwards.
        #expect(doorkeeper.known("abd") == nil)
    }

    @Test func `without keys every other token is unknown, at once`() throws {
        let doorkeeper = try doorkeeper(policy { $0.keys = KeySet() })
        #expect(doorkeeper.known(token(#"{"exp":1800000100}"#)) == .failure(.unknown))
        #expect(doorkeeper.known("") == .failure(.unknown))
    }

    @Test func `a token ends when it expires, kept or not`() async throws {
        let doorkeeper = try doorkeeper(policy())
        let token = token(#"{"exp":1800000100}"#)
        let grant = try await doorkeeper.grant(token)
        clock.advance(104.9)
        #expect(try doorkeeper.known(token)?.get() == grant)
        #expect(try doorkeeper.renewed(grant) == grant)
        clock.advance(0.2)
        #expect(doorkeeper.known(token) == .failure(.expired))
        #expect(throws: TokenFault.expired) { try doorkeeper.renewed(grant) }
    }

    @Test func `what everybody may, those with a token may too`() async throws {
        let doorkeeper = try doorkeeper(policy { $0.anonymous = Rights([try RightsEntry("news=subscribe")]) })
        let news = try #require(ChannelName(checking: "news"))
        let grant = try await doorkeeper.grant(token(#"{"exp":1800000100,"channels":{"news":["publish"]}}"#))
        #expect(grant.rights(in: news) == [.subscribe, .publish])
        #expect(doorkeeper.policy.anonymousGrant.rights(in: news) == .subscribe)
        #expect(try doorkeeper.known("abc")?.get().rights(in: news) == .subscribe)
    }

    @Test func `what is revoked holds no more, at once`() async throws {
        let doorkeeper = try doorkeeper(policy())
        let token = token(#"{"exp":1800000100,"sub":"ann","jti":"7"}"#)
        let ann = try await doorkeeper.grant(token)
        let ci = try #require(try doorkeeper.known("abc")?.get())
        var revocations = Revocations()
        _ = revocations.insert(.token("7"))
        doorkeeper.replace(revocations)
        #expect(doorkeeper.known(token) == .failure(.revoked))
        #expect(throws: TokenFault.revoked) { try doorkeeper.renewed(ann) }
        #expect(try doorkeeper.renewed(ci) == ci)
        _ = revocations.insert(.subject("ci"))
        doorkeeper.replace(revocations)
        #expect(doorkeeper.known("abc") == .failure(.revoked))
        #expect(throws: TokenFault.revoked) { try doorkeeper.renewed(ci) }
        doorkeeper.replace(Revocations())
        #expect(try doorkeeper.known(token)?.get() == ann)
    }

    @Test func `another policy is heeded from then on, also by what is under way`() async throws {
        let doorkeeper = try doorkeeper(policy())
        let token = token(#"{"exp":1800000100}"#)
        let signed = try await doorkeeper.grant(token)
        let ci = try #require(try doorkeeper.known("abc")?.get())
        let line = "ci \(SHA256Digest(of: "abc".utf8).hex) other"
        doorkeeper.replace(
            try policy {
                $0.keys = try KeySet([VerificationKey(SecretKey(Self.secret + [1]))])
                $0.tokens = try TokenTable(WordLines(line), "tokens")
            }
        )
        // Its key has gone: neither is who is here by it believed any longer, nor who comes with it.
        #expect(throws: TokenFault.unknownKey) { try doorkeeper.renewed(signed) }
        await #expect(throws: TokenFault.badSignature) { try await doorkeeper.grant(token) }
        let other = try #require(ChannelName(checking: "other"))
        #expect(try doorkeeper.renewed(ci).rights(in: other) == .member)
        doorkeeper.replace(try policy { $0.tokens = TokenTable() })
        #expect(throws: TokenFault.unknown) { try doorkeeper.renewed(ci) }
        #expect(try await doorkeeper.grant(token) == signed)
    }

    @Test func `many ask at once, and each has its own answer`() async throws {
        let doorkeeper = try doorkeeper(policy())
        let answers = await withTaskGroup(of: (Int, String?).self) { group in
            for number in 0..<400 {
                // Four ask for each.
                let token = token("{\"exp\":1800000100,\"sub\":\"n\(number / 4)\"}")
                group.addTask { (number, try? await doorkeeper.grant(token).subject) }
            }
            return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
        for number in 0..<400 { #expect(answers[number] == "n\(number / 4)") }
    }

    @Test func `when too many wait it is busy, and goes on afterwards`() async throws {
        let gate = Monitor(false)
        let clock = clock
        let doorkeeper = Doorkeeper(try policy()) {
            gate.wait { $0 ? () : nil }
            return clock.now
        }
        // The clock, which stands still, is asked by the thread alone: those who ask are told at once or wait.
        let busy = Monitor(0)
        let total = Doorkeeper.maximumWaiting + 10
        let answers = await withTaskGroup(of: TokenFault?.self) { group in
            for number in 0..<total {
                let token = token("{\"exp\":1800000100,\"sub\":\"n\(number)\"}")
                group.addTask {
                    do throws(TokenFault) {
                        _ = try await doorkeeper.grant(token)
                        return nil
                    } catch {
                        busy.update { $0 += 1 }
                        return error
                    }
                }
            }
            // One is being verified; its place is not free before that is done.
            await onThread { busy.wait { $0 == 10 ? () : nil } }
            gate.update { $0 = true }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(answers.filter { $0 == nil }.count == Doorkeeper.maximumWaiting)
        #expect(answers.filter { $0 == .busy }.count == 10)
        #expect(try await doorkeeper.grant(token(#"{"exp":1800000100}"#)).subject == nil)
    }

    /// A doorkeeper whose thread stands still with the first token, and what is asked of it meanwhile.
    private func held(
        _ policy: AccessPolicy,
        _ meanwhile: @Sendable (Doorkeeper) throws -> Void
    ) async throws -> (doorkeeper: Doorkeeper, answer: Doorkeeper.Answer) {
        let (isHeld, isFree) = (Monitor(false), Monitor(false))
        let clock = clock
        let doorkeeper = Doorkeeper(policy) {
            isHeld.update { $0 = true }
            isFree.wait { $0 ? () : nil }
            return clock.now
        }
        let token = token(#"{"exp":1800000100}"#)
        let asking = Task { () async -> Doorkeeper.Answer in
            do throws(TokenFault) {
                return .success(try await doorkeeper.grant(token))
            } catch {
                return .failure(error)
            }
        }
        await onThread { isHeld.wait { $0 ? () : nil } }
        try meanwhile(doorkeeper)
        isFree.update { $0 = true }
        return (doorkeeper, await asking.value)
    }

    @Test func `a token that is being verified is verified again under the policy that comes meanwhile`() async throws {
        let next = try policy { $0.keys = try KeySet([VerificationKey(SecretKey(Self.secret + [1]))]) }
        let (doorkeeper, answer) = try await held(policy()) { $0.replace(next) }
        #expect(answer == .failure(.badSignature))
        #expect(doorkeeper.known(token(#"{"exp":1800000100}"#)) == nil)
    }

    @Test func `when it ends, nobody is left waiting`() async throws {
        let (doorkeeper, answer) = try await held(policy()) { $0.end() }
        #expect(answer == .failure(.busy))
        await #expect(throws: TokenFault.busy) { try await doorkeeper.grant(token(#"{"exp":1800000101}"#)) }
    }

    @Test func `another policy leaves names to those whose tokens still hold`() async throws {
        let doorkeeper = try doorkeeper(policy())
        let token = token(#"{"sub":"ann","name":"Ann","exp":1800000100}"#)
        _ = try await doorkeeper.grant(token)
        #expect(doorkeeper.isReserved(try MemberName("ANN")))
        doorkeeper.replace(try policy { $0.anonymous = .open })
        #expect(doorkeeper.isReserved(try MemberName("ann")))
        #expect(try doorkeeper.known(token)?.get().name?.text == "Ann")
        doorkeeper.replace(try policy { $0.keys = KeySet() })
        #expect(!doorkeeper.isReserved(try MemberName("ann")))
    }
}
