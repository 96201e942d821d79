import Testing

@testable import broadcast_server

@Suite struct TopicSubjectTests {
    private let subjects = TopicSubject(prefix: "b")

    @Test(arguments: [
        ("", "="), ("team", "team"), ("a.b", "a=2eb"), ("*", "=2a"), (">", "=3e"), ("=", "=3d"), ("é", "=c3=a9"),
    ])
    func `a channel has a subject, and a subject its channel`(name: String, token: String) throws {
        let channel = try #require(ChannelName(checking: name))
        for topic in [SharedTopic.said(channel), .presence(channel)] {
            let subject = subjects.subject(of: topic)
            #expect(subject.hasSuffix(".\(token)"))
            #expect(subjects.topic(of: subject) == topic)
        }
    }

    @Test func `the nodes have one of their own`() {
        #expect(subjects.subject(of: .nodes) == "b.nodes")
        #expect(subjects.topic(of: "b.nodes") == .nodes)
    }

    @Test(arguments: [
        "b", "c.nodes", "b.nodes.x", "b.said", "b.said.x.y", "b.said.=", "b.said.=2", "b.said.=zz", "b.said.=ff",
    ])
    func `other subjects are none`(subject: String) {
        let topic = subjects.topic(of: subject)
        #expect(subject == "b.said.=" ? topic == .said(.default) : topic == nil)
    }
}
