import HTTPTypes
import Testing

@testable import broadcast_server

@Suite struct AdmissionTests {
    @Test func `a client of plain text goes where the path says`() throws {
        let team = try #require(ChannelName(path: "/team"))
        let ann = try MemberName("ann")
        #expect(
            Admission(path: "/team", query: "name=ann", subprotocols: ["chat"])
                == .accepted(JoinRequest(channel: team, name: ann))
        )
    }

    @Test func `JSON is spoken with those who offer it, in whatever place`() {
        guard case .accepted(let request) = Admission(path: "/", query: "", subprotocols: ["x", "broadcast.v1.json"])
        else {
            Issue.record("refused")
            return
        }
        #expect(request.session != nil)
    }

    @Test func `paths that name no channel are not found`() {
        let admission = Admission(path: "/a/b", query: "", subprotocols: [])
        #expect(admission == .refused(.notFound, explanation: ChannelName.rule))
    }

    @Test func `a bad name is refused where it could not be told later`() {
        guard case .refused(.badRequest, _) = Admission(path: "/", query: "name=a:b", subprotocols: []),
            case .accepted(let request) = Admission(
                path: "/",
                query: "name=a:b",
                subprotocols: [ChatProtocol.subprotocol]
            )
        else {
            Issue.record("decided otherwise")
            return
        }
        #expect(request.problem?.code == .badName)
    }
}
