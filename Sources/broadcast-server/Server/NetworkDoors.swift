/// From where, and by which names, web pages and others may come, and who gets to see what is not for all.
struct NetworkDoors: Equatable, Sendable {
    var origins = OriginPolicy()
    var names = ServerNames.all
    /// Who may read all numbers of the server.
    var metricsReaders = AddressNetworks()
}
