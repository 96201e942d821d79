/// What all members should know of the server itself, as it has changed just now.
struct Status: Sendable, Equatable, Codable {
    /// What has become of the cluster. Open, as later servers may tell more.
    struct Cluster: RawRepresentable, Sendable, Hashable, Codable {
        let rawValue: String

        /// It takes nothing: what is said waits.
        static let away = Cluster(rawValue: "away")
        /// It takes what is said again.
        static let back = Cluster(rawValue: "back")
    }

    var cluster: Cluster
    /// One line for people.
    var message: String?

    static let back = Status(cluster: .back)

    static func away(_ reason: String) -> Status {
        Status(cluster: .away, message: "The cluster takes nothing just now: \(reason).")
    }
}
