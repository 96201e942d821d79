/// From where, and by which names, web pages and others may come.
struct NetworkDoors: Equatable, Sendable {
    var origins = OriginPolicy()
    var names = ServerNames.all
}
